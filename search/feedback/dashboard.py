"""Dashboard tasks about enquiries and frequent unsuccessful searches."""

from datetime import timedelta

from django.db.models import Count, Q
from django.urls import reverse

from home.dashboard import counted_task, register_dashboard_tasks
from search.feedback.actions import CaseStatus
from search.feedback.cases import may_handle, may_read
from search.feedback.enquiries.models import EMAIL_PENDING, Enquiry
from search.feedback.unsuccessful_searches.report import REPORT_URL_NAME
from search.feedback.unsuccessful_searches.topics import failed_searches, get_topics

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
    week = at - timedelta(days=7)
    if not may_read(user) or not failed_searches(week).exists():
        return
    topics = get_topics(week, at)
    many = [each for each in topics if each.nothing + each.no_click >= MIN_SEARCHES]
    what = f"with {MIN_SEARCHES} or more unsuccessful searches this week"
    yield counted_task(
        sum(each.is_open for each in many),
        f"topic {what}",
        f"topics {what}",
        f"{reverse(REPORT_URL_NAME)}?period=7",
    )
