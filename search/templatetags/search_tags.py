"""Ways for visitors to say what they think of a page, or cannot find."""

from urllib.parse import urlencode

from django import template
from django.urls import reverse
from wagtail.models import Page

from search.feedback.views import is_asked_about

register = template.Library()


@register.inclusion_tag("components/page_feedback.html", takes_context=True)
def page_feedback(context):
    page = context.get("page")
    if not isinstance(page, Page) or not is_asked_about(page, context["request"]):
        return {}
    return {"page": page, "request": context["request"]}


@register.simple_tag(takes_context=True)
def enquiry_href(context, query=""):
    """Return the address of the "Can't find it" form, with the current page."""
    path, form = context["request"].path, reverse("enquiry")
    # The form's own pages have references in their addresses, which stay there.
    carried = {"query": query, "from": "" if path.startswith(form) else path}
    filled = {name: value for name, value in carried.items() if value}
    return f"{form}?{urlencode(filled)}" if filled else form
