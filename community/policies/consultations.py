"""A consultation's dates as iCalendar, and reminders of its promised outcome (R9)."""

from datetime import datetime, timedelta
from urllib.parse import urljoin
from uuid import uuid5

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet, TextChoices
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from community.models import PolicyUpdatePage
from community.models.consultations import OUTCOME_PROMISED
from community.models.policy import PolicyStatus
from home.caching import mark_cacheable
from home.content.text import without_control_characters
from home.editorial.review_reminders import get_team_emails
from home.jobs import register_job
from home.notifications import in_one_line
from home.notifications.outbox import (
    NotificationKind,
    notify,
    register_notification_kind,
)
from home.pages import get_visible_page_or_404

CALENDAR_NAME = "consultation.ics"


@require_safe
def consultation_calendar(request: HttpRequest, policy_path: str) -> HttpResponse:
    """Return both dates of a consultation; the ids stay the same if they move."""
    page = get_visible_page_or_404(request, PolicyUpdatePage, policy_path)
    opens_at, closes_at = page.consultation_opens_at, page.consultation_closes_at
    if not (opens_at and closes_at):
        raise Http404("This policy has no consultation.")
    title = without_control_characters(page.title)
    purpose = without_control_characters(page.consultation_purpose)
    calendar = Calendar()
    calendar.add("prodid", "-//Stockton CMS//Consultations//EN")
    calendar.add("version", "2.0")
    for name, label, at in (
        ("opens", "Consultation opens", opens_at),
        ("closes", "Last chance to respond", closes_at),
    ):
        event = Event()
        event.add("uid", uuid5(page.translation_key, name).urn)
        for stamp in ("dtstamp", "last-modified"):
            event.add(stamp, page.last_published_at or at)
        event.add("summary", f"{label}: {title}")
        # In UTC, which every calendar shows in the time of its owner; it takes no time.
        event.add("dtstart", at)
        event.add("transp", "TRANSPARENT")
        event.add("url", page.full_url)
        event.add("description", f"{purpose}\n\n{page.full_url}".strip())
        calendar.add_component(event)
    content_type = "text/calendar; charset=utf-8"
    return mark_cacheable(HttpResponse(calendar.to_ical(), content_type=content_type))


class Stage(TextChoices):
    OVERDUE = "overdue", "A consultation's outcome is overdue"
    ONE_WEEK = "one-week", "A consultation's outcome is due in 1 week"
    FOUR_WEEKS = "four-weeks", "A consultation's outcome is due in 4 weeks"


# How many weeks are left when each begins, the fewest first.
WEEKS = {Stage.OVERDUE: 0, Stage.ONE_WEEK: 1, Stage.FOUR_WEEKS: 4}


@register_job("queue consultation outcome reminders")
def queue_outcome_reminders(at: datetime) -> None:
    """Notify once of each consultation and stage that is due."""
    for page in get_awaiting_outcome(at):
        notify(str(page.pk), OutcomeReminder, _key(page, at), due_at=at)


def get_awaiting_outcome(at: datetime) -> QuerySet[PolicyUpdatePage]:
    """Return closed consultations whose outcome is due within four weeks."""
    closed_before = at - OUTCOME_PROMISED + timedelta(weeks=WEEKS[Stage.FOUR_WEEKS])
    policies = PolicyUpdatePage.objects.live().with_status(at)
    return policies.filter(
        status=PolicyStatus.AWAITING_OUTCOME,
        consultation_closes_at__lte=closed_before,
    ).order_by("consultation_closes_at", "pk")


def get_stage(page: PolicyUpdatePage, at: datetime) -> Stage:
    left = page.consultation_closes_at + OUTCOME_PROMISED - at
    return next(
        stage for stage, weeks in WEEKS.items() if left <= timedelta(weeks=weeks)
    )


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
        stage, to = get_stage(page, at), {page.owner_email} - {""}
        if stage == Stage.OVERDUE or not to:
            to |= set(get_team_emails())
        edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
        context = {
            "page": page,
            "title": in_one_line(page.title),
            "is_overdue": stage == Stage.OVERDUE,
            "edit_address": urljoin(settings.WAGTAILADMIN_BASE_URL, edit),
        }
        text = render_to_string("community/outcome_reminder.txt", context)
        return EmailMessage(stage.label, text, to=sorted(to))
