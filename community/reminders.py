"""What staff are reminded of: alerts that end (A9) and promised outcomes (R9).

By email, and as tasks on the dashboard.
"""

from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localtime
from wagtail.models import ModelLogEntry
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.rich_text import get_text_for_indexing

from community.models import AlertSnippet, PolicyUpdatePage
from community.models.alerts import ENDING_SOON, VISIBLE_STATES, AlertState
from community.models.policies import OUTCOME_PROMISED, PolicyStatus
from home.content.dates import format_relative_datetime
from home.dashboard import counted_task, register_dashboard_tasks
from home.editorial.reviews import get_team_emails
from home.jobs import register_job
from home.notifications.outbox import (
    NotificationKind,
    in_one_line,
    notify,
    register_notification_kind,
)


@register_job("queue alert expiry reminders")
def queue_expiry_reminders(at: datetime) -> None:
    """Notify once of each expected end, in the last hour and quarter of its alert."""
    for alert in AlertSnippet.objects.current(at).filter(ends_at__lte=at + ENDING_SOON):
        if alert.ends_at - at <= (alert.ends_at - alert.starts_at) / 4:
            notify(str(alert.pk), AlertReminder, alert.ends_at.isoformat(), due_at=at)


@register_notification_kind
class AlertReminder(NotificationKind):
    """The recipient is an alert, the key its expected end.

    It goes to the last publisher, or to everyone who can publish alerts if that person
    no longer can.
    """

    name = "alert reminder"

    def build(self, rows, at):
        [row] = rows
        alert = AlertSnippet.objects.current(at).filter(pk=row.recipient).first()
        if alert is None or alert.ends_at.isoformat() != row.key:
            return None
        entries = ModelLogEntry.objects.for_instance(alert)
        published = entries.filter(action="wagtail.publish")
        last = published.order_by("timestamp", "pk").last()
        policy = ModelPermissionPolicy(AlertSnippet)
        publishers = policy.users_with_permission("publish").exclude(email="")
        to = publishers.filter(pk=last.user_id if last else None) or publishers
        # As seen from a week before, so with the date: an email may be read late.
        end = format_relative_datetime(alert.ends_at, at - timedelta(weeks=1))
        list_url_name = AlertSnippet.snippet_viewset.get_url_name("list")
        context = {
            "alert": alert,
            "text": get_text_for_indexing(alert.text),
            # When the clocks go back, 1:30am comes twice.
            "end": f"{end} ({localtime(alert.ends_at).tzname()})",
            "list_address": _admin_url(list_url_name),
        }
        text = render_to_string("community/alert_reminder.txt", context)
        subject = "An alert on the website ends soon"
        return EmailMessage(subject, text, to=sorted({user.email for user in to}))


# The subjects, by how many weeks are left when each stage begins; the fewest first.
STAGES = {
    0: "A consultation's outcome is overdue",
    1: "A consultation's outcome is due in 1 week",
    4: "A consultation's outcome is due in 4 weeks",
}


@register_job("queue consultation outcome reminders")
def queue_outcome_reminders(at: datetime) -> None:
    for page in get_awaiting_outcome(at):
        notify(str(page.pk), OutcomeReminder, _key(page, at), due_at=at)


def get_awaiting_outcome(at: datetime) -> QuerySet[PolicyUpdatePage]:
    """Return closed consultations whose outcome is due within four weeks."""
    closed_before = at - OUTCOME_PROMISED + timedelta(weeks=max(STAGES))
    policies = PolicyUpdatePage.objects.live().with_status(at)
    return policies.filter(
        status=PolicyStatus.AWAITING_OUTCOME,
        consultation_closes_at__lte=closed_before,
    ).order_by("consultation_closes_at", "pk")


def get_stage(page: PolicyUpdatePage, at: datetime) -> int:
    left = page.consultation_closes_at + OUTCOME_PROMISED - at
    return next(weeks for weeks in STAGES if left <= timedelta(weeks=weeks))


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
        if stage == 0 or not to:
            to |= set(get_team_emails())
        context = {
            "page": page,
            "title": in_one_line(page.title),
            "is_overdue": stage == 0,
            "edit_address": _admin_url("wagtailadmin_pages:edit", page.pk),
        }
        text = render_to_string("community/outcome_reminder.txt", context)
        return EmailMessage(STAGES[stage], text, to=sorted(to))


def _admin_url(name: str, *args) -> str:
    return urljoin(settings.WAGTAILADMIN_BASE_URL, reverse(name, args=args))


@register_dashboard_tasks
def running_alerts(user, at):
    if not user.has_perm("community.change_alertsnippet"):
        return
    live = AlertSnippet.objects.filter(live=True).with_state(at)
    states = list(live.values_list("state", flat=True))
    address = reverse(AlertSnippet.snippet_viewset.get_url_name("list"))
    yield counted_task(
        states.count(AlertState.ENDING_SOON),
        "alert ends within the hour",
        "alerts end within the hour",
        f"{address}?state={AlertState.ENDING_SOON}",
        is_urgent=True,
    )
    query = "&".join(f"state={state}" for state in VISIBLE_STATES)
    yield counted_task(
        sum(state in VISIBLE_STATES for state in states),
        "alert is live",
        "alerts are live",
        f"{address}?{query}",
    )


@register_dashboard_tasks
def outcomes_due(user, at):
    editable = PagePermissionPolicy().instances_user_has_permission_for(user, "change")
    due = get_awaiting_outcome(at).filter(pk__in=editable.values("pk"))
    stages = [get_stage(page, at) for page in due]
    overdue = stages.count(0)
    status = PolicyStatus.AWAITING_OUTCOME
    address = f"{reverse('policies:index')}?policy_status={status}"
    yield counted_task(
        overdue,
        "consultation outcome is overdue",
        "consultation outcomes are overdue",
        address,
        is_urgent=True,
    )
    yield counted_task(
        len(stages) - overdue,
        "consultation outcome is due soon",
        "consultation outcomes are due soon",
        address,
    )
