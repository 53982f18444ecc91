"""Says when a draft has been saved what there is to put right before publishing."""

from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import DraftStateMixin

from home.readiness import find_gaps

# More would fill the screen.
MOST_NAMED = 5
PUBLISHING = ("action-publish", "action-submit", "action-workflow-action")


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
@hooks.register("after_create_snippet")
@hooks.register("after_edit_snippet")
def list_gaps(request: HttpRequest, instance: models.Model) -> None:
    """Name the gaps of a saved draft; after the editor's own saving its panel does."""
    is_draft = isinstance(instance, DraftStateMixin) and not any(
        name in request.POST for name in PUBLISHING
    )
    gaps = find_gaps(instance) if is_draft and request.accepts("text/html") else []
    if not gaps:
        return
    edit = AdminURLFinder(request.user).get_edit_url(instance)
    lines = format_html_join(
        "",
        '<li><a class="w-text-current w-underline" href="{}">{}</a> {}</li>',
        (
            (f"{edit}#:w:contentpath={gap.place}", f"{gap.where}:", gap.message)
            for gap in gaps[:MOST_NAMED]
        ),
    )
    rest = len(gaps) - MOST_NAMED
    more = f"And {rest} more." if rest > 0 else ""
    messages.info(
        request,
        format_html("Before you publish:<ul>{}</ul>{}", lines, more),
    )
