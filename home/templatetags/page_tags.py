"""Parts of pages that need a query: navigation, cards, pictures, page history."""

from dataclasses import replace
from urllib.parse import urljoin

from django import template
from django.utils import timezone

from home.caching import has_session
from home.content.fields import phone_link, web_link
from home.content.walker import Kind, walk_body
from home.images.renditions import (
    BANNER,
    BODY,
    SOCIAL,
    Picture,
    Shape,
    get_pictures,
    get_pictures_in_shapes,
)
from home.navigation import (
    Navigation,
    get_cards,
    get_navigation,
    latest_changes,
    make_cards,
)
from home.page_tree.addresses import public_path, site_origin, site_root
from home.pages import visible_pages

register = template.Library()
register.filter(web_link)
register.filter(phone_link)

# The rest of a long history is collapsed.
MAX_VISIBLE_NOTES = 10


@register.simple_tag(takes_context=True, name="get_navigation")
def get_page_navigation(context) -> Navigation:
    request, page = context["request"], context.get("page")
    if not hasattr(request, "_navigation"):
        request._navigation = get_navigation(request, page, timezone.now())
    return request._navigation


def _page_picture(context: template.Context, shape: Shape) -> Picture | None:
    request, image_id = context["request"], context["page"].picture_id
    if not hasattr(request, "_page_pictures"):
        request._page_pictures = get_pictures_in_shapes([image_id], BANNER, SOCIAL)
    return request._page_pictures[shape].get(image_id)


@register.inclusion_tag("components/metadata.html", takes_context=True)
def metadata(context):
    page, request = context.get("page"), context["request"]
    root = site_root(request)
    if page is None or root is None or not page.url_path:
        return {}
    origin, picture = site_origin(request), _page_picture(context, SOCIAL)
    return {
        "page": page,
        "council": context["council"],
        "origin": origin,
        "path": public_path(page.url_path, root),
        "links": get_page_navigation(context).breadcrumbs,
        "picture": picture,
        "picture_url": urljoin(origin, picture.url) if picture else "",
    }


@register.inclusion_tag("components/cards.html", takes_context=True)
def child_cards(context, heading, empty=""):
    rows = get_page_navigation(context).child_rows
    cards = make_cards(rows, site_root(context["request"]), timezone.now())
    return {"cards": cards, "heading": heading, "empty": empty}


@register.inclusion_tag("components/cards.html", takes_context=True)
def popular_pages(context, home_page):
    # Each once, even if an editor has chosen it twice.
    chosen = dict.fromkeys(link.page_id for link in home_page.popular_pages.all())
    if not chosen:
        return {"cards": []}
    now = timezone.now()
    pages = visible_pages(now).filter(pk__in=chosen)
    root = site_root(context["request"]) or home_page
    cards = {card.pk: card for card in get_cards(pages, root, now)}
    in_order = [cards[pk] for pk in chosen if pk in cards]
    return {"cards": in_order, "heading": "Popular pages"}


@register.inclusion_tag("components/updates.html", takes_context=True)
def updates(context, page):
    root = site_root(context["request"])
    has_pages_below = page.pk and root is not None
    now = timezone.now()
    return {"updates": latest_changes(page, root, now) if has_pages_below else []}


@register.simple_tag(takes_context=True)
def get_banner(context) -> Picture | None:
    return _page_picture(context, BANNER)


@register.inclusion_tag("components/page_history.html")
def page_history(page):
    notes = list(page.change_notes.all()) if page.pk else []
    return {
        "page": page,
        "notes": notes[:MAX_VISIBLE_NOTES],
        "more": notes[MAX_VISIBLE_NOTES:],
    }


@register.inclusion_tag("components/session_token.html", takes_context=True)
def session_token(context):
    return {"has_session": has_session(context["request"])}


@register.simple_tag
def get_body_pictures(body):
    parts = walk_body(body)
    return get_pictures(
        [part.value.pk for part in parts if part.kind is Kind.IMAGE], BODY
    )


@register.simple_tag(takes_context=True)
def get_body_picture(context, image):
    pictures = context.get("body_pictures")
    if pictures is None:
        pictures = get_pictures([image.pk], BODY)
    picture = pictures.get(image.pk)
    if picture is None:
        return None
    alt = "" if image.decorative else image.contextual_alt_text or picture.alt
    return replace(picture, alt=alt)
