"""What search adds to the Wagtail admin."""

from wagtail import hooks
from wagtail_modeladmin.options import modeladmin_register

from search.enquiries.admin import EnquiryAdmin, admin_urlpatterns

modeladmin_register(EnquiryAdmin)


@hooks.register("register_admin_urls")
def register_enquiry_urls():
    """Add the page that closes an enquiry."""
    return admin_urlpatterns
