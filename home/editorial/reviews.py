"""The review queue, and its buttons to mark pages as reviewed."""

from datetime import date

import django_filters
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST
from wagtail import hooks
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.locks import BasicLock
from wagtail.log_actions import LogFormatter, log
from wagtail.models import Page, Revision, TaskState
from wagtail.permission_policies.pages import PagePermissionPolicy

from home import reports
from home.content.dates import months_after
from home.dashboard import counted_task, register_dashboard_tasks
from home.editorial.models import PageReview, ReviewState, page_edit_url
from home.page_tree.lock import tree_lock

LOG_ACTION = "home.reviewed"
# The choices for the next review.
MONTHS = (6, 12)
ALL = "all"


def mark_reviewed(page_ids: list[int], months: int, user, on: date) -> list[Page]:
    """Set the next review, so many months from a day; return the pages that changed.

    It is set on the live page and in its drafts. Nothing is published and readers see
    no change.
    """
    review_on = months_after(on, months)
    with tree_lock():
        reviews = PageReview.objects.filter(pk__in=page_ids).exclude(
            review_on=review_on
        )
        pages = [review.page.specific for review in reviews.select_related("page")]
        for page in pages:
            page.review_on = review_on
            # With `update`, as a save would invalidate caches and reindex the page.
            type(page).objects.filter(pk=page.pk).update(review_on=review_on)
            PageReview.objects.filter(pk=page.pk).update(review_on=review_on)
            # The latest, scheduled and submitted ones. A new revision would look
            # like the reviewer's draft, would need its own approval, or would publish
            # someone else's changes.
            to_come = (
                Q(pk__in=[page.latest_revision_id, page.live_revision_id])
                | Q(approved_go_live_at__isnull=False)
                | Q(task_states__status=TaskState.STATUS_IN_PROGRESS)
            )
            for revision in Revision.objects.for_instance(page).filter(to_come):
                content = {**revision.content, "review_on": review_on.isoformat()}
                Revision.objects.filter(pk=revision.pk).update(content=content)
            log(page, LOG_ACTION, user=user, data={"review_on": review_on.isoformat()})
    return pages


def format_day(day: date | None) -> str:
    return date_format(day, "j F Y") if day else ""


class ReviewFilterSet(reports.PageReportFilterSet):
    state = django_filters.ChoiceFilter(
        label="Review",
        choices=[*ReviewState.choices, (ALL, "All pages")],
        empty_label="Needs attention",
        widget=forms.RadioSelect,
        method="by_state",
    )

    class Meta:
        model = PageReview
        fields = []

    def filter_queryset(self, queryset):
        if not self.form.cleaned_data.get("state"):
            queryset = queryset.needing_attention(timezone.localdate())
        return super().filter_queryset(queryset)

    def by_state(self, queryset, name, value):
        if value == ALL:
            return queryset
        return queryset.filter(ReviewState(value).as_filter(timezone.localdate()))


class MarkReviewedColumn(reports.ScreenColumn):
    cell_template_name = "home/mark_reviewed_cell.html"
    months = MONTHS


class ReviewQueueView(reports.Report):
    slug = "reviews"
    page_title = "Reviews"
    header_icon = "calendar-check"
    model = PageReview
    results_template_name = "home/review_queue_results.html"
    permission_policy = PagePermissionPolicy()
    any_permission_required = {"add", "change"}
    filterset_class = ReviewFilterSet
    is_searchable = True
    search_fields = ["page__title", "owner_name", "owner_email"]
    default_ordering = "review_on"
    verbose_name_plural = "pages"
    columns = [
        TitleColumn(
            "title",
            label="Page",
            accessor="page.title",
            sort_key="page__title",
            get_url=lambda row: page_edit_url(row.pk),
        ),
        reports.PAGE_ADDRESS,
        Column("kind", label="Page type", accessor=reports.page_type),
        reports.ExportColumn("review_on", label="Next review"),
        Column(
            "status",
            label="Status",
            accessor=lambda review: review.status_label(timezone.localdate()),
        ),
        reports.ScreenColumn(
            "day",
            label="Next review",
            accessor=lambda review: format_day(review.review_on),
            sort_key="review_on",
        ),
        *reports.OWNER_COLUMNS,
        MarkReviewedColumn(
            "mark_reviewed",
            label="Reviewed – review again in",
            accessor="page.title",
            width="250px",
        ),
    ]
    months = MONTHS

    def get_base_queryset(self):
        reviews = PageReview.objects.on_live_pages(timezone.now())
        return reviews.editable_by(self.request.user).select_related("page")

    def order_queryset(self, queryset):
        """Put pages without a date last, on every database."""
        name = self.ordering.removeprefix("-")
        order = F(name).desc if self.ordering.startswith("-") else F(name).asc
        return queryset.order_by(order(nulls_last=True), "pk")


@require_POST
def mark_selected(request: HttpRequest) -> HttpResponse:
    """Mark the selected pages as reviewed, or the one whose button was pressed."""
    if not ReviewQueueView.is_permitted(request.user):
        raise PermissionDenied
    # `one` is a page id and the months, such as "12:6". Otherwise `page` are the ids of
    # the selected pages, and `months` applies to all of them.
    one, _, months = request.POST.get("one", "").partition(":")
    asked = [one] if one else request.POST.getlist("page")
    page_ids = {int(text) for text in asked if text.isdecimal() and len(text) < 19}
    months = months or request.POST.get("months", "")
    back = redirect(reverse("reviews_report", query=request.GET))
    if not page_ids or months not in map(str, MONTHS):
        messages.warning(request, "Select at least one page.")
        return back
    user = request.user
    reviews = PageReview.objects.on_live_pages(timezone.now()).editable_by(user)
    reviews = reviews.filter(pk__in=page_ids).select_related("page")
    pages = [review.page for review in reviews]
    # Scheduled and submitted revisions, which Wagtail locks too, are not the text that
    # was reviewed.
    locked = [each for each in pages if each.locked and BasicLock(each).for_user(user)]
    free = [page.pk for page in pages if page not in locked]
    for page in mark_reviewed(free, int(months), user, timezone.localdate()):
        day = format_day(page.review_on)
        text = f"'{page.title}' has been marked as reviewed. Next review: {day}."
        messages.success(request, text)
    for page in locked:
        text = f"'{page.title}' is locked. Its review is unchanged."
        messages.warning(request, text)
    if len(pages) < len(page_ids):
        text = "Some pages are no longer published, or you cannot edit them."
        messages.warning(request, text)
    return back


reports.register_report(
    ReviewQueueView,
    path("mark-reviewed/", mark_selected, name="reviews_report_mark_reviewed"),
)


@hooks.register("register_log_actions")
def register_log_action(actions):
    @actions.register_action(LOG_ACTION)
    class ReviewedFormatter(LogFormatter):
        label = "Review"

        def format_message(self, log_entry):
            day = format_day(date.fromisoformat(log_entry.data["review_on"]))
            return f"Reviewed: no change needed. Next review {day}"


@register_dashboard_tasks
def pages_to_review(user, at):
    on = timezone.localdate(at)
    reviews = PageReview.objects.on_live_pages(at).editable_by(user)
    counts = reviews.needing_attention(on).aggregate(
        due=Count("pk", filter=ReviewState.DUE.as_filter(on)),
        undated=Count("pk", filter=ReviewState.UNDATED.as_filter(on)),
    )
    for state, one, many in (
        ("due", "page is due for review", "pages are due for review"),
        ("undated", "page has no review date", "pages have no review date"),
    ):
        address = reverse("reviews_report", query={"state": state})
        yield counted_task(counts[state], one, many, address)
