"""Links in emails: each is signed for one purpose and holds no email address.

The token is in the query string, which no log stores (ADR 28).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from community.models import Subscriber, Subscription

KEY = "link"
CONFIRM_DAYS = 7
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class InvalidLinkError(Exception):
    """The token is forged, expired, for another purpose, or was revoked."""


@dataclass(frozen=True)
class LinkTarget:
    """What a link names; `subscriber` is None once they have been deleted."""

    subscriber: Subscriber | None
    # None where the link is about all policy updates, or about no page.
    page_id: int | None

    @property
    def subscription(self) -> Subscription | None:
        """The subscription to that page, unless it has ended."""
        if self.subscriber is None:
            return None
        subscriptions = self.subscriber.subscriptions.select_related("page")
        return subscriptions.filter(page=self.page_id).first()


@dataclass(frozen=True)
class SignedLink:
    """A kind of link: its URL name, which is also its purpose, and its lifetime."""

    name: str
    lifetime: timedelta | None = None

    def url(self, subscriber: Subscriber, page_id: int | None = None) -> str:
        """Return the absolute URL; its origin is from the settings, not a request."""
        payload = [*_identity(subscriber), subscriber.token_version, page_id]
        token = signing.dumps(payload, salt=self._salt)
        # Tokens need no percent-encoding.
        path = f"{reverse(self.name)}?{KEY}={token}"
        return f"{settings.WAGTAILADMIN_BASE_URL}{path}"

    def read(self, token: str) -> LinkTarget:
        """Return what a token names. Raises `InvalidLinkError`."""
        try:
            payload = signing.loads(token, salt=self._salt, max_age=self.lifetime)
        except signing.BadSignature as error:
            raise InvalidLinkError from error
        pk, created, version, page_id = payload
        subscriber = Subscriber.objects.filter(pk=pk).first()
        if subscriber is None or _identity(subscriber) != [pk, created]:
            return LinkTarget(None, page_id)
        if subscriber.token_version != version:
            raise InvalidLinkError
        return LinkTarget(subscriber, page_id)

    @property
    def _salt(self) -> str:
        return f"community.subscriptions.{self.name}"


def _identity(subscriber: Subscriber) -> list[int]:
    # After a restore, primary keys are used again.
    created = (subscriber.created_at - EPOCH) // timedelta(microseconds=1)
    return [subscriber.pk, created]


CONFIRM = SignedLink("confirm_subscription", timedelta(days=CONFIRM_DAYS))
MANAGE = SignedLink("manage_subscriptions")
UNSUBSCRIBE = SignedLink("unsubscribe")
UNSUBSCRIBE_ALL = SignedLink("unsubscribe_all")


def confirm_url(subscription: Subscription) -> str:
    return CONFIRM.url(subscription.subscriber, subscription.page_id)


def manage_url(subscriber: Subscriber) -> str:
    return MANAGE.url(subscriber)


def unsubscribe_url(subscription: Subscription) -> str:
    """Return the link that ends one subscription, also by one click (RFC 8058).

    Takes a query unless the subscriber has been fetched.
    """
    return UNSUBSCRIBE.url(subscription.subscriber, subscription.page_id)


def unsubscribe_all_url(subscriber: Subscriber) -> str:
    return UNSUBSCRIBE_ALL.url(subscriber)
