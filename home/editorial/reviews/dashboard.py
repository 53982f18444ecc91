"""What keeping pages true asks of an officer, on the admin's home page."""

from django.urls import reverse
from django.utils import timezone
from wagtail.models import TaskState

from home.dashboard import DashboardTask, counted, register_dashboard_tasks
from home.editorial.content_checks import issues
from home.editorial.links import broken
from home.editorial.reviews import models
from home.editorial.reviews.models import State, queue_address


@register_dashboard_tasks
def pages_to_approve(user, at):
    """Say how many pages wait for the user's approval."""
    if waiting := TaskState.objects.reviewable_by(user).count():
        words = counted(waiting, "page waits", "pages wait") + " for your approval"
        address = reverse("wagtailadmin_reports:workflow_tasks")
        yield DashboardTask(words, f"{address}?reviewable=true")


@register_dashboard_tasks
def pages_to_review(user, at):
    """Say how many pages are due for review, and how many lack a date."""
    counts = models.counts_for(user, timezone.localdate(at))
    if due := counts[State.DUE]:
        words = counted(due, "page is", "pages are") + " due for review"
        yield DashboardTask(words, queue_address(State.DUE))
    if undated := counts[State.UNDATED]:
        words = counted(undated, "page has", "pages have") + " no review date"
        yield DashboardTask(words, queue_address(State.UNDATED))


@register_dashboard_tasks
def texts_to_mend(user, at):
    """Say how many dates have passed, pages have issues, and links are broken."""
    on = timezone.localdate(at)
    counts = [*issues.counts_for(user, on), *broken.counts_for(user)]
    for count in counts:
        if count.number:
            yield DashboardTask(f"{count.label}: {count.number:,}", count.address)
