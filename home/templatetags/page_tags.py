"""Parts of pages that need a query: navigation, cards, pictures, page history."""

from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils import timezone

from home.navigation import Navigation, get_navigation
from home.pictures import BANNER_SPEC, get_pictures
from home.visitors import has_session

register = template.Library()


def _navigation(context: template.Context) -> Navigation:
    """Return the navigation around the page; asked of the database once a request."""
    request = context["request"]
    if not hasattr(request, "_navigation"):
        request._navigation = get_navigation(
            request, context.get("page"), timezone.now()
        )
    return request._navigation


@register.inclusion_tag("components/main_navigation.html", takes_context=True)
def main_navigation(context):
    """Show the links to the main sections."""
    return {"links": _navigation(context).main}


@register.inclusion_tag("components/breadcrumbs.html", takes_context=True)
def breadcrumbs(context):
    """Show the way from the home page to this one."""
    return {"links": _navigation(context).breadcrumbs, "page": context.get("page")}


@register.inclusion_tag("components/section_navigation.html", takes_context=True)
def section_navigation(context):
    """Show the pages of the section that the page is in."""
    navigation = _navigation(context)
    return {
        "title": navigation.section_title,
        "href": navigation.section_href,
        "links": navigation.section,
    }


@register.inclusion_tag("components/footer_links.html", takes_context=True)
def footer_links(context):
    """Show the links to the site's own statements, such as the one on privacy."""
    return {"links": _navigation(context).footer}


@register.inclusion_tag("components/cards.html", takes_context=True)
def child_cards(context):
    """Show a card for each page below this one, in the order that staff give them."""
    return {"cards": _navigation(context).get_child_cards()}


@register.inclusion_tag("components/banner.html")
def banner(page):
    """Show the page's picture, where it has one."""
    pictures = get_pictures([page.picture_id], BANNER_SPEC)
    return {"picture": pictures.get(page.picture_id)}


@register.inclusion_tag("components/page_history.html")
def page_history(page):
    """Show when the page was published and updated, and what changed."""
    return {"page": page, "notes": list(page.change_notes.all()) if page.pk else []}


@register.simple_tag(takes_context=True)
def enquiry_href(context, query=""):
    """Return the address of the "Can't find it" form, with where it is asked from."""
    request = context["request"]
    carried = {"query": query, "from": request.path}
    filled = {name: value for name, value in carried.items() if value}
    return f"{reverse('enquiry')}?{urlencode(filled)}"


@register.inclusion_tag("components/session_token.html", takes_context=True)
def session_token(context):
    """Put Django's token into a form for whoever may be signed in, and nobody else."""
    return {"has_session": has_session(context["request"])}
