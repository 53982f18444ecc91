"""Content issues: counted after a page is saved, and in a report."""

import django_filters
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy

from home.dashboard import counted
from home.editorial.content_checks.issues import (
    REPORT_URL_NAME,
    ContentIssue,
    check_draft,
)
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
def count_issues(request: HttpRequest, page: Page) -> None:
    """Say that a page has issues after it was saved, except by autosave."""
    if is_automatic(request):
        return
    if not (found := check_draft(page, timezone.localdate())):
        return
    count = counted(len(found), "content issue", "content issues")
    labels = dict.fromkeys(issue.rule.label for issue in found)
    report = reverse(REPORT_URL_NAME, query={"page": page.pk})
    # The editor lists those of a draft.
    is_listed = page.live and not page.has_unpublished_changes
    messages.warning(
        request,
        f"Page saved. It has {count}: {', '.join(labels)}.",
        buttons=[messages.button(report, "View content issues")] if is_listed else [],
    )
