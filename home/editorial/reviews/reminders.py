"""Emails that remind content owners and the communications team of reviews."""

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

SUBJECT = "Pages due for review"
# No email at night.
QUIET_HOURS_END = 8
MAX_LINES = 100
TEAM = "the communications team"


@dataclass(frozen=True)
class Recipient:
    """Who gets an email; `key` identifies them in today's digests."""

    key: str
    emails: tuple[str, ...]
    team: tuple[str, ...]

    @property
    def is_team(self) -> bool:
        return self.emails == self.team

    def reviews_due(self, on: date) -> Q:
        as_owner = Q(owner_email=self.key, remind_owner_on__lte=on)
        return as_owner | Q(remind_team_on__lte=on) if self.is_team else as_owner


@register_job("send page review reminders")
def remind_of_reviews(at: datetime) -> None:
    """Send one email to everyone who is due a reminder today.

    A page's owner, or the communications team if it has none, is reminded two weeks
    before the date and on it. Both are reminded two weeks after it and then every four
    weeks. If the mail server is unavailable, the next run tries again.
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
        logger.warning(
            "No one to remind of overdue page reviews: set a team email address."
        )
    digests = ReviewDigest.objects.filter(sent_on=on)
    for key in sorted(keys.difference(digests.values_list("recipient", flat=True))):
        yield Recipient(key, team if key == team_key else (key,), team)


def get_team_emails() -> tuple[str, ...]:
    """Return the communications team's addresses, in lower case.

    This is the address in the site settings, or those of everyone who may publish the
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
    """Send today's email if it has not been sent; return False to try again later."""
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
        # Rescheduled before sending, so that only one of two processes sends it.
        _schedule_next(reviews, recipient, on)
        message = _message(reviews, recipient, on)
    try:
        message.send()
    except SMTPRecipientsRefused:
        # Try them again tomorrow, without holding up the others.
        logger.exception("The mail server rejected a page review reminder.")
        _restore_reminders(reviews, before)
    except Exception:
        logger.exception("A page review reminder could not be sent.")
        with transaction.atomic():
            _restore_reminders(reviews, before)
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


def _schedule_next(reviews: list[PageReview], recipient: Recipient, on: date) -> None:
    for review in reviews:
        if review.owner_email == recipient.key and review.remind_owner_on <= on:
            review.remind_owner_on = review.get_next_reminder(on)
        if recipient.is_team and review.remind_team_on <= on:
            review.remind_team_on = review.get_next_reminder(on)
    fields = ["remind_owner_on", "remind_team_on"]
    PageReview.objects.bulk_update(reviews, fields, batch_size=500)


def _restore_reminders(reviews: list[PageReview], before: list[tuple]) -> None:
    """Restore the reminders, except of pages that have changed since."""
    for review, (owner_on, team_on) in zip(reviews, before, strict=True):
        unchanged = PageReview.objects.filter(
            pk=review.pk,
            remind_owner_on=review.remind_owner_on,
            remind_team_on=review.remind_team_on,
        )
        unchanged.update(remind_owner_on=owner_on, remind_team_on=team_on)


def _message(reviews: list[PageReview], recipient: Recipient, on: date) -> EmailMessage:
    has_account = recipient.is_team or _has_account(recipient.key)
    context = {
        "pages": [
            _describe(review, recipient, on, has_account)
            for review in reviews[:MAX_LINES]
        ],
        "more": max(0, len(reviews) - MAX_LINES),
        "queue_url": _admin_url(QUEUE_URL_NAME) if has_account else "",
        "is_team": recipient.is_team,
        "can_reply": bool(recipient.team),
    }
    return EmailMessage(
        SUBJECT,
        render_to_string("home/review_reminder.txt", context),
        to=recipient.emails,
        reply_to=() if recipient.is_team else recipient.team,
    )


def _describe(
    review: PageReview, recipient: Recipient, on: date, has_account: bool
) -> dict:
    owner = " ".join([review.owner_name, review.owner_email])
    edit_url = _admin_url("wagtailadmin_pages:edit", review.pk)
    return {
        "title": in_one_line(review.page.title),
        "address": review.page.full_url,
        "review_on": review.review_on,
        "status": review.status_label(on),
        "owner": in_one_line(owner) or "none" if recipient.is_team else "",
        "edit_url": edit_url if has_account else "",
    }


def _has_account(email: str) -> bool:
    users = get_user_model().objects.filter(email__iexact=email, is_active=True)
    return any(user.has_perm("wagtailadmin.access_admin") for user in users)


def _admin_url(name: str, *arguments) -> str:
    return urljoin(settings.WAGTAILADMIN_BASE_URL, reverse(name, args=arguments))
