"""How much one visitor, and all together, may send: counted, and soon forgotten.

A use is counted under a key made from the visitor's network address, or from the email
address that something goes to, with a salt that changes at midnight; the address itself
is never stored (ADR 23).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from ipaddress import IPv6Address, IPv6Network, ip_address

from allauth.core.internal.httpkit import get_client_ip
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from home.content_version.caching import has_session
from home.content_version.counter import start_of_day
from home.jobs import register_job

# Any number will do that no other advisory lock of this database uses.
LIMITS_LOCK_ID = 7_301_004
HOUR = timedelta(hours=1)
# Short, so that whoever uses up what all may send keeps others out for minutes only.
OVERALL_PERIOD = timedelta(minutes=10)
# What a household or a phone gets from its provider; it may use all of it.
IPV6_PREFIX = 64
# The longest message in signs that take most room, and what goes with it.
MAX_BYTES = 80_000
# No form of ours for visitors is sent so, and each part takes its time.
MAX_BYTES_IN_PARTS = 12_000


class RateLimitExceeded(Exception):  # noqa: N818 - it is no error of ours
    """Somebody, or all together, may send no more for the moment."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Begin a transaction for which all others that are begun here wait."""
    with transaction.atomic():
        # On SQLite every transaction is IMMEDIATE, which is the lock already.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LIMITS_LOCK_ID])
        yield


@dataclass(frozen=True)
class RateLimit:
    """How often something may be sent.

    `per_address` in `period` from one network address, until midnight at the longest;
    `overall` in ten minutes by everybody, where there is such a limit.
    """

    name: str
    per_address: int
    overall: int | None = None
    period: timedelta = HOUR

    def is_reached(self, by: HttpRequest | str, at: datetime) -> bool:
        """Return whether one more would be too many; with two quick queries.

        `by` is a visitor's request, or what else is counted for itself, such as the
        email address that something is sent to.
        """
        uses = RateLimitHit.objects
        own = uses.filter(key=self._key(by, at), at__gt=at - self.period)
        if own.count() >= self.per_address:
            return True
        since = at - OVERALL_PERIOD
        everybody = uses.filter(limit=self.name, at__gt=since)
        return self.overall is not None and everybody.count() >= self.overall

    def use(self, by: HttpRequest | str, at: datetime) -> "RateLimitHit":
        """Count one more, in a transaction of its own or the current one.

        Others wait for its end, so what takes long is done after it, and counts even
        where that never ends. Who finds that nothing was sent after all deletes what is
        returned.

        Raises `RateLimitExceeded`. Ask `is_reached` before the transaction.
        """
        with one_at_a_time():
            if self.is_reached(by, at):
                raise RateLimitExceeded
            key = self._key(by, at)
            return RateLimitHit.objects.create(limit=self.name, key=key, at=at)

    def _key(self, by: HttpRequest | str, at: datetime) -> str:
        salt = f"limits of {timezone.localdate(at)}"
        value = f"{self.name} {by if isinstance(by, str) else network_of(by)}"
        return salted_hmac(salt, value, algorithm="sha256").hexdigest()


class RateLimitHit(models.Model):
    """That something was sent which is limited; neither what it was nor by whom."""

    limit = models.CharField(max_length=50)
    key = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        # Nobody edits it.
        default_permissions = ()
        indexes = [
            models.Index(fields=["key", "at"], name="limited_use_key"),
            models.Index(fields=["limit", "at"], name="limited_use_limit"),
        ]

    def __str__(self):
        return f"{self.limit}, {self.at:%H:%M}"


@register_job("purge rate-limit records")
def forget_uses(at: datetime) -> None:
    """Delete what was counted before midnight, whose keys nobody can have again."""
    end = min(start_of_day(timezone.localdate(at)), at - OVERALL_PERIOD)
    RateLimitHit.objects.filter(at__lt=end).delete()


def network_of(request: HttpRequest) -> str:
    """Return the network address that a request came from, as sign-in knows it.

    Behind our proxy that is the last entry of `X-Forwarded-For`, which visitors cannot
    write (`BEHIND_TLS_PROXY`); of IPv6 the first 64 bits. All whose address is not
    known count as one.
    """
    text = get_client_ip(request)
    if text is None:
        return ""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        network = IPv6Network((int(address), IPV6_PREFIX), strict=False)
        return str(address.ipv4_mapped or network)
    return str(address)


class SmallBodyMiddleware:
    """Refuses unread what is far too large to come from a visitor's form (413).

    Pages that are not there read what is sent too, to look for a token.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response."""
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs) -> HttpResponse | None:
        """Return the refusal; what staff send, with a session, has other limits."""
        if has_session(request):
            return None
        is_in_parts = request.content_type == "multipart/form-data"
        most = MAX_BYTES_IN_PARTS if is_in_parts else MAX_BYTES
        return _refusal(request) if _length(request) > most else None


def with_small_body(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view that takes a form: what is far too large is refused from all."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if _length(request) > MAX_BYTES:
            return _refusal(request)
        return view(request, *args, **kwargs)

    return wrapped


def _length(request: HttpRequest) -> int:
    """Return how many bytes are sent; where it is not given, Django reads none."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length[:20]) if length.isascii() and length.isdigit() else 0


def _refusal(request: HttpRequest) -> HttpResponse:
    return render(request, "413.html", status=413)
