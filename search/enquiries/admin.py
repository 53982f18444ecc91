"""Enquiries in the admin: listed, searched, read and closed, never edited."""

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from wagtail_modeladmin.helpers import ButtonHelper, PermissionHelper
from wagtail_modeladmin.options import ModelAdmin
from wagtail_modeladmin.views import IndexView

from search.enquiries.models import Enquiry, EnquiryStatus


class EnquiryPermissionHelper(PermissionHelper):
    """Enquiries come from residents: staff read and close them, and add none."""

    def user_can_create(self, user):
        """Return False: only residents write enquiries."""
        return False

    def user_can_edit_obj(self, user, obj):
        """Return False: what a resident wrote stays as it is."""
        return False


def may_close(user) -> bool:
    """Say whether somebody may close enquiries."""
    return user.has_perm("search.change_enquiry")


class EnquiryButtonHelper(ButtonHelper):
    """Adds the button that closes an enquiry."""

    def get_buttons_for_obj(self, obj, **kwargs):
        """Return the usual buttons, and "Close" while the enquiry is open."""
        buttons = super().get_buttons_for_obj(obj, **kwargs)
        if obj.is_open and may_close(self.request.user):
            buttons.append(
                {
                    "url": reverse("close_enquiry", args=[obj.pk]),
                    "label": "Close",
                    "classname": self.finalise_classname(
                        ["button-small", "button-secondary"]
                    ),
                    "title": f"Close enquiry {obj.reference}",
                }
            )
        return buttons


class EnquiryIndexView(IndexView):
    """The list, deaf to parameters of the address that are not its filters."""

    def dispatch(self, request, *args, **kwargs):
        """Show the list; all of it where what is asked for makes no sense."""
        if "%00" in request.GET.urlencode():
            # PostgreSQL knows no such text.
            return redirect(self.index_url)
        try:
            return super().dispatch(request, *args, **kwargs)
        except IncorrectLookupParameters:
            return redirect(self.index_url)

    def get_filters_params(self, params=None):
        """Leave out what would be taken for a field and end in an error."""
        names = tuple(self.list_filter)
        chosen = super().get_filters_params(params)
        return {key: chosen[key] for key in chosen if key.startswith(names)}


class EnquiryAdmin(ModelAdmin):
    """The list of enquiries."""

    # Nobody edits them, so it would be empty; and Wagtail shows it to all staff.
    history_view_enabled = False
    model = Enquiry
    menu_label = "Enquiries"
    menu_icon = "help"
    menu_order = 300
    permission_helper_class = EnquiryPermissionHelper
    button_helper_class = EnquiryButtonHelper
    index_view_class = EnquiryIndexView
    list_display = ["reference", "short_message", "query", "created_at", "status"]
    list_filter = ["status", "created_at"]
    list_per_page = 50
    search_fields = ["reference", "message", "query"]
    inspect_view_enabled = True
    inspect_view_fields = [
        "reference",
        "message",
        "query",
        "from_path",
        "email",
        "created_at",
        "status",
        "closed_at",
        "closed_by",
    ]

    def short_message(self, enquiry: Enquiry) -> str:
        """Return the beginning of what the resident wrote."""
        return enquiry.message[:100]

    short_message.short_description = "Looking for"


def close_enquiry(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then close an enquiry; closing it twice changes nothing."""
    if not may_close(request.user):
        raise PermissionDenied
    enquiry = get_object_or_404(Enquiry, pk=pk)
    index_url = EnquiryAdmin().url_helper.index_url
    if request.method != "POST":
        context = {"enquiry": enquiry, "index_url": index_url}
        return render(request, "search/close_enquiry.html", context)
    open_one = Enquiry.objects.filter(pk=pk, status=EnquiryStatus.OPEN)
    open_one.update(
        status=EnquiryStatus.CLOSED, closed_at=timezone.now(), closed_by=request.user
    )
    messages.success(request, f"Enquiry {enquiry.reference} is closed.")
    return redirect(index_url)


admin_urlpatterns = [
    path("enquiries/<int:pk>/close/", close_enquiry, name="close_enquiry"),
]
