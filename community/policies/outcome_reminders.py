"""Reminders that the outcome of a consultation was promised within 12 weeks (R9)."""

import logging
from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from community.models import OutcomeReminder, PolicyUpdatePage
from community.models.consultations import OUTCOME_PROMISED
from community.models.policy import PolicyStatus
from home.editorial.reviews.reminders import get_team_emails
from home.jobs import register_job
from home.notifications import in_one_line

logger = logging.getLogger(__name__)

QUIET_HOURS_END = 8
# The time left when each is sent, the shortest first.
STAGES = (
    (OutcomeReminder.Stage.OVERDUE, timedelta(0)),
    (OutcomeReminder.Stage.ONE_WEEK, timedelta(weeks=1)),
    (OutcomeReminder.Stage.FOUR_WEEKS, timedelta(weeks=4)),
)
SUBJECTS = {
    OutcomeReminder.Stage.FOUR_WEEKS: "A consultation's outcome is due in 4 weeks",
    OutcomeReminder.Stage.ONE_WEEK: "A consultation's outcome is due in 1 week",
    OutcomeReminder.Stage.OVERDUE: "A consultation's outcome is overdue",
}


@register_job("send consultation outcome reminders")
def remind_of_outcomes(at: datetime) -> None:
    """Send one email for each consultation and stage that is due.

    It goes to the content owner, or to the communications team if there is none, and to
    both once it is overdue. If sending fails, the next run tries again.
    """
    if timezone.localtime(at).hour < QUIET_HOURS_END:
        return
    for page in get_awaiting_outcome(at):
        remind(page, get_stage(page, at))


def get_awaiting_outcome(at: datetime) -> list[PolicyUpdatePage]:
    """Return closed consultations whose outcome is due within four weeks."""
    closed_before = at - OUTCOME_PROMISED + STAGES[-1][1]
    policies = PolicyUpdatePage.objects.live().with_status(at)
    return list(
        policies.filter(
            status=PolicyStatus.AWAITING_OUTCOME,
            consultation_closes_at__lte=closed_before,
        ).order_by("consultation_closes_at", "pk")
    )


def get_stage(page: PolicyUpdatePage, at: datetime) -> OutcomeReminder.Stage:
    left = page.consultation_closes_at + OUTCOME_PROMISED - at
    return next(stage for stage, at_most in STAGES if left <= at_most)


def remind(page: PolicyUpdatePage, stage: OutcomeReminder.Stage) -> None:
    """Send the reminder of a stage, unless it has been sent."""
    with transaction.atomic():
        # Marked before it is sent, so that of two processes only one sends it.
        reminder, is_first = OutcomeReminder.objects.get_or_create(
            page=page, closed_at=page.consultation_closes_at, stage=stage
        )
    if not is_first:
        return
    team = get_team_emails()
    owner = (page.owner_email,) if page.owner_email else ()
    emails = {*(owner or team), *(team if stage == stage.OVERDUE else ())}
    if not emails:
        logger.warning(
            "No recipients for the reminder that page %s has an outcome due.", page.pk
        )
        return
    try:
        EmailMessage(SUBJECTS[stage], _text(page, stage), to=sorted(emails)).send()
    except Exception:
        logger.exception("The outcome reminder for page %s could not be sent.", page.pk)
        reminder.delete()


def _text(page: PolicyUpdatePage, stage: OutcomeReminder.Stage) -> str:
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    context = {
        "title": in_one_line(page.title),
        "closed_at": page.consultation_closes_at,
        "due_on": page.outcome_due_on,
        "is_overdue": stage == stage.OVERDUE,
        "address": page.full_url,
        "edit_address": urljoin(settings.WAGTAILADMIN_BASE_URL, edit),
    }
    return render_to_string("community/outcome_reminder.txt", context)
