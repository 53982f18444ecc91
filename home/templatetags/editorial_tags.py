"""What the editor shows of the content rules."""

from django import template
from django.utils import timezone

from home.editorial.findings import check_draft
from home.pages import BasePage

register = template.Library()


@register.inclusion_tag("home/content_findings.html")
def content_findings(page) -> dict:
    """Show what the rules find on a page as it stands in the editor.

    Nothing for what is no page of ours, such as an alert.
    """
    is_ours = isinstance(page, BasePage)
    findings = check_draft(page, timezone.localdate()) if is_ours else []
    return {"findings": findings, "is_ours": is_ours}
