"""Warns editors when someone saved another version while they were writing.

Wagtail checks every ten seconds, and only in browsers that run scripts. Anyone who
saves in between, or without scripts, would replace the other version unknowingly.

One person may have several editors of a page open. The editor's form identifies its
window. Both autosave and the buttons send the form, so every version can be attributed
to a window.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.db import models
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page, Revision, RevisionMixin

from home.content.text import name_of
from home.jobs import register_job

# A window may stay open over a holiday.
MAX_AGE = timedelta(days=30)


class EditingWindow(models.Model):
    """An open editor: the versions it has saved, and whether its form was submitted."""

    id = models.UUIDField(primary_key=True)
    revision_ids = models.JSONField(default=list)
    is_sent = models.BooleanField(default=False)
    saved_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.id)


def get_window(request: HttpRequest) -> EditingWindow:
    """Return the window that sent a form, locked; a new one if it is not named."""
    try:
        name = UUID(request.POST.get("editing_window", ""))
    except ValueError:
        name = uuid4()
    EditingWindow.objects.get_or_create(pk=name)
    return EditingWindow.objects.select_for_update().get(pk=name)


def is_automatic(request: HttpRequest) -> bool:
    return not request.accepts("text/html")


@hooks.register("before_create_page")
@hooks.register("before_create_snippet")
@hooks.register("before_edit_page")
@hooks.register("before_edit_snippet")
def reject_autosave_after_submit(
    request: HttpRequest, target: object, *others: object
) -> JsonResponse | None:
    """Reject an autosave of a form that was submitted.

    Wagtail may autosave once more while the server responds, even with a moderator's
    decision in it, which would leave a draft of what has just gone live.
    """
    if request.method != "POST":
        return None
    window = request.editing_window = get_window(request)
    window.version_before = getattr(target, "latest_revision_id", None)
    decides = any(name.startswith("action-") for name in request.POST)
    if is_automatic(request) and (window.is_sent or decides):
        answer = {
            "success": False,
            "error_code": "already_sent",
            "error_message": "You have already submitted this form. Save it again to "
            "keep the changes you have made since.",
        }
        return JsonResponse(answer, status=409)
    return None


# Before anything that asks whose version it was.
@hooks.register("after_create_page", order=-1)
@hooks.register("after_create_snippet", order=-1)
@hooks.register("after_edit_page", order=-1)
@hooks.register("after_edit_snippet", order=-1)
def record_version(request: HttpRequest, instance: models.Model) -> None:
    window = request.editing_window
    if not isinstance(instance, RevisionMixin):
        return
    if instance.latest_revision_id != window.version_before:
        window.revision_ids.append(instance.latest_revision_id)
    window.is_sent = window.is_sent or not is_automatic(request)
    window.save()


@hooks.register("after_edit_page")
@hooks.register("after_edit_snippet")
def warn_of_concurrent_edit(request: HttpRequest, instance: models.Model) -> None:
    """Say who saved another version. Wagtail rejects an autosave in that case."""
    if is_automatic(request) or not isinstance(instance, RevisionMixin):
        return
    other = latest_other_version(request, instance)
    if other is None:
        return
    if other.user_id == request.user.pk:
        who, place = "You", " in another window"
    else:
        who, place = name_of(other.user) if other.user else "Someone else", ""
    if other.pk == instance.latest_revision_id:
        first = "earliest"
        outcome = (
            "You did not change anything, so that version is the latest. Read it again."
        )
    else:
        first = other.pk
        outcome = (
            "Both versions are saved and yours is now the latest. Compare them, and "
            "copy across anything you need."
        )
    is_page = isinstance(instance, Page)
    compare = (
        "wagtailadmin_pages:revisions_compare"
        if is_page
        else instance.snippet_viewset.get_url_name("revisions_compare")
    )
    address = reverse(compare, args=[instance.pk, first, instance.latest_revision_id])
    messages.warning(
        request,
        f"{who} saved this {'page' if is_page else 'item'}{place} "
        f"on {timezone.localtime(other.created_at):%-d %B at %H:%M}, after you "
        f"opened it. {outcome}",
        buttons=[messages.button(address, "Compare versions")],
    )


def latest_other_version(
    request: HttpRequest, instance: models.Model
) -> Revision | None:
    """Return the latest version that another window saved since this one was opened."""
    sent = request.POST
    opened = sent.get("version_opened", sent.get("loaded_revision_created_at", ""))
    try:
        since = datetime.fromisoformat(opened).astimezone(UTC)
    except (ValueError, OverflowError):
        # Where the form says nothing, there was no version.
        since = datetime.min.replace(tzinfo=UTC)
    versions = instance.revisions.exclude(pk__in=request.editing_window.revision_ids)
    return (
        versions.filter(created_at__gt=since)
        .select_related("user")
        .order_by("-created_at")
        .first()
    )


@register_job("purge editing windows")
def purge_windows(at: datetime) -> None:
    EditingWindow.objects.filter(saved_at__lt=at - MAX_AGE).delete()
