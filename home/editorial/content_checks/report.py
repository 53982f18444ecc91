"""Content issues: listed after a page is saved, and in a report."""

import django_filters
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy

from home.editorial.content_checks.issues import ContentIssue, check_draft
from home.editorial.content_checks.rules import Rule
from home.editorial.editing_windows import is_automatic
from home.reports import (
    OWNER_COLUMNS,
    PAGE_ADDRESS,
    ExportColumn,
    PageReportFilterSet,
    Report,
    page_type,
    register_report,
    with_owners,
)

# More would fill the screen.
MAX_LISTED = 5


class ContentFilterSet(PageReportFilterSet):
    rule = django_filters.ChoiceFilter(label="Issue", choices=Rule.choices)
    page = django_filters.NumberFilter(
        label="Page ID", field_name="page_id", max_value=2**31 - 1
    )

    class Meta:
        model = ContentIssue
        fields = []


class ContentChecksView(Report):
    slug = "content-checks"
    page_title = "Content checks"
    header_icon = "glasses"
    model = ContentIssue
    permission_policy = PagePermissionPolicy()
    any_permission_required = {"add", "change"}
    filterset_class = ContentFilterSet
    is_searchable = True
    search_fields = ["page__title", "text"]
    # In index order, so that issues are grouped by page and no database has to sort.
    default_ordering = ("page_id", "pk")
    verbose_name_plural = "issues"
    columns = [
        TitleColumn(
            "title",
            label="Page",
            accessor="page.title",
            get_url=lambda issue: issue.edit_url,
        ),
        PAGE_ADDRESS,
        ExportColumn("kind", label="Page type", accessor=page_type),
        Column("wrong", label="Issue", accessor=str),
        Column("text", label="Text"),
        Column("advice", label="How to fix it"),
        *OWNER_COLUMNS,
    ]

    def get_base_queryset(self):
        issues = ContentIssue.objects.on_live_pages(timezone.now())
        issues = issues.on_day(timezone.localdate()).editable_by(self.request.user)
        return with_owners(issues.select_related("page"))


register_report(ContentChecksView)


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def list_issues(request: HttpRequest, page: Page) -> None:
    """List the issues of a page after it was saved, except by autosave.

    What is saved may be a draft, so its issues are not stored.
    """
    if is_automatic(request):
        return
    if not (found := check_draft(page, timezone.localdate())):
        return
    context = {
        "issues": found[:MAX_LISTED],
        "more": len(found) - MAX_LISTED,
        "edit_url": reverse("wagtailadmin_pages:edit", args=[page.pk]),
    }
    text = render_to_string("home/content_issues_message.html", context)
    buttons = []
    if page.live and not page.has_unpublished_changes:
        address = reverse("content_checks_report", query={"page": page.pk})
        buttons = [messages.button(address, "View all issues on this page")]
    messages.warning(request, text, buttons=buttons)
