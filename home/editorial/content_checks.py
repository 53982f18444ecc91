"""Content issues: of live pages in a report, of drafts in the editor."""

from dataclasses import replace
from datetime import date

import django_filters
from django.db.models import Count, Model, Q
from django.dispatch import receiver
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.models import DraftStateMixin, Page
from wagtail.permission_policies.pages import PagePermissionPolicy

from home import reports
from home.content.drafts import find_gaps
from home.dashboard import counted_task, register_dashboard_tasks
from home.editorial.content_rules import FoundIssue, Rule, find_issues
from home.editorial.editing import is_automatic
from home.editorial.models import ContentIssue
from home.receivers import live_page_saved

PUBLISHING = ("action-publish", "action-submit", "action-workflow-action")


@receiver(live_page_saved)
def sync_content_issues(sender, instance, **kwargs) -> None:
    """Update the issues of a live page, in the transaction that saves it.

    An alias has the issues of its original. Unpublished pages keep their rows, but
    these are not read.
    """
    if instance.alias_of_id:
        return
    published_at = instance.last_published_at or timezone.now()
    found = _find_issues(instance, timezone.localdate(published_at))
    ContentIssue.objects.filter(page_id=instance.pk).delete()
    ContentIssue.objects.bulk_create(
        ContentIssue(page_id=instance.pk, **vars(each)) for each in found
    )


def check_draft(page: Page, on: date) -> list[FoundIssue]:
    """Return the issues of a page as it is in the editor."""
    found = _find_issues(page, on)
    return [each for each in found if not each.shown_from or each.shown_from <= on]


def _find_issues(page: Page, on: date) -> list[FoundIssue]:
    # "Until 31 March" must not come to mean next year's because a page is published
    # again for another reason.
    known = ContentIssue.objects.filter(page_id=page.pk)
    days = {(row.rule, row.text): row.shown_from for row in known}
    return [
        replace(each, shown_from=days.get((each.rule, each.text), each.shown_from))
        for each in find_issues(page, on)
    ]


class ContentFilterSet(reports.PageReportFilterSet):
    rule = django_filters.ChoiceFilter(label="Issue", choices=Rule.choices)

    class Meta:
        model = ContentIssue
        fields = []


class ContentChecksView(reports.Report):
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
        reports.PAGE_ADDRESS,
        reports.ExportColumn("kind", label="Page type", accessor=reports.page_type),
        Column("wrong", label="Issue", accessor=str),
        Column("text", label="Text"),
        Column("advice", label="How to fix it"),
        *reports.OWNER_COLUMNS,
    ]

    def get_base_queryset(self):
        issues = ContentIssue.objects.on_live_pages(timezone.now())
        issues = issues.on_day(timezone.localdate()).editable_by(self.request.user)
        return reports.with_owners(issues.select_related("page"))


reports.register_report(ContentChecksView)


@register_dashboard_tasks
def content_to_fix(user, at):
    issues = ContentIssue.objects.on_live_pages(at).on_day(timezone.localdate(at))
    counts = issues.editable_by(user).aggregate(
        pages=Count("page", distinct=True),
        dates=Count("pk", filter=Q(rule=Rule.PASSED_DATE)),
    )
    report = "content_checks_report"
    one, many = "page has content issues", "pages have content issues"
    yield counted_task(counts["pages"], one, many, reverse(report))
    dates = reverse(report, query={"rule": Rule.PASSED_DATE.value})
    yield counted_task(counts["dates"], "date has passed", "dates have passed", dates)


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
@hooks.register("after_create_snippet")
@hooks.register("after_edit_snippet")
def list_what_to_fix(request: HttpRequest, instance: Model) -> None:
    """List what a saved draft lacks, and the issues of a page. Autosave has a panel.

    What is saved may be a draft, so its issues are not stored.
    """
    if is_automatic(request) or not isinstance(instance, DraftStateMixin):
        return
    is_page = isinstance(instance, Page)
    is_draft = not any(name in request.POST for name in PUBLISHING)
    gaps = find_gaps(instance) if is_draft else []
    issues = check_draft(instance, timezone.localdate()) if is_page else []
    if not gaps and not issues:
        return
    edit_url = AdminURLFinder(request.user).get_edit_url(instance)
    context = {"edit_url": edit_url, "gaps": gaps, "issues": issues}
    text = render_to_string("home/content_issues_message.html", context)
    (messages.warning if issues else messages.info)(request, text)
