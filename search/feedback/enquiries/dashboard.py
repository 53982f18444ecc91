"""What residents' enquiries ask of an officer, on the admin's home page."""

from datetime import timedelta

from django.db.models import Count, Q
from django.urls import reverse

from home.dashboard import DashboardTask, counted, register_dashboard_tasks
from search.feedback.enquiries.filters import WAITS_FOR_MAIL
from search.feedback.enquiries.models import Enquiry, EnquiryStatus
from search.feedback.enquiries.permissions import may_handle, may_read

# The email leaves with the next job: after so long, something is wrong with mail.
MAIL_IS_LATE_AFTER = timedelta(days=1)
IS_OPEN = Q(status=EnquiryStatus.OPEN)


@register_dashboard_tasks
def enquiries(user, at):
    """Say what nobody has taken on, what is the officer's own, and what is stuck."""
    if not may_read(user):
        return
    late = WAITS_FOR_MAIL & Q(answered_at__lt=at - MAIL_IS_LATE_AFTER)
    counts = Enquiry.objects.aggregate(
        nobodys=Count("pk", filter=IS_OPEN & Q(assigned_to=None)),
        mine=Count("pk", filter=IS_OPEN & Q(assigned_to=user)),
        late=Count("pk", filter=late),
    )
    index = reverse("search_enquiry_modeladmin_index")
    open_ones = f"{index}?status__exact={EnquiryStatus.OPEN}"
    if count := counts["late"]:
        yield DashboardTask(
            counted(count, "answer has", "answers have")
            + " waited for more than a day to be emailed. Tell whoever runs the site.",
            f"{index}?answer=unsent",
            is_urgent=True,
        )
    if (count := counts["mine"]) and may_handle(user):
        yield DashboardTask(
            counted(count, "enquiry is", "enquiries are") + " assigned to you",
            f"{open_ones}&assigned=me",
        )
    if count := counts["nobodys"]:
        yield DashboardTask(
            counted(count, "enquiry waits", "enquiries wait") + " for somebody",
            f"{open_ones}&assigned=nobody",
        )
