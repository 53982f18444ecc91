"""The review queue, its buttons to mark pages as reviewed, and reminders (P6)."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urljoin

import django_filters
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST
from wagtail import hooks
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.locks import BasicLock
from wagtail.log_actions import LogFormatter, log
from wagtail.models import Page, Revision, Site, TaskState
from wagtail.permission_policies.pages import PagePermissionPolicy

from home import reports
from home.content.dates import months_after
from home.content_version import start_of_day
from home.dashboard import counted_task, register_dashboard_tasks
from home.editorial.models import PageReview, ReviewState, page_edit_url
from home.jobs import register_job
from home.models import SiteSettings
from home.notifications.outbox import (
    Notification,
    NotificationKind,
    in_one_line,
    notify,
    register_notification_kind,
)
from home.page_tree.lock import tree_lock

logger = logging.getLogger(__name__)

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


MAX_LINES = 100
# Days from the review date to the first reminder, to the first that both get, and from
# that to the next.
FIRST, ESCALATION, REPEAT = -14, 14, 28


@register_job("queue page review reminders")
def queue_review_reminders(at: datetime) -> None:
    """Notify everyone who is due a reminder, in one email a day at most.

    A page's owner, or the communications team if it has none, is reminded two weeks
    before the date and on it. Both are reminded two weeks after it and then every four
    weeks.
    """
    on = timezone.localdate(at)
    reminders = Notification.objects.filter(kind=ReviewReminder.name)
    known = set(reminders.values_list("key", "recipient"))
    today = reminders.filter(sent_at__gte=start_of_day(on))
    had_one_today = set(today.values_list("recipient", flat=True))
    for key, recipient, context in _due_reminders(at, on):
        if (key, recipient) not in known and recipient not in had_one_today:
            notify(recipient, ReviewReminder, key, due_at=at, context=context)


def _due_reminders(at: datetime, on: date) -> Iterator[tuple[str, str, dict]]:
    """Yield the key, recipient and context of each reminder that is due or was sent."""
    reviews = PageReview.objects.on_live_pages(at).filter(
        review_on__lte=on - timedelta(days=FIRST)
    )
    team = get_team_emails() if reviews else set()
    for review in reviews:
        # From the review to the last reminder that is due by now.
        days = (on - review.review_on).days
        if days >= ESCALATION:
            days -= (days - ESCALATION) % REPEAT
        else:
            days = 0 if days >= 0 else FIRST
        recipients = {review.owner_email} if review.owner_email else team
        if days >= ESCALATION:
            recipients = recipients | team
        if not recipients:
            logger.warning(
                "No one to remind of overdue page reviews: set a team email address."
            )
        key = f"{review.pk} {review.review_on} {days}"
        context = {"page": review.pk, "review_on": review.review_on.isoformat()}
        for recipient in recipients:
            yield key, recipient, context


def get_team_emails() -> set[str]:
    """Return the communications team's addresses, in lower case.

    This is the address in the site settings, or those of everyone who may publish the
    home page.
    """
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if site is None:
        return set()
    if email := SiteSettings.for_site(site).team_email:
        return {email.lower()}
    publishers = PagePermissionPolicy().users_with_permission_for_instance(
        "publish", site.root_page
    )
    emails = publishers.exclude(email="").values_list("email", flat=True)
    return {email.lower() for email in emails}


@register_notification_kind
class ReviewReminder(NotificationKind):
    """The recipient is the address of an owner, or of the communications team.

    The key is a page, its review date and the time from that to the reminder.
    """

    name = "review reminder"
    is_quiet = True
    is_digest = True

    def build(self, rows, at):
        recipient, team, on = (
            rows[0].recipient,
            get_team_emails(),
            timezone.localdate(at),
        )
        is_team = recipient in team
        dates = {row.context["page"]: row.context["review_on"] for row in rows}
        reviews = PageReview.objects.on_live_pages(at).filter(pk__in=dates)
        reviews = [
            review
            for review in reviews.select_related("page").order_by("review_on", "pk")
            if str(review.review_on) == dates[review.pk]
            and (is_team or review.owner_email == recipient)
        ]
        if not reviews:
            return None
        users = get_user_model().objects.filter(email__iexact=recipient, is_active=True)
        has_account = is_team or any(
            user.has_perm("wagtailadmin.access_admin") for user in users
        )
        base = settings.WAGTAILADMIN_BASE_URL if has_account else ""
        pages = [
            {
                "title": in_one_line(review.page.title),
                "address": review.page.full_url,
                "review_on": review.review_on,
                "status": review.status_label(on),
                "owner": in_one_line(f"{review.owner_name} {review.owner_email}"),
                "edit_url": urljoin(base, page_edit_url(review.pk)),
            }
            for review in reviews[:MAX_LINES]
        ]
        context = {
            "pages": pages,
            "more": max(0, len(reviews) - MAX_LINES),
            "has_account": has_account,
            "queue_url": urljoin(base, reverse("reviews_report")),
            "is_team": is_team,
            "can_reply": bool(team),
        }
        return EmailMessage(
            "Pages due for review",
            render_to_string("home/review_reminder.txt", context),
            to=[recipient],
            reply_to=() if is_team else sorted(team),
        )
