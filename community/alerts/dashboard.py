"""Dashboard tasks about alerts."""

from django.urls import reverse

from community.alerts.states import VISIBLE_STATES, AlertState, with_state
from community.models import AlertSnippet
from home.dashboard import DashboardTask, counted, register_dashboard_tasks


@register_dashboard_tasks
def running_alerts(user, at):
    """Count the alerts that are live, and those that end within the hour."""
    if not user.has_perm("community.change_alertsnippet"):
        return
    live = AlertSnippet.objects.filter(live=True)
    states = list(with_state(live, at).values_list("state", flat=True))
    address = reverse(AlertSnippet.snippet_viewset.get_url_name("list"))
    if ending := states.count(AlertState.ENDING_SOON):
        yield DashboardTask(
            counted(ending, "alert ends", "alerts end") + " within the hour",
            f"{address}?state={AlertState.ENDING_SOON}",
            is_urgent=True,
        )
    if shown := sum(state in VISIBLE_STATES for state in states):
        query = "&".join(f"state={state}" for state in VISIBLE_STATES)
        yield DashboardTask(
            counted(shown, "alert is", "alerts are") + " live", f"{address}?{query}"
        )
