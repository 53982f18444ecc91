"""What people cannot find, on the admin's home page."""

from django.db.models import Count
from django.urls import reverse

from home.dashboard import DashboardTask, counted, register_dashboard_tasks
from search.feedback.unsuccessful_searches.models import (
    STATE_AFTER,
    FindabilityAction,
    policy,
)
from search.feedback.unsuccessful_searches.report import REPORT_URL_NAME
from search.feedback.unsuccessful_searches.topic_stats import Period, failed_searches
from search.feedback.unsuccessful_searches.topics import get_folding

# Below this it may be one person who tried again and again.
FEWEST_SEARCHES = 5


@register_dashboard_tasks
def topics_that_many_could_not_find(user, at):
    """Say what several people searched for this week in vain, and nobody looked at."""
    if not policy.user_has_permission(user, "view"):
        return
    week = (
        failed_searches(Period.of_days(7, at))
        .order_by()
        .values_list("topic", flat=True)
    )
    many = list(week.annotate(number=Count("*")).filter(number__gte=FEWEST_SEARCHES))
    if not many:
        return
    fold = get_folding().fold
    topics = {fold(topic) for topic in many}
    actions = FindabilityAction.objects.filter(kind__in=STATE_AFTER)
    kinds = {fold(topic): kind for topic, kind in actions.values_list("topic", "kind")}
    count = sum(STATE_AFTER.get(kinds.get(each), "open") == "open" for each in topics)
    if count:
        yield DashboardTask(
            counted(count, "topic", "topics")
            + f" that {FEWEST_SEARCHES} or more searches this week did not find",
            f"{reverse(REPORT_URL_NAME)}?period=7",
        )
