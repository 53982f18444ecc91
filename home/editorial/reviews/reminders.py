"""Emails that remind content owners and the communications team of reviews."""

import logging
from datetime import date, datetime
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localdate
from wagtail.models import Site
from wagtail.permission_policies.pages import PagePermissionPolicy

from home.editorial.reviews.models import QUEUE_URL_NAME, PageReview
from home.jobs import register_job
from home.models import SiteSettings
from home.notifications import in_one_line
from home.notifications.outbox import (
    Notification,
    NotificationKind,
    notify,
    register_notification_kind,
)

logger = logging.getLogger(__name__)

SUBJECT = "Pages due for review"
MAX_LINES = 100
TEAM = "the communications team"


@register_job("queue page review reminders")
def queue_review_reminders(at: datetime) -> None:
    """Notify everyone who is due a reminder today, once.

    A page's owner, or the communications team if it has none, is reminded two weeks
    before the date and on it. Both are reminded two weeks after it and then every four
    weeks. What the mail server has not accepted today is due again tomorrow.
    """
    on = localdate(at)
    reminders = Notification.objects.filter(kind=ReviewReminder.name)
    reminders.filter(key__lt=on.isoformat()).delete()
    recipients = get_recipients(at, on)
    if recipients:
        done = reminders.values_list("recipient", flat=True)
        for recipient in sorted(recipients.difference(done)):
            notify(recipient, ReviewReminder, on.isoformat(), due_at=at)


def get_recipients(at: datetime, on: date) -> set[str]:
    """Return the addresses of owners, and `TEAM`, or its address if it has one only."""
    reviews = PageReview.objects.on_live_pages(at)
    owners = reviews.filter(remind_owner_on__lte=on).values_list("owner_email")
    recipients = {email for (email,) in owners.distinct()}
    if reviews.filter(remind_team_on__lte=on).exists():
        if team := get_team_emails():
            recipients.add(_team_key(team))
        else:
            logger.warning(
                "No one to remind of overdue page reviews: set a team email address."
            )
    return recipients


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


def _team_key(team: tuple[str, ...]) -> str:
    """Return an address if there is one, as it may be that of an owner too."""
    return team[0] if len(team) == 1 else TEAM


@register_notification_kind
class ReviewReminder(NotificationKind):
    """All pages that a recipient is due to be reminded of on a day, in one email."""

    name = "review reminder"
    is_quiet = True

    def build(self, rows, at):
        [row] = rows
        team = get_team_emails()
        is_team, on = row.recipient == _team_key(team) if team else False, localdate(at)
        is_due = _is_due(row.recipient, is_team, on)
        due = PageReview.objects.on_live_pages(at).filter(is_due)
        row.is_team = is_team
        row.reviews = list(due.select_related("page").order_by("review_on", "pk"))
        if not row.reviews:
            return None
        return _message(row.reviews, row.recipient, team, is_team, on)

    def after_sending(self, rows, at):
        """Plan the next reminders, except of pages that have changed meanwhile."""
        [row] = rows
        on = localdate(at)
        ids = [review.pk for review in row.reviews]
        sent = PageReview.objects.filter(
            _is_due(row.recipient, row.is_team, on), pk__in=ids
        )
        reviews = list(sent.select_for_update())
        for review in reviews:
            if review.owner_email == row.recipient and review.remind_owner_on <= on:
                review.remind_owner_on = review.get_next_reminder(on)
            if row.is_team and review.remind_team_on and review.remind_team_on <= on:
                review.remind_team_on = review.get_next_reminder(on)
        fields = ["remind_owner_on", "remind_team_on"]
        PageReview.objects.bulk_update(reviews, fields, batch_size=500)


def _is_due(recipient: str, is_team: bool, on: date) -> Q:
    as_owner = Q(owner_email=recipient, remind_owner_on__lte=on)
    return as_owner | Q(remind_team_on__lte=on) if is_team else as_owner


def _message(
    reviews: list[PageReview],
    recipient: str,
    team: tuple[str, ...],
    is_team: bool,
    on: date,
) -> EmailMessage:
    has_account = is_team or _has_account(recipient)
    context = {
        "pages": [
            _describe(review, is_team, on, has_account)
            for review in reviews[:MAX_LINES]
        ],
        "more": max(0, len(reviews) - MAX_LINES),
        "queue_url": _admin_url(QUEUE_URL_NAME) if has_account else "",
        "is_team": is_team,
        "can_reply": bool(team),
    }
    return EmailMessage(
        SUBJECT,
        render_to_string("home/review_reminder.txt", context),
        to=team if is_team else [recipient],
        reply_to=() if is_team else team,
    )


def _describe(review: PageReview, is_team: bool, on: date, has_account: bool) -> dict:
    owner = " ".join([review.owner_name, review.owner_email])
    edit_url = _admin_url("wagtailadmin_pages:edit", review.pk)
    return {
        "title": in_one_line(review.page.title),
        "address": review.page.full_url,
        "review_on": review.review_on,
        "status": review.status_label(on),
        "owner": in_one_line(owner) or "none" if is_team else "",
        "edit_url": edit_url if has_account else "",
    }


def _has_account(email: str) -> bool:
    users = get_user_model().objects.filter(email__iexact=email, is_active=True)
    return any(user.has_perm("wagtailadmin.access_admin") for user in users)


def _admin_url(name: str, *arguments) -> str:
    return urljoin(settings.WAGTAILADMIN_BASE_URL, reverse(name, args=arguments))
