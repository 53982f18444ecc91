"""Update emails: one event, or a day's or a week's, as plain text and HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone
from wagtail.models import Site

from community.models import Frequency, Subscriber, Subscription, UpdateEvent
from community.subscriptions.bounces import message_id
from community.subscriptions.links import (
    manage_url,
    unsubscribe_all_url,
    unsubscribe_url,
)
from home.models import SiteSettings
from home.notifications import in_one_line
from home.notifications.outbox import (
    Notification,
    NotificationKind,
    register_notification_kind,
)
from home.notifications.smtp import SMTPFailure
from home.pages import visible_pages

Kind = UpdateEvent.Kind
# After so many permanent failures in a row a subscriber is suppressed.
MAX_BOUNCES = 3
HEADINGS = {
    Kind.PUBLISHED: "New page",
    Kind.CHANGED: "Updated",
    Kind.WITHDRAWN: "Removed",
}


@dataclass(frozen=True)
class UpdateItem:
    """An event as an email shows it.

    Where the page was withdrawn, `section` and `href` are those of a page above it.
    """

    heading: str
    title: str
    text: str
    at: datetime
    href: str
    section: str = ""


def get_council_name() -> str:
    site = Site.objects.filter(is_default_site=True).first()
    site_settings = SiteSettings.objects.filter(site=site).first() or SiteSettings()
    return in_one_line(site_settings.council_name)


def make_item(event: UpdateEvent) -> UpdateItem:
    path, section = event.path, ""
    if event.kind == Kind.WITHDRAWN:
        path, section = _nearest_public_page_above(event.path)
    return UpdateItem(
        heading=HEADINGS[Kind(event.kind)],
        title=in_one_line(event.title),
        text=event.text.strip(),
        at=event.created_at,
        href=f"{settings.WAGTAILADMIN_BASE_URL}{path}",
        section=section,
    )


def _nearest_public_page_above(path: str) -> tuple[str, str]:
    """Return its path and title; those of the home page in the end."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    slugs = path.strip("/").split("/")[:-1]
    while site and slugs:
        above = "/".join(slugs) + "/"
        pages = visible_pages(timezone.now())
        found = pages.filter(url_path=f"{site.root_page.url_path}{above}")
        title = found.values_list("title", flat=True).first()
        if title:
            return f"/{above}", in_one_line(title)
        slugs.pop()
    return "/", "our website"


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
        public = set(
            visible_pages(at).filter(pk__in=pages).values_list("pk", flat=True)
        )
        unwanted = {row.pk for row in rows if not _is_wanted(row, public)}
        if unwanted:
            Notification.objects.filter(pk__in=unwanted).delete()
        council = get_council_name()
        wanted = [row for row in rows if row.pk not in unwanted]
        items = {event.pk: make_item(event) for event in {row.event for row in wanted}}
        for row in wanted:
            row.council, row.item = council, items[row.event.pk]
        return list(_group(wanted))

    def build(self, rows, at):
        subscriber, council = rows[0].subscriber, rows[0].council
        # They may have been suppressed since, or erased.
        if not Subscriber.objects.filter(pk=subscriber.pk, suppressed_at=None).exists():
            return None
        updates = [row.item for row in rows]
        unsubscribe = _unsubscribe_url(rows)
        context = {
            "updates": updates,
            "council": council,
            "manage": manage_url(subscriber),
            "unsubscribe": unsubscribe,
        }
        message = EmailMultiAlternatives(
            f"{len(updates)} updates from {council}"
            if len(updates) > 1
            else f"{updates[0].heading}: {updates[0].title}",
            render_to_string("community/emails/update.txt", context),
            to=[subscriber.email],
            headers={
                "Message-ID": message_id(rows[0].pk, subscriber),
                # RFC 8058
                "List-Unsubscribe": f"<{unsubscribe}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Precedence": "bulk",
            },
        )
        html = render_to_string("community/emails/update.html", context)
        message.attach_alternative(html, "text/html")
        return message

    def after_sending(self, rows, at):
        if rows[0].subscriber.bounce_count:
            own = Subscriber.objects.filter(pk=rows[0].recipient)
            own.update(bounce_count=0)

    def after_failure(self, rows, failure, at):
        if failure == SMTPFailure.ADDRESS:
            own = Subscriber.objects.filter(pk=rows[0].recipient)
            own.update(bounce_count=F("bounce_count") + 1)
            own.filter(bounce_count__gte=MAX_BOUNCES, suppressed_at=None).update(
                suppressed_at=at
            )


def waiting_updates(subscriber: Subscriber):
    """Return the notifications that may still be deleted."""
    return Notification.objects.filter(
        kind=UpdateEmail.name,
        recipient=str(subscriber.pk),
        state=Notification.State.WAITING,
    )


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


def _group(rows: list[Notification]) -> Iterator[list[Notification]]:
    for _, own in groupby(rows, key=lambda row: row.recipient):
        digest = []
        for row in own:
            subscription = row.subscription
            if subscription is None or subscription.frequency == Frequency.AT_ONCE:
                yield [row]
            else:
                digest.append(row)
        if digest:
            yield digest


def _unsubscribe_url(rows: list[Notification]) -> str:
    """Return the link that ends the email's subscription.

    It ends all of the subscriber's where the email comes from several, or where the
    subscription was deleted with its page.
    """
    subscriptions = {row.context["subscription"]: row.subscription for row in rows}
    [subscription, *others] = subscriptions.values()
    if subscription is None or others:
        return unsubscribe_all_url(rows[0].subscriber)
    # Saves a query.
    subscription.subscriber = rows[0].subscriber
    return unsubscribe_url(subscription)
