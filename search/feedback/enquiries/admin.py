"""Enquiries in the admin: the list, its export and the details."""

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

from home.content.text import name_of
from search.feedback.enquiries.admin_views import enquiry_not_found
from search.feedback.enquiries.filters import (
    AnswerFilter,
    AssignedFilter,
    FirstWordsSearchHandler,
)
from search.feedback.enquiries.models import Enquiry
from search.feedback.permissions import may_handle, may_read

ROWS_AT_ONCE = 500


def _local(time: datetime | None) -> str:
    return f"{timezone.localtime(time):%Y-%m-%d %H:%M}" if time else ""


# No email addresses: they cannot be deleted from exported files.
CELLS = {
    "Reference": lambda enquiry: enquiry.reference,
    "Received": lambda enquiry: _local(enquiry.created_at),
    "Looking for": lambda enquiry: enquiry.message,
    "Search terms": lambda enquiry: enquiry.query,
    "Came from page": lambda enquiry: enquiry.from_path,
    "Times sent": lambda enquiry: enquiry.times_sent,
    "Status": Enquiry.get_status_display,
    "Assigned to": lambda enquiry: name_of(enquiry.assigned_to),
    "Answer": lambda enquiry: get_text_for_indexing(enquiry.answer).strip(),
    "Answered": lambda enquiry: _local(enquiry.answered_at),
    "Email sent": lambda enquiry: _local(enquiry.answer_sent_at),
    "Outcome": Enquiry.get_outcome_display,
    "Responsible organisation": lambda enquiry: enquiry.belongs_to,
    "Closed": lambda enquiry: _local(enquiry.closed_at),
    "Closed by": lambda enquiry: name_of(enquiry.closed_by),
}


class EnquiryPermissionHelper(PermissionHelper):
    def user_can_list(self, user):
        return may_read(user)

    def user_can_inspect_obj(self, user, obj):
        return may_read(user)

    def user_can_create(self, user):
        return False

    def user_can_edit_obj(self, user, obj):
        return False


class EnquiryURLHelper(AdminURLHelper):
    """Accepts only numeric ids: modeladmin fails on others."""

    def get_action_url_pattern(self, action):
        return super().get_action_url_pattern(action).replace(r"[-\w]+", "[0-9]{1,18}")


class EnquiryButtonHelper(ButtonHelper):
    def inspect_button(self, *args, **kwargs):
        button = super().inspect_button(*args, **kwargs)
        return {**button, "label": "Open", "title": "Open this enquiry"}

    def get_buttons_for_obj(self, obj, exclude=None, **kwargs):
        buttons = super().get_buttons_for_obj(obj, exclude=exclude, **kwargs)
        is_read = "inspect" in (exclude or ())
        if not is_read or not may_handle(self.request.user):
            return buttons
        actions = [("answer_enquiry", "Change answer" if obj.answered_at else "Answer")]
        if obj.is_open:
            actions += [("assign_enquiry", "Assign"), ("close_enquiry", "Close")]
        return [self._action_button(obj, *action) for action in actions] + buttons

    def _action_button(self, enquiry: Enquiry, name: str, label: str) -> dict:
        return {
            "url": reverse(name, args=[enquiry.pk]),
            "label": label,
            "classname": self.finalise_classname(["button-secondary"]),
            "title": f"{label}: enquiry {enquiry.reference}",
        }


class EnquiryIndexView(IndexView):
    """Ignores query parameters that are not its filters."""

    export_headings = {heading: heading for heading in CELLS}

    def dispatch(self, request, *args, **kwargs):
        if "%00" in request.GET.urlencode():
            # PostgreSQL cannot store null characters.
            return redirect(self.index_url)
        try:
            return super().dispatch(request, *args, **kwargs)
        except IncorrectLookupParameters:
            return redirect(self.index_url)

    def get_filters_params(self, params=None):
        """Drop parameters that modeladmin would read as lookups.

        The part before the first "__" must be a filter's name: others reach the fields
        of accounts.
        """
        names = {getattr(each, "parameter_name", each) for each in self.list_filter}
        chosen = super().get_filters_params(params)
        return {key: chosen[key] for key in chosen if key.split("__")[0] in names}

    def to_row_dict(self, item):
        return {heading: cell(item) for heading, cell in CELLS.items()}

    def as_spreadsheet(self, queryset, spreadsheet_format):
        rows = queryset.select_related("assigned_to", "closed_by")
        return super().as_spreadsheet(rows.iterator(ROWS_AT_ONCE), spreadsheet_format)


class EnquiryInspectView(InspectView):
    page_title = "Enquiry"

    def get_meta_title(self):
        return f"Enquiry {self.instance}"

    def get_context_data(self, **kwargs):
        enquiry = self.instance
        path = enquiry.from_path
        is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, None)
        search = f"{reverse('search')}?{urlencode({'query': enquiry.query})}"
        return super().get_context_data(
            actions=enquiry.actions.select_related("by"),
            from_url=path if is_ours else "",
            searched_url=search if enquiry.query else "",
            last=enquiry.last_action,
            may_handle=may_handle(self.request.user),
            **kwargs,
        )


class EnquiryAdmin(ModelAdmin):
    # Would be empty, and Wagtail shows it to all staff.
    history_view_enabled = False
    model = Enquiry
    menu_label = "Enquiries"
    menu_icon = "mail"
    add_to_admin_menu = False
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
    # Not the email address: searches appear in URLs and logs.
    search_fields = ["reference", "message", "query", "belongs_to"]
    search_handler_class = FirstWordsSearchHandler
    inspect_view_enabled = True
    inspect_view_class = EnquiryInspectView
    inspect_template_name = "search/enquiry_inspect.html"
    inspect_view_fields = ["reference"]

    def inspect_view(self, request, instance_pk):
        try:
            return super().inspect_view(request, instance_pk)
        except Http404:
            if not may_read(request.user):
                raise PermissionDenied from None
            return enquiry_not_found(request)

    def register_indexing(self):
        """Stay out of the reference index, which other staff can read."""

    def short_message(self, enquiry: Enquiry) -> str:
        return enquiry.message[:100]

    short_message.short_description = "Looking for"

    def searched_for(self, enquiry: Enquiry) -> str:
        return enquiry.query[:60]

    searched_for.short_description = "Search terms"
    searched_for.admin_order_field = "query"

    def sent(self, enquiry: Enquiry) -> int:
        return enquiry.times_sent

    sent.short_description = "Times sent"
    sent.admin_order_field = "times_sent"

    def assigned_name(self, enquiry: Enquiry) -> str:
        return name_of(enquiry.assigned_to)

    assigned_name.short_description = "Assigned to"
    assigned_name.admin_order_field = "assigned_to"

    def progress(self, enquiry: Enquiry) -> str:
        if enquiry.is_open:
            return "Open, answered" if enquiry.answered_at else "Open"
        return enquiry.get_outcome_display() or "Closed"

    progress.short_description = "Status"
    progress.admin_order_field = "status"
