"""Dashboard task about frequent unsuccessful searches."""

from django.db.models import Count
from django.urls import reverse

from home.dashboard import DashboardTask, counted, register_dashboard_tasks
from search.feedback.unsuccessful_searches.models import (
    STATE_AFTER,
    TopicAction,
    policy,
)
from search.feedback.unsuccessful_searches.report import REPORT_URL_NAME
from search.feedback.unsuccessful_searches.topic_stats import Period, failed_searches
from search.feedback.unsuccessful_searches.topics import get_topic_merger

# Fewer may be one person trying again and again.
MIN_SEARCHES = 5


@register_dashboard_tasks
def unsuccessful_topics(user, at):
    if not policy.user_has_permission(user, "view"):
        return
    week = (
        failed_searches(Period.of_days(7, at))
        .order_by()
        .values_list("topic", flat=True)
    )
    many = list(week.annotate(number=Count("*")).filter(number__gte=MIN_SEARCHES))
    if not many:
        return
    canonical = get_topic_merger().canonical
    topics = {canonical(topic) for topic in many}
    actions = TopicAction.objects.filter(kind__in=STATE_AFTER)
    kinds = {
        canonical(topic): kind for topic, kind in actions.values_list("topic", "kind")
    }
    count = sum(STATE_AFTER.get(kinds.get(each), "open") == "open" for each in topics)
    if count:
        yield DashboardTask(
            counted(count, "topic", "topics")
            + f" with {MIN_SEARCHES} or more unsuccessful searches this week",
            f"{reverse(REPORT_URL_NAME)}?period=7",
        )
