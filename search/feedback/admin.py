"""Enquiries in the admin: the list, its export, the page of an enquiry and tasks."""

from datetime import datetime

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth import get_user_model
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from wagtail.rich_text import get_text_for_indexing
from wagtail_modeladmin import helpers
from wagtail_modeladmin.options import ModelAdmin
from wagtail_modeladmin.views import IndexView, InspectView

from home.content.text import name_of
from home.dashboard import counted_task, register_dashboard_tasks
from search.feedback.cases import CaseView, may_handle, may_read
from search.feedback.models import (
    EMAIL_PENDING,
    CaseStatus,
    Enquiry,
    group_reference,
)


def _local(time: datetime | None) -> str:
    return f"{timezone.localtime(time):%Y-%m-%d %H:%M}" if time else ""


# No email addresses: they cannot be deleted from exported files.
CELLS = {
    "Reference": lambda enquiry: enquiry.reference,
    "Received": lambda enquiry: _local(enquiry.created_at),
    "Looking for": lambda enquiry: enquiry.message,
    "Search terms": lambda enquiry: enquiry.query,
    "Came from page": lambda enquiry: enquiry.from_path,
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


class EnquiryPermissionHelper(helpers.PermissionHelper):
    def user_has_any_permissions(self, user):
        return may_read(user)

    def user_can_create(self, user):
        return False

    def user_can_edit_obj(self, user, obj):
        return False


class EnquiryURLHelper(helpers.AdminURLHelper):
    def get_action_url_pattern(self, action):
        # modeladmin fails on ids that are not numeric.
        return super().get_action_url_pattern(action).replace(r"[-\w]+", "[0-9]{1,18}")


class EnquiryButtonHelper(helpers.ButtonHelper):
    def inspect_button(self, *args, **kwargs):
        button = super().inspect_button(*args, **kwargs)
        return {**button, "label": "Open", "title": "Open this enquiry"}


class AssignedFilter(admin.RelatedFieldListFilter):
    empty_value_display = "No one"

    def field_choices(self, field, request, model_admin):
        assigned = Enquiry.objects.order_by().values("assigned_to")
        users = get_user_model().objects.filter(pk__in=assigned)
        names = [(each.pk, name_of(each)) for each in users]
        return sorted(names, key=lambda choice: choice[1].casefold())


class AnswerFilter(admin.SimpleListFilter):
    title = "answer"
    parameter_name = "answer"
    conditions = {
        "none": Q(answered_at=None),
        "given": Q(answered_at__isnull=False),
        "unsent": EMAIL_PENDING,
    }

    def lookups(self, request, model_admin):
        labels = "Not answered", "Answered", "Answered, email not sent"
        return zip(self.conditions, labels, strict=True)

    def queryset(self, request, queryset):
        return queryset.filter(self.conditions.get(self.value(), Q()))


class FirstWordsSearchHandler(helpers.DjangoORMSearchHandler):
    def search_queryset(self, queryset, search_term, **kwargs):
        known = queryset.filter(reference=group_reference(search_term[:40]))
        if known.exists():
            return known
        # Each word is a condition of its own.
        words = " ".join(search_term.split()[:10])
        return super().search_queryset(queryset, words, **kwargs)


class EnquiryIndexView(IndexView):
    export_headings = {heading: heading for heading in CELLS}

    def dispatch(self, request, *args, **kwargs):
        if "%00" in request.GET.urlencode():
            # PostgreSQL cannot store null characters.
            return redirect(self.index_url)
        try:
            return super().dispatch(request, *args, **kwargs)
        except IncorrectLookupParameters:
            return redirect(self.index_url)

    def get_filters(self, request):
        # modeladmin takes what no filter has read for lookups, which would reach the
        # fields of accounts.
        filters, has_filters, _, needs_distinct = super().get_filters(request)
        return filters, has_filters, {}, needs_distinct

    def to_row_dict(self, item):
        return {heading: cell(item) for heading, cell in CELLS.items()}


class EnquiryInspectView(CaseView, InspectView):
    page_title = "Enquiry"

    @property
    def case(self):
        return self.instance

    def post(self, request, *args, **kwargs):
        # Locked until the transaction of the request ends.
        enquiries = Enquiry.objects.select_for_update()
        self.instance = get_object_or_404(enquiries, pk=self.instance.pk)
        return super().post(request, *args, **kwargs)

    def get_meta_title(self):
        return f"Enquiry {self.instance}"

    def get_context_data(self, **kwargs):
        path = self.instance.from_path
        is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, None)
        kwargs["actions"] = self.instance.actions.select_related("by")
        kwargs["from_url"] = path if is_ours else ""
        return super().get_context_data(**kwargs)


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
        "query",
        "created_at",
        "assigned_name",
        "progress",
    ]
    list_select_related = ["assigned_to", "closed_by"]
    list_filter = [
        "status",
        ("assigned_to", AssignedFilter),
        AnswerFilter,
        "outcome",
        "created_at",
    ]
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

    def register_indexing(self):
        """Do nothing: other staff can read the reference index."""

    @admin.display(description="Looking for")
    def short_message(self, enquiry: Enquiry) -> str:
        return enquiry.message[:100]

    @admin.display(description="Assigned to", ordering="assigned_to")
    def assigned_name(self, enquiry: Enquiry) -> str:
        return name_of(enquiry.assigned_to)

    @admin.display(description="Status", ordering="status")
    def progress(self, enquiry: Enquiry) -> str:
        if enquiry.is_open:
            return "Open, answered" if enquiry.answered_at else "Open"
        return enquiry.get_outcome_display() or "Closed"


@register_dashboard_tasks
def enquiry_tasks(user, at):
    if not may_read(user):
        return
    is_open = Q(status=CaseStatus.OPEN)
    counts = Enquiry.objects.aggregate(
        unassigned=Count("pk", filter=is_open & Q(assigned_to=None)),
        mine=Count("pk", filter=is_open & Q(assigned_to=user)),
    )
    index = reverse("search_enquiry_modeladmin_index")
    open_ones = f"{index}?status__exact={CaseStatus.OPEN}"
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
