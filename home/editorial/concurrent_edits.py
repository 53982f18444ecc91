"""Tells an officer when somebody else saved the page that they were writing on.

Wagtail looks every ten seconds, and where scripts run; who saves in between, or without
them, would put aside another's words unknowingly.
"""

from datetime import UTC, datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page, Revision

from home.people import name_of


@hooks.register("after_edit_page")
def tell_of_another_version(request: HttpRequest, page: Page) -> None:
    """Say who saved another version, and where it is; the editor's own saving is mute.

    Wagtail refuses the editor's own saving in that case.
    """
    other = newest_other_version(request, page)
    if other is None or not request.accepts("text/html"):
        return
    who = "You" if other.user_id == request.user.pk else "Somebody else"
    if who != "You" and other.user:
        who = name_of(other.user)
    place = " in another window" if who == "You" else ""
    compare = reverse(
        "wagtailadmin_pages:revisions_compare",
        args=[page.pk, other.pk, page.latest_revision_id],
    )
    messages.warning(
        request,
        f"{who} saved this page{place} on "
        f"{timezone.localtime(other.created_at):%-d %B at %H:%M}, after you had opened "
        "it. Both versions are kept, and yours is now the newest. Compare them, and "
        "bring over what should stay.",
        buttons=[messages.button(compare, "Compare the two versions")],
    )


def newest_other_version(request: HttpRequest, page: Page) -> Revision | None:
    """Return the newest version saved since the form was opened, but for its own."""
    try:
        opened = datetime.fromisoformat(request.POST["loaded_revision_created_at"])
    except (KeyError, ValueError):
        # Where the form says nothing, the page had no version.
        opened = datetime.min
    own = [page.latest_revision_id]
    if request.POST.get("overwrite_revision_id", "").isdecimal():
        own.append(int(request.POST["overwrite_revision_id"]))
    versions = page.revisions.exclude(pk__in=own).select_related("user")
    since = opened if opened.tzinfo else opened.replace(tzinfo=UTC)
    return versions.filter(created_at__gt=since).order_by("-created_at").first()
