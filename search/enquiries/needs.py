"""What residents' enquiries ask of an officer, on the admin's home page."""

from django.urls import reverse

from home.needs import Need, counted, register_needs
from search.enquiries.models import Enquiry, EnquiryStatus


@register_needs
def open_enquiries(user, at):
    """Say how many enquiries wait for somebody."""
    if not user.has_perm("search.view_enquiry"):
        return
    count = Enquiry.objects.filter(status=EnquiryStatus.OPEN).count()
    if count:
        yield Need(
            counted(count, "enquiry waits", "enquiries wait") + " for an answer",
            reverse("search_enquiry_modeladmin_index")
            + f"?status__exact={EnquiryStatus.OPEN}",
        )
