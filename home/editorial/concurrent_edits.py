"""Warns editors when someone saved another version while they were writing.

Wagtail checks every ten seconds, and only in browsers that run scripts. Anyone who
saves in between, or without scripts, would replace the other version unknowingly.
"""

from datetime import UTC, datetime

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page, Revision, RevisionMixin

from home.content.text import name_of
from home.editorial.editing_windows import is_automatic


@hooks.register("after_edit_page")
@hooks.register("after_edit_snippet")
def warn_of_concurrent_edit(request: HttpRequest, instance: Model) -> None:
    """Say who saved another version. Wagtail rejects an autosave in that case."""
    if is_automatic(request) or not isinstance(instance, RevisionMixin):
        return
    other = latest_other_version(request, instance)
    if other is None:
        return
    who = "You" if other.user_id == request.user.pk else "Someone else"
    if who != "You" and other.user:
        who = name_of(other.user)
    place = " in another window" if who == "You" else ""
    newest = instance.latest_revision_id
    is_newest = other.pk == newest
    outcome = (
        "You did not change anything, so that version is the latest. Read it again."
        if is_newest
        else "Both versions are saved and yours is now the latest. Compare them, and "
        "copy across anything you need."
    )
    compare = reverse(
        compare_url_name(instance),
        args=[instance.pk, "earliest" if is_newest else other.pk, newest],
    )
    messages.warning(
        request,
        f"{who} saved this {'page' if isinstance(instance, Page) else 'item'}{place} "
        f"on {timezone.localtime(other.created_at):%-d %B at %H:%M}, after you "
        f"opened it. {outcome}",
        buttons=[messages.button(compare, "Compare versions")],
    )


def compare_url_name(instance: Model) -> str:
    if isinstance(instance, Page):
        return "wagtailadmin_pages:revisions_compare"
    return instance.snippet_viewset.get_url_name("revisions_compare")


def latest_other_version(request: HttpRequest, instance: Model) -> Revision | None:
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
