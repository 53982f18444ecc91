"""Tells the open editors of a page apart, as one person may have several.

The editor's form identifies its window. Both autosave and the buttons send the form, so
every version can be attributed to a window.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import models
from django.http import HttpRequest, JsonResponse
from wagtail import hooks
from wagtail.models import RevisionMixin

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


@register_job("purge editing windows")
def purge_windows(at: datetime) -> None:
    EditingWindow.objects.filter(saved_at__lt=at - MAX_AGE).delete()
