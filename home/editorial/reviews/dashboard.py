"""An editor's tasks on the dashboard: approvals, reviews, content issues, links."""

from django.urls import reverse
from django.utils import timezone
from wagtail.models import TaskState

from home.dashboard import counted_task, register_dashboard_tasks
from home.editorial.content_checks import issues
from home.editorial.content_checks.rules import Rule
from home.editorial.links.broken import broken_links_for
from home.editorial.reviews import models
from home.editorial.reviews.models import ReviewState, queue_url


@register_dashboard_tasks
def pages_to_approve(user, at):
    yield counted_task(
        TaskState.objects.reviewable_by(user).count(),
        "page is waiting for your approval",
        "pages are waiting for your approval",
        reverse("wagtailadmin_reports:workflow_tasks") + "?reviewable=true",
    )


@register_dashboard_tasks
def pages_to_review(user, at):
    counts = models.counts_for(user, timezone.localdate(at))
    due, undated = ReviewState.DUE, ReviewState.UNDATED
    one, many = "page is due for review", "pages are due for review"
    yield counted_task(counts[due], one, many, queue_url(due))
    one, many = "page has no review date", "pages have no review date"
    yield counted_task(counts[undated], one, many, queue_url(undated))


@register_dashboard_tasks
def content_to_fix(user, at):
    counts = issues.counts_for(user, timezone.localdate(at))
    report = reverse(issues.REPORT_URL_NAME)
    one, many = "page has content issues", "pages have content issues"
    yield counted_task(counts["pages"], one, many, report)
    dates = f"{report}?rule={Rule.PASSED_DATE.value}"
    yield counted_task(counts["dates"], "date has passed", "dates have passed", dates)
    broken, report = broken_links_for(user, at), reverse("broken_links_report")
    yield counted_task(broken.count(), "broken link", "broken links", report)
