"""Dashboard tasks about enquiries and frequent unsuccessful searches."""

from datetime import timedelta

from django.db.models import Count, Q
from django.urls import reverse

from home.dashboard import counted_task, register_dashboard_tasks
from search.feedback.actions import OUTCOMES, ActionKind, CaseStatus, FeedbackAction
from search.feedback.enquiries.models import EMAIL_PENDING, Enquiry
from search.feedback.permissions import may_handle, may_read, topic_policy
from search.feedback.unsuccessful_searches.report import REPORT_URL_NAME
from search.feedback.unsuccessful_searches.topics import (
    failed_searches,
    get_same_topics,
)

# Emails go with the next job run, so this late there is a mail problem.
EMAIL_OVERDUE_AFTER = timedelta(days=1)
IS_OPEN = Q(status=CaseStatus.OPEN)
# Fewer may be one person trying again and again.
MIN_SEARCHES = 5


@register_dashboard_tasks
def enquiries(user, at):
    if not may_read(user):
        return
    late = EMAIL_PENDING & Q(answered_at__lt=at - EMAIL_OVERDUE_AFTER)
    counts = Enquiry.objects.aggregate(
        unassigned=Count("pk", filter=IS_OPEN & Q(assigned_to=None)),
        mine=Count("pk", filter=IS_OPEN & Q(assigned_to=user)),
        late=Count("pk", filter=late),
    )
    index = reverse("search_enquiry_modeladmin_index")
    open_ones = f"{index}?status__exact={CaseStatus.OPEN}"
    why = "could not be emailed for over 24 hours. Contact your site administrator."
    yield counted_task(
        counts["late"],
        f"answer {why}",
        f"answers {why}",
        f"{index}?answer=unsent",
        is_urgent=True,
    )
    yield may_handle(user) and counted_task(
        counts["mine"],
        "enquiry is assigned to you",
        "enquiries are assigned to you",
        f"{open_ones}&assigned_to__id__exact={user.pk}",
    )
    yield counted_task(
        counts["unassigned"],
        "unassigned enquiry",
        "unassigned enquiries",
        f"{open_ones}&assigned_to__isnull=True",
    )


@register_dashboard_tasks
def unsuccessful_topics(user, at):
    if not topic_policy.user_has_permission(user, "view"):
        return
    week = failed_searches(at - timedelta(days=7)).values_list("topic", flat=True)
    many = list(week.annotate(number=Count("pk")).filter(number__gte=MIN_SEARCHES))
    if not many:
        return
    same = get_same_topics()
    decided = [*OUTCOMES, ActionKind.REOPENED]
    actions = FeedbackAction.objects.filter(enquiry=None, kind__in=decided)
    last = {
        same.get(topic, topic): kind
        for topic, kind in actions.values_list("topic", "kind")
    }
    topics = {same.get(topic, topic) for topic in many}
    what = f"with {MIN_SEARCHES} or more unsuccessful searches this week"
    yield counted_task(
        sum(last.get(topic) not in OUTCOMES for topic in topics),
        f"topic {what}",
        f"topics {what}",
        f"{reverse(REPORT_URL_NAME)}?period=7",
    )
