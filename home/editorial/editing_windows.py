"""Tells the open editors of a page apart, as one person may have several.

The editor's form names its window. Wagtail's automatic saving and the buttons both send
what the form holds, so every version can be put down to the window that saved it.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import models
from django.http import HttpRequest, JsonResponse
from wagtail import hooks
from wagtail.models import RevisionMixin

from home.jobs import register_job

# A window may stay open over a holiday.
KEPT_FOR = timedelta(days=30)


class EditingWindow(models.Model):
    """An editor in a browser, what it has saved, and whether its form has been sent."""

    id = models.UUIDField(primary_key=True)
    revision_ids = models.JSONField(default=list)
    is_sent = models.BooleanField(default=False)
    saved_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.id)


def get_window(request: HttpRequest) -> EditingWindow:
    """Return the window that sent a form, locked; a new one where it has no name."""
    try:
        name = UUID(request.POST.get("editing_window", ""))
    except ValueError:
        name = uuid4()
    EditingWindow.objects.get_or_create(pk=name)
    return EditingWindow.objects.select_for_update().get(pk=name)


def is_automatic(request: HttpRequest) -> bool:
    """Say whether the editor saves by itself."""
    return not request.accepts("text/html")


@hooks.register("before_create_page")
@hooks.register("before_create_snippet")
@hooks.register("before_edit_page")
@hooks.register("before_edit_snippet")
def refuse_what_follows_a_sent_form(
    request: HttpRequest, target: object, *others: object
) -> JsonResponse | None:
    """Let a form that was sent with a button save nothing more by itself.

    Wagtail may send the form once more while the server answers, even with the
    moderator's decision in it; that would leave a draft of what has just gone live.
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
            "error_message": "This form was sent already. Save it yourself to keep "
            "what you have written since.",
        }
        return JsonResponse(answer, status=409)
    return None


# Before anything that asks whose version it was.
@hooks.register("after_create_page", order=-1)
@hooks.register("after_create_snippet", order=-1)
@hooks.register("after_edit_page", order=-1)
@hooks.register("after_edit_snippet", order=-1)
def remember_version(request: HttpRequest, instance: models.Model) -> None:
    """Put the version that was saved down to its window."""
    window = request.editing_window
    if not isinstance(instance, RevisionMixin):
        return
    if instance.latest_revision_id != window.version_before:
        window.revision_ids.append(instance.latest_revision_id)
    window.is_sent = window.is_sent or not is_automatic(request)
    window.save()


@register_job("purge editing windows")
def forget_windows(at: datetime) -> None:
    """Delete windows that nobody can have open any more."""
    EditingWindow.objects.filter(saved_at__lt=at - KEPT_FOR).delete()
