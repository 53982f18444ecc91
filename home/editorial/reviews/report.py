"""The queue of pages to review, and its buttons for what is still true (P6)."""

from datetime import date

import django_filters
from django import forms
from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Q, QuerySet
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.generic import View
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.views.reports import ReportView
from wagtail.locks import BasicLock
from wagtail.log_actions import LogFormatter, log
from wagtail.models import Page, Revision, TaskState
from wagtail.permission_policies.pages import PagePermissionPolicy

from home.content.dates import months_after
from home.editorial.reviews.models import QUEUE_URL_NAME, PageReview, ReviewState
from home.page_tree.lock import tree_lock
from home.reports import PageReportFilterSet, SafeExportMixin

LOG_ACTION = "home.reviewed"


def mark_reviewed(page_ids: list[int], months: int, user, on: date) -> list[Page]:
    """Set the next review of pages so many months from a day; return those changed.

    It is set on what is live and in the drafts that are to come. Nothing is published
    and readers see no change. Pages that have the date already stay as they are.
    """
    review_on = months_after(on, months)
    with tree_lock():
        reviews = PageReview.objects.filter(pk__in=page_ids).exclude(
            review_on=review_on
        )
        pages = [review.page.specific for review in reviews.select_related("page")]
        for page in pages:
            _set_review(page, review_on, user)
    return pages


def _set_review(page: Page, review_on: date, user) -> None:
    page.review_on = review_on
    # By `update`, as a save would tell the caches and search of a new version.
    type(page).objects.filter(pk=page.pk).update(review_on=review_on)
    for revision in _revisions_to_come(page):
        content = {**revision.content, "review_on": review_on.isoformat()}
        Revision.objects.filter(pk=revision.pk).update(content=content)
    review = PageReview.objects.get(pk=page.pk)
    review.sync_from_page(page)
    review.save()
    log(page, LOG_ACTION, user=user, data={"review_on": review_on.isoformat()})


def _revisions_to_come(page: Page) -> QuerySet[Revision]:
    """Return what the editor shows, what is scheduled, and what waits for approval.

    A new revision would look like a draft of whoever reviewed the page, would need an
    approval of its own, or would go live with somebody else's words.
    """
    in_progress = Q(task_states__status=TaskState.STATUS_IN_PROGRESS)
    return Revision.objects.for_instance(page).filter(
        Q(pk__in=[page.latest_revision_id, page.live_revision_id])
        | Q(approved_go_live_at__isnull=False)
        | Q(pk__in=Revision.objects.for_instance(page).filter(in_progress).values("pk"))
    )


MARK_URL_NAME = f"{QUEUE_URL_NAME}_mark_reviewed"
MONTHS = (6, 12)
ALL = "all"
DAY_FORMAT = "j F Y"


class ReviewFilterSet(PageReportFilterSet):
    """Which pages of the queue to look at."""

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
        """Keep what needs attention where no state is asked for."""
        if not self.form.cleaned_data.get("state"):
            queryset = queryset.needing_attention(timezone.localdate())
        return super().filter_queryset(queryset)

    def by_state(self, queryset, name, value):
        """Keep the pages in a state."""
        if value == ALL:
            return queryset
        return queryset.in_state(value, timezone.localdate())


def _status(review: PageReview) -> str:
    return review.status_label(timezone.localdate())


def _kind(review: PageReview) -> str:
    """Return the kind of page, without a query for each."""
    content_type = ContentType.objects.get_for_id(review.page.content_type_id)
    return content_type.name.capitalize()


def _owner(review: PageReview) -> str:
    return review.owner_name or review.owner_email or "No content owner"


def _day(review: PageReview) -> str:
    return date_format(review.review_on, DAY_FORMAT) if review.review_on else ""


def _edit_address(review: PageReview) -> str:
    return reverse("wagtailadmin_pages:edit", args=[review.pk])


class MarkReviewedColumn(Column):
    """A tick for the buttons above the table, and buttons for this page alone."""

    cell_template_name = "home/mark_reviewed_cell.html"

    def get_value(self, instance):
        """Return the page's title, which names the controls."""
        return instance.page.title

    def get_cell_context_data(self, instance, parent_context):
        """Add how many months the buttons stand for."""
        context = super().get_cell_context_data(instance, parent_context)
        return {**context, "months": MONTHS}


EXPORTED = {
    "title": ("Page", lambda review: review.page.title),
    "address": ("Web address", lambda review: review.page.full_url or ""),
    "kind": ("Page type", _kind),
    "review_on": ("Next review", lambda review: review.review_on),
    "status": ("Status", _status),
    "owner_name": ("Content owner", lambda review: review.owner_name),
    "owner_email": ("Content owner email address", lambda review: review.owner_email),
}


class ReviewQueueView(SafeExportMixin, ReportView):
    """The pages to review that somebody may edit, the oldest review first."""

    page_title = "Reviews"
    header_icon = "calendar-check"
    model = PageReview
    template_name = "wagtailadmin/reports/base_report.html"
    results_template_name = "home/review_queue_results.html"
    index_url_name = QUEUE_URL_NAME
    index_results_url_name = f"{QUEUE_URL_NAME}_results"
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
            get_url=_edit_address,
        ),
        Column("kind", label="Page type", accessor=_kind),
        Column("owner", label="Content owner", accessor=_owner, sort_key="owner_name"),
        Column("status", label="Status", accessor=_status),
        Column("review_on", label="Next review", accessor=_day, sort_key="review_on"),
        MarkReviewedColumn(
            "mark_reviewed", label="Reviewed – review again in", width="250px"
        ),
    ]
    list_export = list(EXPORTED)
    export_headings = {name: label for name, (label, _) in EXPORTED.items()}
    export_filename = "reviews"

    def get_base_queryset(self):
        """Return the reviews of live pages that this officer may edit."""
        reviews = PageReview.objects.on_live_pages(timezone.now())
        return reviews.editable_by(self.request.user).select_related("page")

    def get_filtered_queryset(self):
        """Return the queryset, which Wagtail filters already."""
        return self.get_queryset()

    def order_queryset(self, queryset):
        """Put pages without a date last, on every database."""
        name = self.ordering.removeprefix("-")
        order = F(name).desc if self.ordering.startswith("-") else F(name).asc
        return queryset.order_by(order(nulls_last=True), "pk")

    def get_context_data(self, *args, **kwargs):
        """Add the buttons, which lead back to the list as it is filtered now."""
        query = self.request.GET.copy()
        query.pop("_w_filter_fragment", None)
        action = f"{reverse(MARK_URL_NAME)}?{query.urlencode()}"
        return {
            **super().get_context_data(*args, **kwargs),
            "months": MONTHS,
            "mark_address": action,
            "csrf_token": get_token(self.request),
        }

    def to_row_dict(self, item):
        """Return the cells of a page for a spreadsheet."""
        return {name: cell(item) for name, (_, cell) in EXPORTED.items()}


class MarkReviewedView(PermissionCheckedMixin, View):
    """Sets the next review of pages that an officer has read."""

    http_method_names = ["post"]
    permission_policy = PagePermissionPolicy()
    any_permission_required = ReviewQueueView.any_permission_required

    def post(self, request):
        """Set the dates, say so, and lead back to the list.

        `one` is a page's number and the months, such as "12:6"; or else `page` are
        the numbers of the ticked pages, and `months` is for all of them.
        """
        one, _, months = request.POST.get("one", "").partition(":")
        asked = [one] if one else request.POST.getlist("page")
        page_ids = {int(text) for text in asked if text.isdecimal() and len(text) < 19}
        months = months or request.POST.get("months", "")
        if not page_ids or months not in map(str, MONTHS):
            text = "Select at least one page."
            messages.warning(request, text)
        else:
            self.mark(page_ids, int(months), timezone.localdate())
        return redirect(f"{reverse(QUEUE_URL_NAME)}?{request.GET.urlencode()}")

    def mark(self, page_ids: set[int], months: int, on: date) -> None:
        """Set the dates of those pages that the officer may edit now."""
        user = self.request.user
        reviews = PageReview.objects.on_live_pages(timezone.now()).editable_by(user)
        reviews = list(reviews.filter(pk__in=page_ids).select_related("page"))
        locked = {each.pk for each in reviews if _is_locked(each.page, user)}
        free = [each.pk for each in reviews if each.pk not in locked]
        changed = mark_reviewed(free, months, user, on)
        for page in changed:
            day = date_format(page.review_on, DAY_FORMAT)
            text = f"'{page.title}' has been marked as reviewed. Next review: {day}."
            messages.success(self.request, text)
        for review in reviews:
            if review.pk in locked:
                text = f"'{review.page.title}' is locked. Its review is unchanged."
                messages.warning(self.request, text)
        if len(reviews) < len(page_ids):
            text = "Some pages are no longer published, or you cannot edit them."
            messages.warning(self.request, text)


def _is_locked(page: Page, user) -> bool:
    """Say whether a colleague has locked the page.

    What waits for its hour or for approval is another text than the one reviewed.
    """
    return page.locked and BasicLock(page).for_user(user)


class ReviewMenuItem(MenuItem):
    """The queue's entry, for those who edit pages."""

    def is_shown(self, request):
        """Say whether somebody may edit any page."""
        return ReviewQueueView.permission_policy.user_has_any_permission(
            request.user, ReviewQueueView.any_permission_required
        )


@hooks.register("register_reports_menu_item")
def register_menu_item():
    """Add the queue to the reports."""
    return ReviewMenuItem(
        ReviewQueueView.page_title,
        reverse(QUEUE_URL_NAME),
        icon_name=ReviewQueueView.header_icon,
    )


@hooks.register("register_admin_urls")
def register_urls():
    """Add the queue and its buttons."""
    view = ReviewQueueView
    return [
        path("reports/reviews/", view.as_view(), name=view.index_url_name),
        path(
            "reports/reviews/results/",
            view.as_view(results_only=True),
            name=view.index_results_url_name,
        ),
        path(
            "reports/reviews/mark-reviewed/",
            MarkReviewedView.as_view(),
            name=MARK_URL_NAME,
        ),
    ]


@hooks.register("register_log_actions")
def register_log_action(actions):
    """Say in a page's history who found it to be true."""

    @actions.register_action(LOG_ACTION)
    class ReviewedFormatter(LogFormatter):
        label = "Review"

        def format_message(self, log_entry):
            day = date.fromisoformat(log_entry.data["review_on"])
            text = date_format(day, DAY_FORMAT)
            return f"Reviewed: no change needed. Next review {text}"
