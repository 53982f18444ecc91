"""Enquiries in the admin: listed, searched, exported and read (R7).

`handling.py` has what officers do with one.
"""

from datetime import datetime

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from wagtail.rich_text import get_text_for_indexing
from wagtail_modeladmin.helpers import AdminURLHelper, ButtonHelper, PermissionHelper
from wagtail_modeladmin.options import ModelAdmin
from wagtail_modeladmin.views import IndexView, InspectView

from home.people import name_of
from home.reports import SafeExportMixin
from search.feedback.enquiries.admin_views import enquiry_gone
from search.feedback.enquiries.filters import (
    AnswerFilter,
    AssignedFilter,
    FirstWordsSearchHandler,
)
from search.feedback.enquiries.models import Enquiry
from search.feedback.enquiries.permissions import may_handle, may_read, state_of

ROWS_AT_ONCE = 500


def _local(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


# No email addresses: nobody can delete what is in a file that travels.
CELLS = {
    "Reference": lambda enquiry: enquiry.reference,
    "Received": lambda enquiry: _local(enquiry.created_at),
    "Looking for": lambda enquiry: enquiry.message,
    "Searched for": lambda enquiry: enquiry.query,
    "Came from": lambda enquiry: enquiry.from_path,
    "Times sent": lambda enquiry: enquiry.times_sent,
    "Status": Enquiry.get_status_display,
    "Assigned to": lambda enquiry: name_of(enquiry.assigned_to),
    "Answer": lambda enquiry: get_text_for_indexing(enquiry.answer).strip(),
    "Answered": lambda enquiry: _local(enquiry.answered_at),
    "Email sent": lambda enquiry: _local(enquiry.answer_sent_at),
    "Outcome": Enquiry.get_outcome_display,
    "Where it belongs": lambda enquiry: enquiry.belongs_to,
    "Closed": lambda enquiry: _local(enquiry.closed_at),
    "Closed by": lambda enquiry: name_of(enquiry.closed_by),
}


class EnquiryExportMixin(SafeExportMixin):
    """Gives the list its spreadsheets. Put it first."""

    export_headings = {heading: heading for heading in CELLS}

    def to_row_dict(self, item):
        """Return the cells of an enquiry."""
        return {heading: cell(item) for heading, cell in CELLS.items()}

    def as_spreadsheet(self, queryset, spreadsheet_format):
        """Return the file; rows are read a few hundred at a time."""
        rows = queryset.select_related("assigned_to", "closed_by")
        return super().as_spreadsheet(rows.iterator(ROWS_AT_ONCE), spreadsheet_format)


class EnquiryPermissionHelper(PermissionHelper):
    """Enquiries come from residents: staff read and answer them, and add none."""

    def user_can_list(self, user):
        """Let those in who may read them; permission to delete is not enough."""
        return may_read(user)

    def user_can_inspect_obj(self, user, obj):
        """Let those read one who may read all."""
        return may_read(user)

    def user_can_create(self, user):
        """Return False: only residents write enquiries."""
        return False

    def user_can_edit_obj(self, user, obj):
        """Return False: what a resident wrote stays as it is."""
        return False


class EnquiryURLHelper(AdminURLHelper):
    """Addresses of single enquiries end in a number; modeladmin fails on others."""

    def get_action_url_pattern(self, action):
        """Return the pattern of an address."""
        return super().get_action_url_pattern(action).replace(r"[-\w]+", "[0-9]{1,18}")


class EnquiryButtonHelper(ButtonHelper):
    """Adds the steps that an officer can take, where the enquiry can be read."""

    def get_buttons_for_obj(self, obj, exclude=None, **kwargs):
        """Return the usual buttons, and what can be done with the enquiry now."""
        buttons = super().get_buttons_for_obj(obj, exclude=exclude, **kwargs)
        is_read = "inspect" in (exclude or ())
        if not is_read or not may_handle(self.request.user):
            return buttons
        steps = [("answer_enquiry", "Change answer" if obj.answered_at else "Answer")]
        if obj.is_open:
            steps += [("assign_enquiry", "Assign"), ("close_enquiry", "Close")]
        return [self._step(obj, *step) for step in steps] + buttons

    def _step(self, enquiry: Enquiry, name: str, label: str) -> dict:
        return {
            "url": reverse(name, args=[enquiry.pk]),
            "label": label,
            "classname": self.finalise_classname(["button-secondary"]),
            "title": f"{label}: enquiry {enquiry.reference}",
        }


class EnquiryIndexView(EnquiryExportMixin, IndexView):
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
        """Leave out what would be taken for a field and end in an error.

        What is before the first "__" has to be a filter's name: others lead to the
        fields of accounts.
        """
        names = {getattr(each, "parameter_name", each) for each in self.list_filter}
        chosen = super().get_filters_params(params)
        return {key: chosen[key] for key in chosen if key.split("__")[0] in names}


class EnquiryInspectView(InspectView):
    """All of one enquiry, with what was done about it and what can be done."""

    page_title = "Enquiry"

    def get_meta_title(self):
        """Return the title of the browser's window."""
        return f"Enquiry {self.instance}"

    def get_context_data(self, **kwargs):
        """Add the history, and links to where the resident came from."""
        enquiry = self.instance
        path = enquiry.from_path
        is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, None)
        search = f"{reverse('search')}?{urlencode({'query': enquiry.query})}"
        return super().get_context_data(
            events=enquiry.events.select_related("by"),
            from_url=path if is_ours else "",
            searched_url=search if enquiry.query else "",
            state=state_of(enquiry),
            may_handle=may_handle(self.request.user),
            **kwargs,
        )


class EnquiryAdmin(ModelAdmin):
    """The list of enquiries."""

    # Nobody edits them, so it would be empty; and Wagtail shows it to all staff.
    history_view_enabled = False
    model = Enquiry
    menu_label = "Enquiries"
    menu_icon = "help"
    menu_order = 300
    permission_helper_class = EnquiryPermissionHelper
    url_helper_class = EnquiryURLHelper
    button_helper_class = EnquiryButtonHelper
    index_view_class = EnquiryIndexView
    list_display = [
        "reference",
        "short_message",
        "searched_for",
        "created_at",
        "assigned_name",
        "sent",
        "progress",
    ]
    list_select_related = ["assigned_to"]
    list_filter = ["status", AssignedFilter, AnswerFilter, "outcome", "created_at"]
    list_per_page = 50
    list_export = list(CELLS)
    export_filename = "enquiries"
    # Not the email address: what is searched for stands in addresses and in logs.
    search_fields = ["reference", "message", "query", "belongs_to"]
    search_handler_class = FirstWordsSearchHandler
    inspect_view_enabled = True
    inspect_view_class = EnquiryInspectView
    inspect_template_name = "search/enquiry_inspect.html"
    inspect_view_fields = ["reference"]

    def inspect_view(self, request, instance_pk):
        """Show one, or say in words that it is gone, to those who may know."""
        try:
            return super().inspect_view(request, instance_pk)
        except Http404:
            if not may_read(request.user):
                raise PermissionDenied from None
            return enquiry_gone(request)

    def register_indexing(self):
        """Keep out of the index of what uses what, which other officers read."""

    def short_message(self, enquiry: Enquiry) -> str:
        """Return the beginning of what the resident wrote."""
        return enquiry.message[:100]

    short_message.short_description = "Looking for"

    def searched_for(self, enquiry: Enquiry) -> str:
        """Return what they had typed into the search."""
        return enquiry.query[:60]

    searched_for.short_description = "Searched for"
    searched_for.admin_order_field = "query"

    def sent(self, enquiry: Enquiry) -> int:
        """Return how often the same message came."""
        return enquiry.times_sent

    sent.short_description = "Sent"
    sent.admin_order_field = "times_sent"

    def assigned_name(self, enquiry: Enquiry) -> str:
        """Return who deals with it."""
        return name_of(enquiry.assigned_to)

    assigned_name.short_description = "Assigned to"
    assigned_name.admin_order_field = "assigned_to"

    def progress(self, enquiry: Enquiry) -> str:
        """Return how far it is, and what came of it."""
        if enquiry.is_open:
            return "Open, answered" if enquiry.answered_at else "Open"
        return enquiry.get_outcome_display() or "Closed"

    progress.short_description = "Status"
    progress.admin_order_field = "status"
