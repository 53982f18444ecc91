"""What the foot of every page asks."""

from django import template
from wagtail.models import Page

from search.feedback.page_feedback.views import is_asked_about

register = template.Library()


@register.inclusion_tag("components/page_feedback.html", takes_context=True)
def page_feedback(context):
    page = context.get("page")
    if not isinstance(page, Page) or not is_asked_about(page, context["request"]):
        return {}
    return {"page": page, "request": context["request"]}
