"""Emails that remind content owners and the communications team of reviews."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localdate
from wagtail.models import Site
from wagtail.permission_policies.pages import PagePermissionPolicy

from home.content_version import start_of_day
from home.editorial.models import PageReview, page_edit_url
from home.jobs import register_job
from home.models import SiteSettings
from home.notifications.outbox import (
    Notification,
    NotificationKind,
    in_one_line,
    notify,
    register_notification_kind,
)

logger = logging.getLogger(__name__)

MAX_LINES = 100
# Days from the review date to the first reminder, to the first that both get, and from
# that to the next.
FIRST, ESCALATION, REPEAT = -14, 14, 28


@register_job("queue page review reminders")
def queue_review_reminders(at: datetime) -> None:
    """Notify everyone who is due a reminder, in one email a day at most.

    A page's owner, or the communications team if it has none, is reminded two weeks
    before the date and on it. Both are reminded two weeks after it and then every four
    weeks.
    """
    on = localdate(at)
    reminders = Notification.objects.filter(kind=ReviewReminder.name)
    known = set(reminders.values_list("key", "recipient"))
    today = reminders.filter(sent_at__gte=start_of_day(on))
    had_one_today = set(today.values_list("recipient", flat=True))
    for key, recipient, context in _due_reminders(at, on):
        if (key, recipient) not in known and recipient not in had_one_today:
            notify(recipient, ReviewReminder, key, due_at=at, context=context)


def _due_reminders(at: datetime, on: date) -> Iterator[tuple[str, str, dict]]:
    """Yield the key, recipient and context of each reminder that is due or was sent."""
    reviews = PageReview.objects.on_live_pages(at).filter(
        review_on__lte=on - timedelta(days=FIRST)
    )
    team = get_team_emails() if reviews else set()
    for review in reviews:
        # From the review to the last reminder that is due by now.
        days = (on - review.review_on).days
        if days >= ESCALATION:
            days -= (days - ESCALATION) % REPEAT
        else:
            days = 0 if days >= 0 else FIRST
        recipients = {review.owner_email} if review.owner_email else team
        if days >= ESCALATION:
            recipients = recipients | team
        if not recipients:
            logger.warning(
                "No one to remind of overdue page reviews: set a team email address."
            )
        key = f"{review.pk} {review.review_on} {days}"
        context = {"page": review.pk, "review_on": review.review_on.isoformat()}
        for recipient in recipients:
            yield key, recipient, context


def get_team_emails() -> set[str]:
    """Return the communications team's addresses, in lower case.

    This is the address in the site settings, or those of everyone who may publish the
    home page.
    """
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if site is None:
        return set()
    if email := SiteSettings.for_site(site).team_email:
        return {email.lower()}
    publishers = PagePermissionPolicy().users_with_permission_for_instance(
        "publish", site.root_page
    )
    emails = publishers.exclude(email="").values_list("email", flat=True)
    return {email.lower() for email in emails}


@register_notification_kind
class ReviewReminder(NotificationKind):
    """The recipient is the address of an owner, or of the communications team.

    The key is a page, its review date and the time from that to the reminder.
    """

    name = "review reminder"
    is_quiet = True
    is_digest = True

    def build(self, rows, at):
        recipient, team, on = rows[0].recipient, get_team_emails(), localdate(at)
        is_team = recipient in team
        dates = {row.context["page"]: row.context["review_on"] for row in rows}
        reviews = PageReview.objects.on_live_pages(at).filter(pk__in=dates)
        reviews = [
            review
            for review in reviews.select_related("page").order_by("review_on", "pk")
            if str(review.review_on) == dates[review.pk]
            and (is_team or review.owner_email == recipient)
        ]
        if not reviews:
            return None
        users = get_user_model().objects.filter(email__iexact=recipient, is_active=True)
        has_account = is_team or any(
            user.has_perm("wagtailadmin.access_admin") for user in users
        )
        base = settings.WAGTAILADMIN_BASE_URL if has_account else ""
        pages = [
            {
                "title": in_one_line(review.page.title),
                "address": review.page.full_url,
                "review_on": review.review_on,
                "status": review.status_label(on),
                "owner": in_one_line(f"{review.owner_name} {review.owner_email}"),
                "edit_url": urljoin(base, page_edit_url(review.pk)),
            }
            for review in reviews[:MAX_LINES]
        ]
        context = {
            "pages": pages,
            "more": max(0, len(reviews) - MAX_LINES),
            "has_account": has_account,
            "queue_url": urljoin(base, reverse("reviews_report")),
            "is_team": is_team,
            "can_reply": bool(team),
        }
        return EmailMessage(
            "Pages due for review",
            render_to_string("home/review_reminder.txt", context),
            to=[recipient],
            reply_to=() if is_team else sorted(team),
        )
