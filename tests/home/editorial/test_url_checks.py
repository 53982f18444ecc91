"""Checks of links to other sites: what they report, and what they never request."""

import contextlib
import socket
import ssl
import threading

import pytest

from home.editorial import link_checker as http_check
from home.editorial.link_checker import check_url, is_public
from home.editorial.models import LinkStatus
from tests.home.editorial.web_server import CERTIFICATE, KEY, LOOPBACK, serve

real_is_public = is_public
REFUSED = {LinkStatus.UNKNOWN, LinkStatus.NO_SUCH_SITE}


@pytest.fixture
def server():
    """Return a web server on this machine."""
    server = serve()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def names(monkeypatch):
    """Return what names resolve to: one list after the other, the last one for ever."""
    answers = {"site.test": [[LOOPBACK]]}
    lookup = socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        lists = answers.get(host)
        if lists is None:
            return lookup(host, port, *args, flags=socket.AI_NUMERICHOST, **kwargs)
        ips = lists.pop(0) if len(lists) > 1 else lists[0]
        return [found for ip in ips for found in lookup(ip, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return answers


def use_port_of(server, monkeypatch):
    port = server.server_address[1]
    monkeypatch.setattr(http_check, "PORTS", {"http": port, "https": port})


@pytest.fixture
def site(server, names, monkeypatch):
    """Return the server as if it were site.test on the internet, on a usual port."""
    use_port_of(server, monkeypatch)
    monkeypatch.setattr(
        http_check, "is_public", lambda ip: ip == LOOPBACK or real_is_public(ip)
    )
    return server


def ask(address="http://site.test/", user_agent="the checker"):
    return check_url(address, user_agent)


# What it reports


def test_says_what_the_other_site_answers(site):
    for outcome, *statuses in (
        (LinkStatus.FOUND, 200),
        (LinkStatus.NOT_FOUND, 404, 410),
        (LinkStatus.SITE_ERROR, 500),
        (LinkStatus.UNKNOWN, 401, 403, 429, 503),
    ):
        for status in statuses:
            site.replies["/"] = (status, {})
            assert ask() == outcome


def test_asks_in_full_only_where_a_site_refuses_the_short_question(site):
    site.replies["/busy"] = (429, {})
    site.replies["/full"] = (lambda method: 405 if method == "HEAD" else 200, {})
    ask()
    ask("http://site.test/busy")
    assert ask("http://site.test/full") == LinkStatus.FOUND
    assert [method for method, *_ in site.seen] == ["HEAD", "HEAD", "HEAD", "GET"]


def test_says_who_asks_and_sends_nothing_else(site, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://10.0.0.1:3128")
    site.replies["/"] = (302, {"Location": "/there", "Set-Cookie": "a=b"})
    assert ask(user_agent="the checker (+https://council)") == LinkStatus.FOUND
    for _, _, headers in site.seen:
        assert headers == {
            "Host": "site.test",
            "User-Agent": "the checker (+https://council)",
            "Accept": "text/html,*/*;q=0.8",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }


def test_follows_redirects_but_not_in_circles(site):
    site.replies |= {f"/{n}": (301, {"Location": f"/{n + 1}"}) for n in range(5)}
    assert ask("http://site.test/0") == LinkStatus.FOUND
    site.replies["/5"] = (301, {"Location": "/0"})
    assert ask("http://site.test/0") == LinkStatus.REDIRECT_LOOP


def test_urls_with_other_characters_work(site):
    assert ask("http://site.test/caf\u00e9 one?q=\u00a3") == LinkStatus.FOUND
    assert site.seen[0][1] == "/caf%C3%A9%20one?q=%C2%A3"


def test_says_that_there_is_no_such_site_or_that_it_does_not_answer(site):
    for address in ("http://nowhere.test/", "http://", "http://[::1", "https:///path"):
        assert ask(address) == LinkStatus.NO_SUCH_SITE
    site.shutdown()
    site.server_close()
    assert ask() == LinkStatus.NO_RESPONSE


# Where it cannot be led

PRIVATE = """
127.0.0.1 127.255.0.1 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254
100.64.0.1 100.100.100.200 168.63.129.16 192.0.0.192 192.88.99.1 198.18.0.1
224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%lo fc00::1 fd00:ec2::254
fec0::1 ff02::1 ff0e::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::a00:1 2002:7f00:1::
2002:a00:1:: 2001::1 2001:db8::1 3fff::1 5f00::1
"""
THIS_MACHINE = """
127.0.0.1 localhost 127.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 [::1]
[::ffff:127.0.0.1] [::ffff:7f00:1] 0
"""


def test_private_addresses_are_not_public_and_others_are():
    assert [ip for ip in PRIVATE.split() if is_public(ip)] == []
    public = ["8.8.8.8", "185.157.233.1", "2a00:1450::1", "64:ff9b::808:808"]
    assert list(filter(is_public, public)) == public


def test_this_machine_is_not_asked_however_it_is_written(server, monkeypatch):
    use_port_of(server, monkeypatch)
    for host in THIS_MACHINE.split():
        assert ask(f"http://{host}:{server.server_address[1]}/") in REFUSED
    assert server.seen == []


def test_only_the_check_of_the_address_keeps_it_from_there(site):
    for host in ("127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1"):
        assert ask(f"http://{host}/") == LinkStatus.FOUND


PRIVATE_TARGETS = """
http://10.0.0.1/ http://169.254.169.254/latest/meta-data/ //[::1]/
http://intranet.test/ http://127.0.0.2/ ftp://site.test/ file:///etc/passwd
http://user:word@site.test/ http://site.test:22/
"""


def test_private_places_are_refused_directly_and_after_a_redirect(site, names):
    names["intranet.test"] = [["192.168.0.10"]]
    for target in PRIVATE_TARGETS.split():
        site.seen.clear()
        assert ask(target) in REFUSED
        assert site.seen == []
        site.replies["/"] = (302, {"Location": target})
        assert ask() == LinkStatus.UNKNOWN
        assert [path for _, path, _ in site.seen] == ["/"]
    names["www.site.test"] = [[LOOPBACK]]
    site.replies["/"] = (302, {"Location": "http://www.site.test/there"})
    assert ask() == LinkStatus.FOUND


def test_a_name_with_one_private_address_among_others_is_refused(site, names):
    names["site.test"] = [[LOOPBACK, "10.0.0.1"]]
    assert ask() == LinkStatus.UNKNOWN
    assert site.seen == []


def test_a_name_that_is_rebound_leads_to_where_it_was_checked(site, names):
    names["site.test"] = [[LOOPBACK], ["127.0.0.2"]]
    site.replies["/"] = (lambda method: 405 if method == "HEAD" else 200, {})
    assert ask() == LinkStatus.FOUND
    assert len(site.seen) == 2
    # After a redirect it is checked again.
    names["site.test"] = [[LOOPBACK], ["127.0.0.2"]]
    site.replies["/"] = (302, {"Location": "/there"})
    assert ask() == LinkStatus.UNKNOWN
    assert [path for _, path, _ in site.seen[2:]] == ["/"]


# What it cannot be made to do


def drip(handler):
    """Send headers without an end: for a second and a half."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(75):
        handler.wfile.write(b"X-Drip-%d: 1\r\n" % number)
        handler.wfile.flush()
        handler.server.stop.wait(0.02)
    handler.wfile.write(b"Content-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(0.2, LinkStatus.NO_RESPONSE), (30, LinkStatus.FOUND)]
)
def test_a_slow_drip_ends_when_time_is_up(site, monkeypatch, seconds, outcome):
    monkeypatch.setattr(http_check, "SECONDS", seconds)
    site.stop = threading.Event()
    site.replies["/"] = drip
    assert ask() == outcome
    site.stop.set()


def test_all_redirects_together_have_one_time_limit(site, monkeypatch):
    monkeypatch.setattr(http_check, "SECONDS", 0.2)
    wait = threading.Event()

    def redirect_slowly(handler):
        wait.wait(0.1)
        handler.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")

    site.replies["/"] = redirect_slowly
    assert ask() == LinkStatus.NO_RESPONSE
    assert len(site.seen) < http_check.MAX_REDIRECTS


def test_slow_name_server_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(http_check, "SECONDS", 0.1)
    stop = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: stop.wait(20))
    assert ask() == LinkStatus.NO_RESPONSE
    stop.set()


def test_neither_a_huge_body_nor_endless_headers_are_read(site):
    sent = []
    ended = threading.Event()

    def pour(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(1000):
                handler.wfile.write(b"x" * 65_536)
                sent.append(65_536)
        ended.set()

    site.replies["/"] = lambda handler: (
        pour(handler) if handler.command == "GET" else handler.send_error(501)
    )
    assert ask() == LinkStatus.FOUND
    assert ended.wait(10)
    assert sum(sent) < 1000 * 65_536 / 4

    def send_endless_headers(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        with contextlib.suppress(OSError):
            for _ in range(10_000):
                handler.wfile.write(b"X: " + b"x" * 1000 + b"\r\n")

    site.replies["/"] = send_endless_headers
    assert ask() == LinkStatus.NO_RESPONSE


# Secure sites


@pytest.fixture
def secure_site(names, monkeypatch, tmp_path):
    """Return a server with an untrusted certificate for site.test."""
    (tmp_path / "site.pem").write_text(CERTIFICATE + KEY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "site.pem")
    server = serve(context)
    use_port_of(server, monkeypatch)
    monkeypatch.setattr(http_check, "is_public", lambda ip: ip == LOOPBACK)
    names["other.test"] = [[LOOPBACK]]
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def known_certificate(monkeypatch):
    """Trust the certificate of the tests."""
    make = ssl.create_default_context

    def make_with_certificate(**kwargs):
        context = make(**kwargs)
        context.load_verify_locations(cadata=CERTIFICATE)
        return context

    monkeypatch.setattr(ssl, "create_default_context", make_with_certificate)


def test_a_secure_site_is_asked_by_its_name(secure_site, known_certificate):
    assert ask("https://other.test/") == LinkStatus.NOT_SECURE
    assert secure_site.seen == []
    assert ask("https://site.test/") == LinkStatus.FOUND
    assert secure_site.seen[0][2]["Host"] == "site.test"


def test_an_untrusted_certificate_is_not_secure(secure_site):
    assert ask("https://site.test/") == LinkStatus.NOT_SECURE
    assert secure_site.seen == []
