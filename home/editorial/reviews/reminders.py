"""Emails to those who answer for pages, and to the communications team (P6)."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from smtplib import SMTPRecipientsRefused
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localtime
from wagtail.models import Site
from wagtail.permission_policies.pages import PagePermissionPolicy

from home.editorial.reviews.models import QUEUE_URL_NAME, PageReview, ReviewDigest
from home.jobs import register_job
from home.models import SiteSettings
from home.notifications import in_one_line

logger = logging.getLogger(__name__)

SUBJECT = "Pages of the website to check"
# Nobody is to be woken by it.
QUIET_HOURS_END = 8
MAX_LINES = 100
TEAM = "the communications team"


@dataclass(frozen=True)
class Recipient:
    """Whom one email goes to; `key` is how today's digests know them."""

    key: str
    emails: tuple[str, ...]
    team: tuple[str, ...]

    @property
    def is_team(self) -> bool:
        """Whether this is the communications team."""
        return self.emails == self.team

    def reviews_due(self, on: date) -> Q:
        """Return which reviews this recipient is to be reminded of on a day."""
        own = Q(owner_email=self.key, remind_owner_on__lte=on)
        return own | Q(remind_team_on__lte=on) if self.is_team else own


@register_job("send page review reminders")
def remind_of_reviews(at: datetime) -> None:
    """Send one email to everybody who is to be reminded of a review today.

    The owner of a page, or the communications team where it has none, hears of it two
    weeks before its day and on that day; both hear of it two weeks after that and each
    four weeks from then on. Where the mail server is away, the next call tries again.
    """
    local = localtime(at)
    if local.hour < QUIET_HOURS_END:
        return
    on = local.date()
    ReviewDigest.objects.filter(sent_on__lt=on).delete()
    for recipient in get_recipients(at, on):
        if not send_digest(recipient, at, on):
            return


def get_recipients(at: datetime, on: date) -> Iterator[Recipient]:
    """Yield all who are to be reminded and have had no email today."""
    reviews = PageReview.objects.on_live_pages(at)
    owners = reviews.filter(remind_owner_on__lte=on).values_list("owner_email")
    keys = {email for (email,) in owners.distinct()}
    is_for_team = reviews.filter(remind_team_on__lte=on).exists()
    if not keys and not is_for_team:
        return
    team = get_team_emails()
    team_key = team[0] if len(team) == 1 else TEAM
    if is_for_team and team:
        keys.add(team_key)
    elif is_for_team:
        logger.warning("Nobody can be told that pages are overdue for review.")
    had = ReviewDigest.objects.filter(sent_on=on).values_list("recipient", flat=True)
    for key in sorted(keys.difference(had)):
        yield Recipient(key, team if key == team_key else (key,), team)


def get_team_emails() -> tuple[str, ...]:
    """Return where the communications team is reached, in small letters.

    That is the address of the site settings, or else those of all who may publish the
    home page.
    """
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if site is None:
        return ()
    email = SiteSettings.for_site(site).team_email
    if email:
        return (email.lower(),)
    publishers = PagePermissionPolicy().users_with_permission_for_instance(
        "publish", site.root_page
    )
    emails = publishers.exclude(email="").values_list("email", flat=True)
    return tuple(sorted({email.lower() for email in emails}))


def send_digest(recipient: Recipient, at: datetime, on: date) -> bool:
    """Send today's email, unless it has been sent; return False to try later again."""
    with transaction.atomic():
        digest, is_first = ReviewDigest.objects.get_or_create(
            recipient=recipient.key, sent_on=on
        )
        if not is_first:
            return True
        reviews = _reviews_for(recipient, at, on)
        if not reviews:
            return True
        before = [(each.remind_owner_on, each.remind_team_on) for each in reviews]
        # Marked before it is sent, so that of two processes only one sends it.
        _mark(reviews, recipient, on)
        message = _message(reviews, recipient, on)
    try:
        message.send()
    except SMTPRecipientsRefused:
        # For them tomorrow is soon enough; the others are not to wait.
        logger.exception("The mail server refuses a reminder of page reviews.")
        _unmark(reviews, before)
    except Exception:
        logger.exception("No reminder of page reviews could be sent.")
        with transaction.atomic():
            _unmark(reviews, before)
            digest.delete()
        return False
    return True


def _reviews_for(recipient: Recipient, at: datetime, on: date) -> list[PageReview]:
    reviews = PageReview.objects.on_live_pages(at).filter(recipient.reviews_due(on))
    return list(
        reviews.select_for_update(of=("self",))
        .select_related("page")
        .order_by("review_on", "pk")
    )


def _mark(reviews: list[PageReview], recipient: Recipient, on: date) -> None:
    """Set when the recipient is to be reminded of each next."""
    for review in reviews:
        if review.owner_email == recipient.key and review.remind_owner_on <= on:
            review.remind_owner_on = review.get_next_reminder(on)
        if recipient.is_team and review.remind_team_on <= on:
            review.remind_team_on = review.get_next_reminder(on)
    fields = ["remind_owner_on", "remind_team_on"]
    PageReview.objects.bulk_update(reviews, fields, batch_size=500)


def _unmark(reviews: list[PageReview], before: list[tuple]) -> None:
    """Take the marks back, but for pages that somebody has changed meanwhile."""
    for review, (owner_on, team_on) in zip(reviews, before, strict=True):
        marked = PageReview.objects.filter(
            pk=review.pk,
            remind_owner_on=review.remind_owner_on,
            remind_team_on=review.remind_team_on,
        )
        marked.update(remind_owner_on=owner_on, remind_team_on=team_on)


def _message(reviews: list[PageReview], recipient: Recipient, on: date) -> EmailMessage:
    is_officer = recipient.is_team or _has_account(recipient.key)
    context = {
        "pages": [
            _describe(review, recipient, on, is_officer)
            for review in reviews[:MAX_LINES]
        ],
        "more": max(0, len(reviews) - MAX_LINES),
        "queue_address": _admin_address(QUEUE_URL_NAME) if is_officer else "",
        "is_team": recipient.is_team,
        "can_reply": bool(recipient.team),
    }
    return EmailMessage(
        SUBJECT,
        render_to_string("home/review_digest.txt", context),
        to=recipient.emails,
        reply_to=() if recipient.is_team else recipient.team,
    )


def _describe(
    review: PageReview, recipient: Recipient, on: date, is_officer: bool
) -> dict:
    """Return what the email says of one page."""
    owner = " ".join([review.owner_name, review.owner_email])
    edit_address = _admin_address("wagtailadmin_pages:edit", review.pk)
    return {
        "title": in_one_line(review.page.title),
        "address": review.page.full_url,
        "review_on": review.review_on,
        "standing": review.status_label(on),
        "owner": in_one_line(owner) or "nobody" if recipient.is_team else "",
        "edit_address": edit_address if is_officer else "",
    }


def _has_account(email: str) -> bool:
    users = get_user_model().objects.filter(email__iexact=email, is_active=True)
    return any(user.has_perm("wagtailadmin.access_admin") for user in users)


def _admin_address(name: str, *arguments) -> str:
    return urljoin(settings.WAGTAILADMIN_BASE_URL, reverse(name, args=arguments))
