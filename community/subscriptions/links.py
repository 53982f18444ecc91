"""The links in our emails: each is signed for one purpose and holds no address (R4).

A link names a subscriber, and for some purposes what they follow. It stands after the
`?`, which no log keeps (ADR 28).
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
    """The link is not ours, too old, for another purpose, or was made void."""


@dataclass(frozen=True)
class Named:
    """What a link names; `subscriber` is None once all about them is deleted."""

    subscriber: Subscriber | None
    # None where the link is about all policy updates, or about no page.
    page_id: int | None

    @property
    def subscription(self) -> Subscription | None:
        """The wish to follow that page, unless it has ended."""
        if self.subscriber is None:
            return None
        wishes = self.subscriber.subscriptions.select_related("page")
        return wishes.filter(page=self.page_id).first()


@dataclass(frozen=True)
class Link:
    """A kind of link: the name of its address, which it is signed for, and its life."""

    name: str
    lifetime: timedelta | None = None

    def url(self, subscriber: Subscriber, page_id: int | None = None) -> str:
        """Return the whole address, from the settings and not from any request."""
        named = [*_identity(subscriber), subscriber.token_version, page_id]
        token = signing.dumps(named, salt=self._salt)
        # A token has no sign that means anything in an address.
        path = f"{reverse(self.name)}?{KEY}={token}"
        return f"{settings.WAGTAILADMIN_BASE_URL}{path}"

    def read(self, token: str) -> Named:
        """Return what a link names. Raises `InvalidLinkError`."""
        try:
            named = signing.loads(token, salt=self._salt, max_age=self.lifetime)
        except signing.BadSignature as error:
            raise InvalidLinkError from error
        pk, made, version, page_id = named
        subscriber = Subscriber.objects.filter(pk=pk).first()
        if subscriber is None or _identity(subscriber) != [pk, made]:
            return Named(None, page_id)
        if subscriber.token_version != version:
            raise InvalidLinkError
        return Named(subscriber, page_id)

    @property
    def _salt(self) -> str:
        return f"community.subscriptions.{self.name}"


def _identity(subscriber: Subscriber) -> list[int]:
    """Return what nobody else ever has: after a restore, numbers are given again."""
    made = (subscriber.created_at - EPOCH) // timedelta(microseconds=1)
    return [subscriber.pk, made]


CONFIRM = Link("confirm_subscription", timedelta(days=CONFIRM_DAYS))
MANAGE = Link("manage_subscriptions")
UNSUBSCRIBE = Link("unsubscribe")
UNSUBSCRIBE_ALL = Link("unsubscribe_all")


def confirm_url(subscription: Subscription) -> str:
    """Return the link that confirms one wish, for a week."""
    return CONFIRM.url(subscription.subscriber, subscription.page_id)


def manage_url(subscriber: Subscriber) -> str:
    """Return the link to all that somebody follows."""
    return MANAGE.url(subscriber)


def unsubscribe_url(subscription: Subscription) -> str:
    """Return the link that ends one wish, also by one click (RFC 8058).

    Where the subscription is gone, or an email is about several, use
    `unsubscribe_all_url`. Both take a query unless the subscriber is fetched too.
    """
    return UNSUBSCRIBE.url(subscription.subscriber, subscription.page_id)


def unsubscribe_all_url(subscriber: Subscriber) -> str:
    """Return the link that ends all emails to somebody, also by one click."""
    return UNSUBSCRIBE_ALL.url(subscriber)
