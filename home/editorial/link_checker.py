"""The job that checks links to other sites, a few at a time.

Editors may type any URL, and any site may redirect anywhere. So each hop is validated:
only http and https on their default ports, no credentials, only public IP addresses,
resolved once and connected to as resolved (no DNS rebinding). Only the headers are
read. See OWASP, "Server-Side Request Forgery Prevention".
"""

import re
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Timer
from time import monotonic
from urllib.parse import urljoin

import certifi
from django.conf import settings
from django.db.models import Exists, Min, OuterRef
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from home.editorial.links import resolve_targets
from home.editorial.models import ExternalLink, LinkStatus, PageLink
from home.jobs import register_job

MAX_LINKS = 20
# No check starts after this. Each takes at most ten seconds.
SECONDS_TO_BEGIN = 10
# The minimum between two requests to a host.
PAUSE = timedelta(seconds=30)
WEEK = timedelta(weeks=1)
# When to check again after each failure in a row.
RETRY_DELAYS = (timedelta(hours=1), timedelta(days=1))
# If there is no response at all, our own network may be the cause.
UNREACHABLE = {LinkStatus.NO_SUCH_SITE, LinkStatus.NO_RESPONSE}

SECONDS = 10
MAX_REDIRECTS = 5
MAX_ADDRESSES = 4
PORTS = {"http": 80, "https": 443}
# Python 3.11 takes these for public, or they lead on to an IPv4 network.
NOT_PUBLIC = [
    ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's own service to its machines
        "192.0.0.0/24",  # IETF protocol assignments, cloud metadata among them
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # Teredo and other assignments
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
]
NAT64 = ip_network("64:ff9b::/96")
IN_USE_IPV6 = ip_network("2000::/3")
# What OpenSSL says of a certificate that browsers warn of: expired, not yet valid,
# self-signed, for another name. They complete a chain with a missing certificate.
BAD_CERTIFICATES = {9, 10, 18, 62, 64}


@register_job("check links", is_long=True)
def check_links(at: datetime) -> None:
    """Resolve broken internal links again, then check links to other sites.

    This takes at most 20 seconds. There is no lock or open transaction while it waits
    for a response.
    """
    resolve_targets()
    if not settings.CHECK_EXTERNAL_LINKS:
        return
    started = monotonic()
    user_agent = f"Stockton-CMS link checker (+{settings.WAGTAILADMIN_BASE_URL})"
    for link in due_links(at):
        if monotonic() - started > SECONDS_TO_BEGIN:
            return
        record(link, check_url(link.address, user_agent), at)


def due_links(at: datetime) -> list[ExternalLink]:
    """Return the links to check now: one for each host, those due longest first."""
    just_asked = ExternalLink.objects.filter(checked_at__gt=at - PAUSE)
    uses = PageLink.objects.filter(external=OuterRef("pk"))
    due = ExternalLink.objects.filter(Exists(uses), next_check_at__lte=at)
    due = due.exclude(host__in=just_asked.values("host")).order_by()
    first = due.values("host").annotate(pk=Min("pk"), due_at=Min("next_check_at"))
    ids = [row["pk"] for row in first.order_by("due_at")[:MAX_LINKS]]
    links = ExternalLink.objects.in_bulk(ids)
    return [links[pk] for pk in ids if pk in links]


def record(link: ExternalLink, outcome: LinkStatus, at: datetime) -> None:
    """Save the result of a check, and when to check again.

    A link is broken after three failures in a row, over a day and an hour. A link that
    cannot be checked counts as working.
    """
    link.outcome, link.checked_at, delay = outcome, at, WEEK
    if outcome in {LinkStatus.FOUND, LinkStatus.UNKNOWN}:
        link.failures, link.failing_since, link.is_broken = 0, None, False
    else:
        link.failing_since = link.failing_since or at
        link.failures = min(link.failures + 1, len(RETRY_DELAYS) + 1)
        if link.failures <= len(RETRY_DELAYS):
            delay = RETRY_DELAYS[link.failures - 1]
        elif not link.is_broken:
            link.is_broken = _is_confirmed(link, at)
            delay = WEEK if link.is_broken else RETRY_DELAYS[-1]
    link.next_check_at = at + delay
    link.save()


def _is_confirmed(link: ExternalLink, at: datetime) -> bool:
    """Say whether a failure is the other site's: any other site has responded since."""
    if link.outcome not in UNREACHABLE or at - link.failing_since >= WEEK:
        return True
    answered = ExternalLink.objects.filter(checked_at__gt=link.failing_since)
    return answered.exclude(outcome__in=[*UNREACHABLE, LinkStatus.NOT_CHECKED]).exists()


class URLCheckError(Exception):
    """Its argument is the outcome."""


def check_url(address: str, user_agent: str) -> LinkStatus:
    """Request a URL and follow redirects, in at most `SECONDS` seconds."""
    ends_at = monotonic() + SECONDS
    try:
        for _ in range(MAX_REDIRECTS + 1):
            status, target = _ask(address, user_agent, ends_at)
            if status not in {301, 302, 303, 307, 308} or not target:
                break
            # Servers send the bytes of UTF-8, which the client reads as Latin-1.
            target = target.encode("latin-1", "replace").decode("utf-8", "replace")
            address = urljoin(address, target)
        else:
            return LinkStatus.REDIRECT_LOOP
    except URLCheckError as error:
        return error.args[0]
    except ssl.SSLCertVerificationError as error:
        is_bad = error.verify_code in BAD_CERTIFICATES
        return LinkStatus.NOT_SECURE if is_bad else LinkStatus.UNKNOWN
    except (OSError, HTTPException, ValueError):
        return LinkStatus.NO_RESPONSE
    if 200 <= status < 400:
        return LinkStatus.FOUND
    if status in {404, 410}:
        return LinkStatus.NOT_FOUND
    if 500 <= status < 600 and status != 503:
        return LinkStatus.SITE_ERROR
    # Refused to a program, such as 403 and 429, says nothing about people.
    return LinkStatus.UNKNOWN


def _ask(address: str, user_agent: str, ends_at: float) -> tuple[int, str | None]:
    """Return the status and target of one hop: by HEAD, then by GET if that fails."""
    url = _checked(address)
    places = _resolve(url.host.strip("[]"), url.port or PORTS[url.scheme], ends_at)
    status, target = _request("HEAD", url, places, user_agent, ends_at)
    if status >= 400 and status != 429:
        return _request("GET", url, places, user_agent, ends_at)
    return status, target


def _checked(address: str) -> Url:
    """Parse a URL; the request is made from these parts only."""
    try:
        url = parse_url(re.sub(r"[\t\n\r]", "", address.strip()))
    except LocationParseError as error:
        raise URLCheckError(LinkStatus.NO_SUCH_SITE) from error
    is_usual = url.scheme in PORTS and url.port in {None, *PORTS.values()}
    if not is_usual or url.auth is not None:
        raise URLCheckError(LinkStatus.UNKNOWN)
    if not url.host:
        raise URLCheckError(LinkStatus.NO_SUCH_SITE)
    return url


def _resolve(host: str, port: int, ends_at: float) -> list[tuple]:
    """Return the socket addresses of a host, unless any is not public."""
    executor = ThreadPoolExecutor(max_workers=1)
    looked_up = executor.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    # Do not wait for the resolver.
    executor.shutdown(wait=False)
    try:
        found = looked_up.result(timeout=_seconds_to(ends_at))
    except (socket.gaierror, UnicodeError) as error:
        is_temporary = getattr(error, "errno", None) == socket.EAI_AGAIN
        outcome = LinkStatus.NO_RESPONSE if is_temporary else LinkStatus.NO_SUCH_SITE
        raise URLCheckError(outcome) from error
    places = [place for *_, place in found]
    if not places or not all(is_public(ip) for ip, *_ in places):
        raise URLCheckError(LinkStatus.UNKNOWN)
    return places[:MAX_ADDRESSES]


def is_public(ip_text: str) -> bool:
    ip = ip_address(ip_text)
    if isinstance(ip, IPv6Address):
        if ip in NAT64:
            return is_public(str(ip_address(int(ip) & 0xFFFFFFFF)))
        if ip not in IN_USE_IPV6:
            return False
    return (
        ip.is_global
        and not ip.is_multicast
        and not ip.is_reserved
        and not any(ip in network for network in NOT_PUBLIC)
    )


def _request(method: str, url: Url, places: list[tuple], user_agent, ends_at):
    """Return the status and target without reading the body."""
    host = url.host.strip("[]")
    headers = {
        "Host": url.netloc,
        "User-Agent": user_agent,
        "Accept": "text/html,*/*;q=0.8",
        "Connection": "close",
    }
    connection = HTTPConnection(host)
    with _connected(places, ends_at) as sock:
        if url.scheme == "https":
            # Works even if the server has no CA certificates installed.
            context = ssl.create_default_context(cafile=certifi.where())
            sock = context.wrap_socket(sock, server_hostname=host)
        # With a socket of its own it looks up and connects to nothing by itself.
        connection.sock = sock
        try:
            connection.request(method, url.request_uri, headers=headers)
            response = connection.getresponse()
        finally:
            connection.close()
    # What was cut off looks as if it had ended.
    _seconds_to(ends_at)
    return response.status, response.headers.get("Location")


@contextmanager
def _connected(places: list[tuple], ends_at: float):
    """Yield a socket to the first address that responds; cut it off when time is up."""
    for ip, port, *_ in places:
        with suppress(OSError):
            sock = socket.create_connection((ip, port), _seconds_to(ends_at) / 2)
            break
    else:
        raise URLCheckError(LinkStatus.NO_RESPONSE)
    sock.settimeout(_seconds_to(ends_at))
    # Its own handle, as TLS takes over the first. A site that sends a byte now and
    # then would get past the time limit of each single reading.
    handle = sock.dup()
    timer = Timer(_seconds_to(ends_at), _cut_off, [handle])
    timer.daemon = True
    timer.start()
    try:
        yield sock
    finally:
        timer.cancel()
        timer.join()
        handle.close()
        sock.close()


def _cut_off(handle: socket.socket) -> None:
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


def _seconds_to(ends_at: float) -> float:
    left = ends_at - monotonic()
    if left <= 0:
        raise URLCheckError(LinkStatus.NO_RESPONSE)
    return left
