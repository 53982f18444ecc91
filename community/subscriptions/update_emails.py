"""Builds update emails: plain text and HTML."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import get_template
from django.utils import timezone
from wagtail.models import Site

from community.models import UpdateEvent
from community.subscriptions.batching import EmailBatch
from community.subscriptions.bounces import message_id
from community.subscriptions.links import (
    manage_url,
    unsubscribe_all_url,
    unsubscribe_url,
)
from home.models import SiteSettings
from home.notifications import in_one_line
from home.pages import visible_pages

Kind = UpdateEvent.Kind
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


class UpdateEmailBuilder:
    """Builds emails; reads what they share only once."""

    def __init__(self):
        self._council = get_council_name()
        self._text = get_template("community/emails/update.txt")
        self._html = get_template("community/emails/update.html")
        self._items: dict[int, UpdateItem] = {}

    def build(self, batch: EmailBatch) -> EmailMultiAlternatives:
        updates = [self._item(each.event) for each in batch.deliveries]
        unsubscribe = _unsubscribe_url(batch)
        context = {
            "updates": updates,
            "council": self._council,
            "manage": manage_url(batch.subscriber),
            "unsubscribe": unsubscribe,
        }
        message = EmailMultiAlternatives(
            self._subject(updates),
            self._text.render(context),
            to=[batch.subscriber.email],
            headers={
                "Message-ID": message_id(batch.deliveries[0]),
                # RFC 8058, RFC 3834
                "List-Unsubscribe": f"<{unsubscribe}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
                "Precedence": "bulk",
            },
        )
        message.attach_alternative(self._html.render(context), "text/html")
        return message

    def _subject(self, updates: list[UpdateItem]) -> str:
        if len(updates) > 1:
            return f"{len(updates)} updates from {self._council}"
        return f"{updates[0].heading}: {updates[0].title}"

    def _item(self, event: UpdateEvent) -> UpdateItem:
        if event.pk not in self._items:
            self._items[event.pk] = make_item(event)
        return self._items[event.pk]


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


def _unsubscribe_url(batch: EmailBatch) -> str:
    """Return the link that ends the email's subscription.

    It ends all of the subscriber's where the email comes from several, or where the
    subscription was deleted with its page.
    """
    subscriptions = {row.subscription_id: row.subscription for row in batch.deliveries}
    [subscription, *others] = subscriptions.values()
    if subscription is None or others:
        return unsubscribe_all_url(batch.subscriber)
    # Saves a query.
    subscription.subscriber = batch.subscriber
    return unsubscribe_url(subscription)
