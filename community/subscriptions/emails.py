"""The emails to subscribers, and the signed links in them."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse

from community.models import Frequency, Subscriber, Subscription, UpdateEvent
from community.subscriptions.bounces import message_id
from home.content_version import cache_per_content_version
from home.models import SiteSettings
from home.notifications.outbox import (
    Notification,
    NotificationKind,
    SMTPFailure,
    in_one_line,
    register_notification_kind,
)
from home.pages import visible_pages

KEY = "link"
CONFIRM_DAYS = 7
# After so many permanent failures in a row a subscriber is suppressed.
MAX_BOUNCES = 3


class InvalidLinkError(Exception):
    """The token is forged, expired, for another purpose, or was revoked."""


@dataclass(frozen=True)
class SignedLink:
    """A kind of link, signed for one purpose: its URL name (ADR 28)."""

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


@cache_per_content_version
def get_council_name() -> str:
    site_settings = SiteSettings.objects.filter(site__is_default_site=True).first()
    return in_one_line((site_settings or SiteSettings()).council_name)


def make_email(name: str, subject: str, to: str, **context) -> EmailMultiAlternatives:
    """Return an email from the templates of that name."""
    context["council"] = get_council_name()
    context["site"] = settings.WAGTAILADMIN_BASE_URL
    template = f"community/emails/{name}"
    text = render_to_string(f"{template}.txt", context)
    headers = {"Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(subject, text, to=[to], headers=headers)
    html = render_to_string(f"{template}.html", context)
    message.attach_alternative(html, "text/html")
    return message


def sign_up_email(subscription: Subscription, title: str) -> EmailMultiAlternatives:
    """Return the email to confirm a subscription, or which says that it is active."""
    subscriber = subscription.subscriber
    if subscription.is_active:
        return manage_link_email(subscriber.email, subscriber, title)
    return make_email(
        "confirm_subscription",
        f"Confirm your email updates from {get_council_name()}",
        subscriber.email,
        title=title,
        frequency=subscription.get_frequency_display(),
        days=CONFIRM_DAYS,
        address=CONFIRM.url(subscriber, subscription.page_id),
    )


def manage_link_email(
    email: str, subscriber: Subscriber | None, title: str = ""
) -> EmailMultiAlternatives:
    """Return the email with the link to an address's subscriptions, if it has any."""
    address = MANAGE.url(subscriber) if subscriber else ""
    subject = f"Your email updates from {get_council_name()}"
    return make_email("manage_link", subject, email, title=title, address=address)


@register_notification_kind
class UpdateEmail(NotificationKind):
    """The recipient is a subscriber, the key an event, the context a subscription."""

    name = "email update"
    is_bulk = True

    def batch(self, rows, at):
        """Group what is wanted into emails; delete the rest, as of private pages."""
        read_related(rows)
        pages = visible_pages(at).filter(
            pk__in={r.event.page_id for r in rows if r.event}
        )
        public = set(pages.values_list("pk", flat=True))
        wanted = [row for row in rows if _is_wanted(row, public)]
        unwanted = {row.pk for row in rows} - {row.pk for row in wanted}
        Notification.objects.filter(pk__in=unwanted).delete()
        wanted.sort(key=_email_of)
        return [list(own) for _, own in groupby(wanted, key=_email_of)]

    def build(self, rows, at):
        subscriber, events = rows[0].subscriber, [row.event for row in rows]
        # They may have been suppressed since, or erased.
        if not Subscriber.objects.filter(pk=subscriber.pk, suppressed_at=None).exists():
            return None
        # All are ended where the email comes from several, or from none that is left.
        [subscription, *others] = {row.subscription for row in rows}
        unsubscribe = (
            UNSUBSCRIBE_ALL.url(subscriber)
            if others or subscription is None
            else UNSUBSCRIBE.url(subscriber, subscription.page_id)
        )
        subject = f"{events[0].heading}: {events[0].title}"
        if len(events) > 1:
            subject = f"{len(events)} updates from {get_council_name()}"
        message = make_email(
            "update",
            subject,
            subscriber.email,
            updates=events,
            manage=MANAGE.url(subscriber),
            unsubscribe=unsubscribe,
        )
        message.extra_headers |= {
            "Message-ID": message_id(rows[0].pk, subscriber),
            # RFC 8058
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Precedence": "bulk",
        }
        return message

    def after_sending(self, rows, at):
        if rows[0].subscriber.bounce_count:
            own = Subscriber.objects.filter(pk=rows[0].recipient)
            own.update(bounce_count=0)

    def after_failure(self, rows, failure, at):
        if failure == SMTPFailure.ADDRESS:
            own = Subscriber.objects.filter(pk=rows[0].recipient)
            own.update(bounce_count=F("bounce_count") + 1)
            bounced = own.filter(bounce_count__gte=MAX_BOUNCES, suppressed_at=None)
            bounced.update(suppressed_at=at)


def read_related(rows: list[Notification]) -> None:
    """Set what rows refer to, or None where it was deleted, with three queries."""
    events = UpdateEvent.objects.in_bulk({int(row.key) for row in rows})
    subscribers = Subscriber.objects.in_bulk({int(row.recipient) for row in rows})
    ids = {row.context["subscription"] for row in rows}
    subscriptions = Subscription.objects.in_bulk(ids)
    for row in rows:
        row.event = events.get(int(row.key))
        row.subscriber = subscribers.get(int(row.recipient))
        row.subscription = subscriptions.get(row.context["subscription"])


def _is_wanted(row: Notification, public: set[int]) -> bool:
    if not row.event or not row.subscriber or row.subscriber.suppressed_at:
        return False
    is_public = row.event.page_id in public
    if row.event.kind != UpdateEvent.Kind.WITHDRAWN:
        return row.subscription is not None and is_public
    # Deleting a page deletes its subscriptions; subscribers still hear of it.
    return not is_public and (row.subscription is not None or not row.event.page_id)


def _email_of(row: Notification) -> tuple[str, int]:
    """Return the same for updates that share an email: those of a digest."""
    subscription = row.subscription
    is_digest = subscription and subscription.frequency != Frequency.AT_ONCE
    return row.recipient, 0 if is_digest else row.pk
