"""Rate limits on what visitors send.

A hit is counted under a key made from the visitor's network address, or the email
address that something goes to, with a salt that changes at midnight; the address itself
is never stored (ADR 23).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from ipaddress import IPv6Address, IPv6Network

from allauth.core.internal.httpkit import get_client_ip
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from home.content_version import start_of_day
from home.jobs import register_job, take_lock

# Unique among the advisory locks of this database.
LIMITS_LOCK_ID = 7_301_004
HOUR = timedelta(hours=1)
# Short: an attacker who uses up the overall limit blocks others for minutes only.
OVERALL_PERIOD = timedelta(minutes=10)
# Providers give a household or a phone this much.
IPV6_PREFIX = 64
# As at sign-in. An office behind one address is blocked for minutes only.
MAX_WRONG_PER_NETWORK = 5
# Only an attacker with many addresses reaches this.
MAX_WRONG_OVERALL = 300
WRONG_PASSWORDS_PERIOD = timedelta(minutes=5)


class RateLimitExceeded(Exception):  # noqa: N818 - it is no error of ours
    pass


@dataclass(frozen=True)
class RateLimit:
    """How often something may be sent.

    `per_address` from one network address in `period`, until midnight at the longest;
    `overall` by everyone in ten minutes, if there is such a limit.
    """

    name: str
    per_address: int
    overall: int | None = None
    period: timedelta = HOUR

    def is_reached(self, by: HttpRequest | str, at: datetime) -> bool:
        """Return whether one more would be too many.

        `by` is a visitor's request, or the key of what else is counted, such as the
        email address that something is sent to.
        """
        hits = RateLimitHit.objects
        own = hits.filter(key=self._key(by, at), at__gt=at - self.period)
        if own.count() >= self.per_address:
            return True
        since = at - OVERALL_PERIOD
        overall = hits.filter(limit=self.name, at__gt=since)
        return self.overall is not None and overall.count() >= self.overall

    def hit(self, by: HttpRequest | str, at: datetime) -> "RateLimitHit":
        """Count one more; others wait for the end of the transaction.

        If nothing was sent after all, delete what is returned. Raises
        `RateLimitExceeded`. Check `is_reached` before the transaction.
        """
        with transaction.atomic():
            take_lock(LIMITS_LOCK_ID)
            if self.is_reached(by, at):
                raise RateLimitExceeded
            key = self._key(by, at)
            return RateLimitHit.objects.create(limit=self.name, key=key, at=at)

    def _key(self, by: HttpRequest | str, at: datetime) -> str:
        salt = f"limits of {timezone.localdate(at)}"
        value = f"{self.name} {by if isinstance(by, str) else network_of(by)}"
        return salted_hmac(salt, value, algorithm="sha256").hexdigest()


class RateLimitHit(models.Model):
    """One limited action; neither what was sent nor by whom."""

    limit = models.CharField(max_length=50)
    key = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        # Never edited in the admin.
        default_permissions = ()
        indexes = [
            models.Index(fields=["key", "at"], name="limited_use_key"),
            models.Index(fields=["limit", "at"], name="limited_use_limit"),
        ]

    def __str__(self):
        return f"{self.limit}, {self.at:%H:%M}"


@register_job("purge rate-limit records")
def purge_rate_limit_hits(at: datetime) -> None:
    """Delete what was counted before midnight, whose keys cannot recur."""
    end = min(start_of_day(timezone.localdate(at)), at - OVERALL_PERIOD)
    RateLimitHit.objects.filter(at__lt=end).delete()


def network_of(request: HttpRequest) -> str:
    """Return the network address of a request, as sign-in knows it.

    Behind our proxy that is the last entry of `X-Forwarded-For`, which visitors cannot
    forge (`BEHIND_TLS_PROXY`); of IPv6 the first 64 bits. All unknown addresses count
    as one.
    """
    text = get_client_ip(request) or ""
    if ":" not in text:
        return text
    address = IPv6Address(text)
    network = IPv6Network((int(address), IPV6_PREFIX), strict=False)
    return str(address.ipv4_mapped or network)


def limit_password_attempts(
    view: Callable[..., HttpResponse], restriction_model: type[models.Model]
) -> Callable[..., HttpResponse]:
    """Wrap Wagtail's view that asks for the password of a page or document."""

    @wraps(view)
    def wrapped(request: HttpRequest, restriction_id: int, **kwargs) -> HttpResponse:
        get_object_or_404(restriction_model, pk=restriction_id)
        if request.method != "POST":
            return view(request, restriction_id, **kwargs)
        limit = RateLimit(
            f"{restriction_model._meta.model_name} {restriction_id}",
            MAX_WRONG_PER_NETWORK,
            MAX_WRONG_OVERALL,
            WRONG_PASSWORDS_PERIOD,
        )
        try:
            # Before the password is checked, so that parallel requests all count.
            hit = limit.hit(request, timezone.now())
        except RateLimitExceeded:
            response = render(request, "too_many_passwords.html", status=429)
            response["Retry-After"] = int(WRONG_PASSWORDS_PERIOD.total_seconds())
            return response
        response = view(request, restriction_id, **kwargs)
        if response.status_code == 302:
            hit.delete()
        return response

    return wrapped
