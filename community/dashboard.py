"""Dashboard tasks about alerts and consultations."""

from django.urls import reverse
from wagtail.permission_policies.pages import PagePermissionPolicy

from community.models import AlertSnippet
from community.models.alerts import VISIBLE_STATES, AlertState
from community.models.policy import PolicyStatus
from community.policies.consultations import Stage, get_awaiting_outcome, get_stage
from home.dashboard import counted_task, register_dashboard_tasks


@register_dashboard_tasks
def running_alerts(user, at):
    """Count the alerts that are live, and those that end within the hour."""
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
    """Count the outcomes, due soon or overdue, of consultations the user can edit."""
    editable = PagePermissionPolicy().instances_user_has_permission_for(user, "change")
    due = get_awaiting_outcome(at).filter(pk__in=editable.values("pk"))
    stages = [get_stage(page, at) for page in due]
    address = (
        f"{reverse('policies:index')}?policy_status={PolicyStatus.AWAITING_OUTCOME}"
    )
    overdue = stages.count(Stage.OVERDUE)
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
