"""Content issues: listed after a page is saved, and in a report."""

import django_filters
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy

from home.editorial.content_checks.issues import (
    REPORT_URL_NAME,
    ContentIssue,
    check_draft,
    edit_url,
)
from home.editorial.content_checks.rules import Rule
from home.editorial.reviews.models import PageReview
from home.reports import (
    OWNER_COLUMNS,
    PAGE_ADDRESS,
    ExportColumn,
    PageReportFilterSet,
    Report,
    ScreenColumn,
    owner_label,
    page_type,
    register_report,
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
            get_url=lambda finding: finding.edit_url,
        ),
        PAGE_ADDRESS,
        ExportColumn("kind", label="Page type", accessor=page_type),
        Column("wrong", label="Issue", accessor=str),
        Column("text", label="Text"),
        Column("advice", label="How to fix it"),
        ScreenColumn("owner", label="Content owner", accessor=owner_label),
        *OWNER_COLUMNS,
    ]

    def get_base_queryset(self):
        findings = ContentIssue.objects.on_live_pages(timezone.now())
        findings = findings.on_day(timezone.localdate()).editable_by(self.request.user)
        review = PageReview.objects.filter(pk=OuterRef("page_id"))
        return findings.select_related("page").annotate(
            owner_name=Subquery(review.values("owner_name")),
            owner_email=Subquery(review.values("owner_email")),
        )


register_report(ContentChecksView)


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def list_issues(request: HttpRequest, page: Page) -> None:
    """List the issues of a page after it was saved, except by autosave.

    What is saved may be a draft, so its issues are not stored.
    """
    if not request.accepts("text/html"):
        return
    found = check_draft(page, timezone.localdate())
    if not found:
        return
    lines = format_html_join(
        "",
        # The usual colour of links is too faint on the ground of a warning.
        '<li><a class="w-text-current w-underline" href="{}">{}</a>{} {}</li>',
        (
            (
                edit_url(page.pk, each.place),
                each.rule.label,
                f": “{each.text}”" if each.text else ".",
                each.advice,
            )
            for each in found[:MAX_LISTED]
        ),
    )
    rest = len(found) - MAX_LISTED
    more = format_html("<li>And {} more</li>", rest) if rest > 0 else ""
    text = format_html("Page saved. Content issues:<ul>{}{}</ul>", lines, more)
    address = f"{reverse(REPORT_URL_NAME)}?page={page.pk}"
    is_listed = page.live and not page.has_unpublished_changes
    buttons = (
        [messages.button(address, "View all issues on this page")] if is_listed else []
    )
    messages.warning(request, text, buttons=buttons)
