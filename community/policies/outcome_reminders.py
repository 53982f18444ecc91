"""Reminders that the outcome of a consultation was promised within 12 weeks (R9)."""

from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet, TextChoices
from django.template.loader import render_to_string
from django.urls import reverse

from community.models import PolicyUpdatePage
from community.models.consultations import OUTCOME_PROMISED
from community.models.policy import PolicyStatus
from home.editorial.reviews.reminders import get_team_emails
from home.jobs import register_job
from home.notifications import in_one_line
from home.notifications.outbox import (
    NotificationKind,
    notify,
    register_notification_kind,
)


class Stage(TextChoices):
    FOUR_WEEKS = "four-weeks", "A consultation's outcome is due in 4 weeks"
    ONE_WEEK = "one-week", "A consultation's outcome is due in 1 week"
    OVERDUE = "overdue", "A consultation's outcome is overdue"


# The time left when each is sent, the shortest first.
STAGES = (
    (Stage.OVERDUE, timedelta(0)),
    (Stage.ONE_WEEK, timedelta(weeks=1)),
    (Stage.FOUR_WEEKS, timedelta(weeks=4)),
)


@register_job("queue consultation outcome reminders")
def queue_outcome_reminders(at: datetime) -> None:
    """Notify once of each consultation and stage that is due."""
    for page in get_awaiting_outcome(at):
        notify(str(page.pk), OutcomeReminder, _key(page, at), due_at=at)


def get_awaiting_outcome(at: datetime) -> QuerySet[PolicyUpdatePage]:
    """Return closed consultations whose outcome is due within four weeks."""
    closed_before = at - OUTCOME_PROMISED + STAGES[-1][1]
    policies = PolicyUpdatePage.objects.live().with_status(at)
    return policies.filter(
        status=PolicyStatus.AWAITING_OUTCOME,
        consultation_closes_at__lte=closed_before,
    ).order_by("consultation_closes_at", "pk")


def get_stage(page: PolicyUpdatePage, at: datetime) -> Stage:
    left = page.consultation_closes_at + OUTCOME_PROMISED - at
    return next(stage for stage, at_most in STAGES if left <= at_most)


def _key(page: PolicyUpdatePage, at: datetime) -> str:
    # Moving the end of a consultation moves the promised date: reminders start again.
    return f"{get_stage(page, at)} {page.consultation_closes_at.isoformat()}"


@register_notification_kind
class OutcomeReminder(NotificationKind):
    """The recipient is a page.

    It goes to the content owner, or to the communications team if there is none, and to
    both once it is overdue.
    """

    name = "outcome reminder"
    is_quiet = True
    # An outcome may be overdue for years.
    retention = None

    def build(self, rows, at):
        [row] = rows
        page = get_awaiting_outcome(at).filter(pk=row.recipient).first()
        if page is None or _key(page, at) != row.key:
            return None
        stage, team = get_stage(page, at), get_team_emails()
        owner = (page.owner_email,) if page.owner_email else ()
        emails = {*(owner or team), *(team if stage == Stage.OVERDUE else ())}
        return EmailMessage(stage.label, _text(page, stage), to=sorted(emails))


def _text(page: PolicyUpdatePage, stage: Stage) -> str:
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    context = {
        "title": in_one_line(page.title),
        "closed_at": page.consultation_closes_at,
        "due_on": page.outcome_due_on,
        "is_overdue": stage == Stage.OVERDUE,
        "address": page.full_url,
        "edit_address": urljoin(settings.WAGTAILADMIN_BASE_URL, edit),
    }
    return render_to_string("community/outcome_reminder.txt", context)
