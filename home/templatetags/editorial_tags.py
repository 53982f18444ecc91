from uuid import uuid4

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from wagtail.models import RevisionMixin

from home.content.drafts import find_gaps
from home.content.text import name_of
from home.editorial.content_checks import check_draft
from home.editorial.editing import describe_requested_changes
from home.pages import BasePage

register = template.Library()
register.filter(name_of)


@register.filter
def requested_changes(state) -> str:
    return describe_requested_changes(state, timezone.now())


@register.inclusion_tag("home/content_issues.html", takes_context=True)
def content_issues(context, page) -> dict:
    """Show what stands in the way of publishing, and what the rules find."""
    is_ours = isinstance(page, BasePage)
    findings = check_draft(page, timezone.localdate()) if is_ours else []
    request = context["request"]
    # The fields of a form that was refused say it themselves.
    is_refused = request.method == "POST" and request.accepts("text/html")
    gaps = find_gaps(page) if is_ours and page.pk and not is_refused else []
    return {"gaps": gaps, "findings": findings, "is_ours": is_ours}


@register.simple_tag
def version_label(instance: RevisionMixin, revision_id: str) -> str:
    if revision_id == "live":
        return "the published version"
    revisions = instance.revisions.select_related("user").order_by("created_at", "id")
    if revision_id == "earliest":
        revision = revisions.first()
    elif revision_id == "latest":
        revision = revisions.last()
    else:
        revision = revisions.get(pk=revision_id)
    saved_at = date_format(timezone.localtime(revision.created_at), "j F Y, H:i")
    who = f" by {name_of(revision.user)}" if revision.user else ""
    return f"the version saved{who} on {saved_at}"


@register.inclusion_tag("home/editing_window.html", takes_context=True)
def editing_window(context) -> dict:
    """Name the window, which is the same when a form comes back to be corrected."""
    sent = context["request"].POST
    opened = context.get("loaded_revision_created_at") or ""
    return {
        "name": sent.get("editing_window") or uuid4(),
        "opened": sent.get("version_opened", opened),
    }
