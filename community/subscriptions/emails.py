"""The emails to subscribers: to confirm, to manage, and the updates themselves."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.template.loader import render_to_string
from wagtail.models import Site

from community.models import Frequency, Subscriber, Subscription, UpdateEvent
from community.subscriptions.bounces import message_id
from community.subscriptions.links import (
    CONFIRM,
    CONFIRM_DAYS,
    MANAGE,
    UNSUBSCRIBE,
    UNSUBSCRIBE_ALL,
)
from community.subscriptions.targets import SubscriptionTarget
from home.content_version import cache_per_content_version
from home.models import SiteSettings
from home.navigation import Link
from home.notifications.outbox import (
    Notification,
    NotificationKind,
    SMTPFailure,
    in_one_line,
    register_notification_kind,
)
from home.page_tree.addresses import site_path
from home.pages import visible_pages

Kind = UpdateEvent.Kind
# After so many permanent failures in a row a subscriber is suppressed.
MAX_BOUNCES = 3


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


def sign_up_email(
    subscription: Subscription, target: SubscriptionTarget
) -> EmailMultiAlternatives:
    """Return the email to confirm a subscription, or which says that it is active."""
    subscriber = subscription.subscriber
    if subscription.is_active:
        return manage_link_email(subscriber.email, subscriber, target.title)
    return make_email(
        "confirm_subscription",
        f"Confirm your email updates from {get_council_name()}",
        subscriber.email,
        title=target.title,
        frequency=subscription.get_frequency_display(),
        days=CONFIRM_DAYS,
        address=CONFIRM.url(subscriber, subscription.page_id),
    )


def manage_link_email(
    email: str, subscriber: Subscriber | None, title: str = ""
) -> EmailMultiAlternatives:
    """Return the email with the link to an address's subscriptions, if it has any.

    `title` is what someone has signed up for once more.
    """
    address = MANAGE.url(subscriber) if subscriber else ""
    subject = f"Your email updates from {get_council_name()}"
    return make_email("manage_link", subject, email, title=title, address=address)


@register_notification_kind
class UpdateEmail(NotificationKind):
    """The recipient is a subscriber, the key an event.

    The context has the subscription, which "Unsubscribe" in the email ends.
    """

    name = "email update"
    is_bulk = True

    def batch(self, rows, at):
        """Group what is wanted into emails; delete the rest.

        A page may have become private since, so that its title is too.
        """
        read_related(rows)
        pages = {row.event.page_id for row in rows if row.event} - {None}
        visible = visible_pages(at).filter(pk__in=pages)
        public = set(visible.values_list("pk", flat=True))
        wanted = [row for row in rows if _is_wanted(row, public)]
        if unwanted := {row.pk for row in rows} - {row.pk for row in wanted}:
            Notification.objects.filter(pk__in=unwanted).delete()
        for event in {row.event for row in wanted}:
            is_gone = event.kind == Kind.WITHDRAWN
            event.section = _public_page_above(event.path, at) if is_gone else None
        return list(_group(wanted))

    def build(self, rows, at):
        subscriber, events = rows[0].subscriber, [row.event for row in rows]
        # They may have been suppressed since, or erased.
        if not Subscriber.objects.filter(pk=subscriber.pk, suppressed_at=None).exists():
            return None
        unsubscribe = _unsubscribe_url(rows)
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
    if row.event.kind != Kind.WITHDRAWN:
        return row.subscription is not None and is_public
    # Deleting a page deletes its subscriptions; subscribers still hear of it.
    return not is_public and (row.subscription is not None or not row.event.page_id)


def _public_page_above(path: str, at: datetime) -> Link:
    """Return the nearest public page above a path of the site, or the home page."""
    slugs = path.strip("/").split("/")
    above = {
        f"{root.root_path}{'/'.join(slugs[:end])}/"
        for root in Site.get_site_root_paths()
        for end in range(1, len(slugs))
    }
    pages = visible_pages(at).filter(url_path__in=above)
    if page := pages.order_by("-depth").first():
        return Link(in_one_line(page.title), site_path(page.url_path))
    return Link("our website", "/")


def _group(rows: list[Notification]) -> Iterator[list[Notification]]:
    for _, own in groupby(rows, key=lambda row: row.recipient):
        digest = []
        for row in own:
            if row.subscription and row.subscription.frequency != Frequency.AT_ONCE:
                digest.append(row)
            else:
                yield [row]
        if digest:
            yield digest


def _unsubscribe_url(rows: list[Notification]) -> str:
    """Return the link that ends the email's subscription.

    It ends all of the subscriber's where the email comes from several, or where the
    subscription was deleted with its page.
    """
    [subscription, *others] = {row.subscription for row in rows}
    if subscription is None or others:
        return UNSUBSCRIBE_ALL.url(rows[0].subscriber)
    return UNSUBSCRIBE.url(rows[0].subscriber, subscription.page_id)
