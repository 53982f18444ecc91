"""An editor's tasks on the dashboard: approvals, reviews, content issues, links."""

from django.urls import reverse
from django.utils import timezone
from wagtail.models import TaskState

from home.dashboard import DashboardTask, counted, register_dashboard_tasks
from home.editorial.content_checks import issues
from home.editorial.content_checks.rules import Rule
from home.editorial.links.broken import broken_links_for
from home.editorial.reviews import models
from home.editorial.reviews.models import ReviewState, queue_url


@register_dashboard_tasks
def pages_to_approve(user, at):
    if waiting := TaskState.objects.reviewable_by(user).count():
        label = counted(waiting, "page is", "pages are") + " waiting for your approval"
        url = reverse("wagtailadmin_reports:workflow_tasks")
        yield DashboardTask(label, f"{url}?reviewable=true")


@register_dashboard_tasks
def pages_to_review(user, at):
    counts = models.counts_for(user, timezone.localdate(at))
    if due := counts[ReviewState.DUE]:
        label = counted(due, "page is", "pages are") + " due for review"
        yield DashboardTask(label, queue_url(ReviewState.DUE))
    if undated := counts[ReviewState.UNDATED]:
        label = counted(undated, "page has", "pages have") + " no review date"
        yield DashboardTask(label, queue_url(ReviewState.UNDATED))


@register_dashboard_tasks
def content_to_fix(user, at):
    counts = issues.counts_for(user, timezone.localdate(at))
    report = reverse(issues.REPORT_URL_NAME)
    if pages := counts["pages"]:
        label = counted(pages, "page has", "pages have") + " content issues"
        yield DashboardTask(label, report)
    if dates := counts["dates"]:
        label = counted(dates, "date has", "dates have") + " passed"
        yield DashboardTask(label, f"{report}?rule={Rule.PASSED_DATE.value}")
    if broken := broken_links_for(user, at).count():
        label = counted(broken, "broken link", "broken links")
        yield DashboardTask(label, reverse("broken_links_report"))
