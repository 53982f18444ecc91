"""The moments at which alerts and policies change by the clock."""

from datetime import datetime

from community.models import AlertSnippet, PolicyUpdatePage
from community.models.policy import STATUS_DATES
from home.freshness import first_moment_after, register_boundary


@register_boundary
def next_alert_change(after: datetime) -> datetime | None:
    """Return when the next published alert starts or ends."""
    published = AlertSnippet.objects.filter(live=True)
    return first_moment_after(after, published, "starts_at", "ends_at")


@register_boundary
def next_policy_status_change(after: datetime) -> datetime | None:
    """Return when the next live policy comes to stand elsewhere."""
    return first_moment_after(after, PolicyUpdatePage.objects.live(), *STATUS_DATES)
