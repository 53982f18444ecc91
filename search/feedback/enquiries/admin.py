"""Enquiries in the admin: the list, its export and the page of an enquiry."""

from datetime import datetime

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from draftjs_exporter.error import ExporterException
from wagtail.admin.rich_text import DraftailRichTextArea
from wagtail.rich_text import get_text_for_indexing
from wagtail_modeladmin.helpers import (
    AdminURLHelper,
    ButtonHelper,
    DjangoORMSearchHandler,
    PermissionHelper,
)
from wagtail_modeladmin.options import ModelAdmin
from wagtail_modeladmin.views import IndexView, InspectView

from home.content.text import name_of
from home.content.walker import links_in_html
from home.pages import visible_pages
from search.feedback.actions import ActionKind
from search.feedback.cases import (
    ActionForm,
    AssignForm,
    CaseView,
    CloseForm,
    ReopenForm,
    may_read,
)
from search.feedback.enquiries.models import EMAIL_PENDING, Enquiry

MAX_WORDS = 10
ROWS_AT_ONCE = 500
ANSWER_FEATURES = ["bold", "ol", "ul", "link"]
MAX_ANSWER_LENGTH, MAX_MARKUP_LENGTH = 5_000, 50_000
MAX_ID = 2**31 - 1


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


class EnquiryPermissionHelper(PermissionHelper):
    def user_has_any_permissions(self, user):
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


class FirstWordsSearchHandler(DjangoORMSearchHandler):
    """Searches for the first words only, to limit the number of conditions."""

    def search_queryset(self, queryset, search_term, **kwargs):
        words = " ".join(search_term.split()[:MAX_WORDS])
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
        """Drop what no filter has read: modeladmin takes it for lookups.

        They would reach the fields of accounts.
        """
        filters, has_filters, _, needs_distinct = super().get_filters(request)
        return filters, has_filters, {}, needs_distinct

    def to_row_dict(self, item):
        return {heading: cell(item) for heading, cell in CELLS.items()}

    def as_spreadsheet(self, queryset, spreadsheet_format):
        rows = queryset.select_related("assigned_to", "closed_by")
        return super().as_spreadsheet(rows.iterator(ROWS_AT_ONCE), spreadsheet_format)


class AnswerEditor(DraftailRichTextArea):
    """Reads only what Wagtail's editor writes: other HTML counts as empty."""

    def value_from_datadict(self, data, files, name):
        try:
            text = super().value_from_datadict(data, files, name) or ""
            # A lone surrogate cannot be stored, nor a link without a page id shown.
            text.encode()
            self.converter.from_database_format(text)
        except (
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            RecursionError,
            ExporterException,
        ):
            return ""
        return text


class AnswerForm(ActionForm):
    heading = "Answer"
    answer = forms.CharField(
        required=False,
        help_text="The enquirer can read this on their answer page. If they gave an "
        "email address, we will email them once. Link to the pages they need. Do not "
        "repeat any personal information.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Wagtail knows its features only once all apps are loaded.
        editor = AnswerEditor(features=ANSWER_FEATURES)
        # The label's own `for` names what the editor hides. With an interval, the last
        # quarter of a second of typing is lost when saving at once.
        editor.options |= {"ariaLabel": "Answer", "stateSaveInterval": 0}
        self.fields["answer"].widget = editor
        self.initial["answer"] = self.case.answer

    def clean_answer(self) -> str:
        answer = self.cleaned_data["answer"]
        length = len(get_text_for_indexing(answer).strip())
        if not length:
            raise ValidationError("Enter an answer.")
        if length > MAX_ANSWER_LENGTH or len(answer) > MAX_MARKUP_LENGTH:
            raise ValidationError(
                f"Your answer has {length:,} characters. It must be "
                f"{MAX_ANSWER_LENGTH:,} characters or fewer, with few links."
            )
        links = list(links_in_html(answer))
        pages = {link.page_id for link in links if link.page_id}
        addresses = [link.address for link in links if not link.page_id]
        if len(links) < answer.count("<a") or not all(
            address.startswith(("https://", "mailto:")) for address in addresses
        ):
            raise ValidationError(
                "Links must go to a page on this website, a web address that starts "
                "with https:// or an email address."
            )
        known = {page for page in pages if page <= MAX_ID}
        shown = visible_pages(timezone.now()).filter(pk__in=known)
        if len(pages) > shown.count():
            raise ValidationError(
                "One of the links goes to a page that is not public. Choose another "
                "page, or publish that page first."
            )
        return answer

    def perform(self, at):
        answer, is_first = self.cleaned_data["answer"], not self.case.answered_at
        if answer == self.case.answer and not is_first:
            return None
        kind = ActionKind.ANSWERED if is_first else ActionKind.CHANGED
        return self.case.do(kind, self.user, at, answer=answer, answered_at=at)


class EnquiryInspectView(CaseView, InspectView):
    page_title = "Enquiry"

    @property
    def case(self):
        return self.instance

    def get_form_classes(self):
        if self.instance.is_open:
            return [AnswerForm, AssignForm, CloseForm]
        return [AnswerForm, ReopenForm]

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
        return super().get_context_data(
            actions=self.instance.actions.select_related("by"),
            from_url=path if is_ours else "",
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
        "progress",
    ]
    list_select_related = ["assigned_to"]
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
        """Stay out of the reference index, which other staff can read."""

    @admin.display(description="Looking for")
    def short_message(self, enquiry: Enquiry) -> str:
        return enquiry.message[:100]

    @admin.display(description="Search terms", ordering="query")
    def searched_for(self, enquiry: Enquiry) -> str:
        return enquiry.query[:60]

    @admin.display(description="Assigned to", ordering="assigned_to")
    def assigned_name(self, enquiry: Enquiry) -> str:
        return name_of(enquiry.assigned_to)

    @admin.display(description="Status", ordering="status")
    def progress(self, enquiry: Enquiry) -> str:
        if enquiry.is_open:
            return "Open, answered" if enquiry.answered_at else "Open"
        return enquiry.get_outcome_display() or "Closed"
