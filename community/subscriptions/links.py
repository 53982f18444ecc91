"""Links in emails: each is signed for one purpose and holds no email address.

The token is in the query string, which no log stores (ADR 28).
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from community.models import Subscriber

KEY = "link"
CONFIRM_DAYS = 7


class InvalidLinkError(Exception):
    """The token is forged, expired, for another purpose, or was revoked."""


@dataclass(frozen=True)
class SignedLink:
    """A kind of link: its URL name, which is also its purpose, and its lifetime."""

    name: str
    lifetime: timedelta | None = None

    def url(self, subscriber: Subscriber, page_id: int | None = None) -> str:
        """Return the absolute URL; its origin is from the settings, not a request."""
        created = subscriber.created_at.timestamp()
        payload = [subscriber.pk, created, subscriber.token_version, page_id]
        # Tokens need no percent-encoding.
        token = signing.dumps(payload, salt=self._salt)
        return f"{settings.WAGTAILADMIN_BASE_URL}{reverse(self.name)}?{KEY}={token}"

    def read(self, token: str) -> tuple[Subscriber | None, int | None]:
        """Return the subscriber, None once they are deleted, and the page.

        The page is None where the link is about all policy updates, or about no page.

        Raises `InvalidLinkError`.
        """
        try:
            payload = signing.loads(token, salt=self._salt, max_age=self.lifetime)
        except signing.BadSignature as error:
            raise InvalidLinkError from error
        pk, created, version, page_id = payload
        subscriber = Subscriber.objects.filter(pk=pk).first()
        # After a restore, primary keys are used again.
        if subscriber is None or subscriber.created_at.timestamp() != created:
            return None, page_id
        if subscriber.token_version != version:
            raise InvalidLinkError
        return subscriber, page_id

    @property
    def _salt(self) -> str:
        return f"community.subscriptions.{self.name}"


CONFIRM = SignedLink("confirm_subscription", timedelta(days=CONFIRM_DAYS))
MANAGE = SignedLink("manage_subscriptions")
UNSUBSCRIBE = SignedLink("unsubscribe")
UNSUBSCRIBE_ALL = SignedLink("unsubscribe_all")
