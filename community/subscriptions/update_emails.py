"""What an update says: plain text, and HTML beside it (R4)."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import get_template
from django.utils import timezone
from wagtail.models import Site

from community.models import Notice
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

Kind = Notice.Kind
WORDS = {
    Kind.PUBLISHED: "New page",
    Kind.CHANGED: "Changed",
    Kind.WITHDRAWN: "No longer on our website",
}


@dataclass(frozen=True)
class Told:
    """A notice as an email shows it; `href` leads to a page that is there."""

    what: str
    title: str
    text: str
    at: datetime
    href: str
    section: str = ""


class Writer:
    """Writes letters; what many of them share is read once."""

    def __init__(self):
        site = Site.objects.filter(is_default_site=True).first()
        found = SiteSettings.objects.filter(site=site).first()
        self._council = in_one_line((found or SiteSettings()).council_name)
        self._text = get_template("community/update_mail.txt")
        self._html = get_template("community/update_mail.html")
        self._told: dict[int, Told] = {}

    def write(self, letter: EmailBatch) -> EmailMultiAlternatives:
        """Return the email, to one person, with links that are that person's own."""
        notices = [self._tell(each.notice) for each in letter.deliveries]
        unsubscribe = _unsubscribe_url(letter)
        context = {
            "notices": notices,
            "council": self._council,
            "manage": manage_url(letter.subscriber),
            "unsubscribe": unsubscribe,
        }
        message = EmailMultiAlternatives(
            self._subject(notices),
            self._text.render(context),
            to=[letter.subscriber.email],
            headers={
                "Message-ID": message_id(letter.deliveries[0]),
                # RFC 8058, RFC 3834
                "List-Unsubscribe": f"<{unsubscribe}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
                "Precedence": "bulk",
            },
        )
        message.attach_alternative(self._html.render(context), "text/html")
        return message

    def _subject(self, notices: list[Told]) -> str:
        if len(notices) > 1:
            return f"{len(notices)} updates from {self._council}"
        [told] = notices
        return f"{told.what}: {told.title}"

    def _tell(self, notice: Notice) -> Told:
        if notice.pk not in self._told:
            self._told[notice.pk] = _told(notice)
        return self._told[notice.pk]


def _told(notice: Notice) -> Told:
    path, section = notice.path, ""
    if notice.kind == Kind.WITHDRAWN:
        path, section = _nearest_above(notice.path)
    return Told(
        what=WORDS[Kind(notice.kind)],
        title=in_one_line(notice.title),
        text=notice.text.strip(),
        at=notice.created_at,
        href=f"{settings.WAGTAILADMIN_BASE_URL}{path}",
        section=section,
    )


def _nearest_above(path: str) -> tuple[str, str]:
    """Return the address and title of the nearest public page above one that is gone.

    The front page, in the end.
    """
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    steps = path.strip("/").split("/")[:-1]
    while site and steps:
        above = "/".join(steps) + "/"
        pages = visible_pages(timezone.now())
        found = pages.filter(url_path=f"{site.root_page.url_path}{above}")
        title = found.values_list("title", flat=True).first()
        if title:
            return f"/{above}", in_one_line(title)
        steps.pop()
    return "/", "our website"


def _unsubscribe_url(letter: EmailBatch) -> str:
    """Return the link that ends what this email comes from.

    All of it, where it comes from several wishes or the wish went with its page.
    """
    wishes = {row.subscription_id: row.subscription for row in letter.deliveries}
    [wish, *others] = wishes.values()
    if wish is None or others:
        return unsubscribe_all_url(letter.subscriber)
    # It is known already, and need not be asked for again.
    wish.subscriber = letter.subscriber
    return unsubscribe_url(wish)
