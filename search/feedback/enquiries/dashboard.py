"""Dashboard tasks about enquiries."""

from datetime import timedelta

from django.db.models import Count, Q
from django.urls import reverse

from home.dashboard import DashboardTask, counted, register_dashboard_tasks
from search.feedback.enquiries.filters import EMAIL_PENDING
from search.feedback.enquiries.models import Enquiry, EnquiryStatus
from search.feedback.enquiries.permissions import may_handle, may_read

# Emails go with the next job run, so this late there is a mail problem.
EMAIL_OVERDUE_AFTER = timedelta(days=1)
IS_OPEN = Q(status=EnquiryStatus.OPEN)


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
    open_ones = f"{index}?status__exact={EnquiryStatus.OPEN}"
    if count := counts["late"]:
        yield DashboardTask(
            counted(count, "answer", "answers")
            + " could not be emailed for over 24 hours. Contact your site "
            "administrator.",
            f"{index}?answer=unsent",
            is_urgent=True,
        )
    if (count := counts["mine"]) and may_handle(user):
        yield DashboardTask(
            counted(count, "enquiry is", "enquiries are") + " assigned to you",
            f"{open_ones}&assigned=me",
        )
    if count := counts["unassigned"]:
        yield DashboardTask(
            counted(count, "unassigned enquiry", "unassigned enquiries"),
            f"{open_ones}&assigned=none",
        )
