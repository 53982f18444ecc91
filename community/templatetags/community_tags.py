"""Template tags for alerts, policies and related pages."""

from datetime import datetime

from django import template
from django.db.models import Q
from django.template.defaultfilters import stringfilter
from django.utils import timezone

from community.alerts.visibility import (
    get_alerts_from_now,
    get_alerts_with,
    visible_alerts,
)
from community.models import PartnershipPage, PolicyUpdatePage
from community.policies.versions import HISTORY
from community.subscriptions.views import subscribe_url
from community.views import CALENDAR_NAME, get_feeds
from home.caching import canonical_cache_url
from home.images.renditions import LOGO, get_pictures
from home.navigation import get_cards
from home.notifications.outbox import in_one_line
from home.page_tree.addresses import public_path, site_root
from home.pages import visible_pages

register = template.Library()
register.filter(stringfilter(in_one_line))

SAFE = ("GET", "HEAD")


@register.inclusion_tag("components/alerts.html", takes_context=True)
def alerts(context):
    """Show the alerts not dismissed; in a preview, with the draft among them."""
    request, page, now = context["request"], context.get("page"), timezone.now()
    draft = getattr(request, "draft_alert", None)
    if draft is None:
        # The page cache stores future alerts, too, for when it has no database.
        request.alerts_from_now = get_alerts_from_now(page, now)
        shown = visible_alerts(request, request.alerts_from_now, now)
    else:
        shown = get_alerts_with(draft, page, now)
    next_path = ""
    # On the response to a form, dismissing an alert would lose what was entered.
    if request.method in SAFE:
        # Pages are cached for everyone, so they must not repeat a visitor's parameters.
        next_path = canonical_cache_url(request) if page else request.get_full_path()
    return {"alerts": shown, "next_path": next_path, "request": request}


@register.inclusion_tag("components/linked_pages.html", takes_context=True)
def linked_pages(context):
    page, request = context["page"], context["request"]
    chosen = [link.related_page_id for link in page.related_pages.all()]
    linked = Q(pk__in=chosen)
    if page.pk:
        linked |= Q(related_pages__related_page=page.pk)
    root = site_root(request) or page
    now = timezone.now()
    pages = visible_pages(now).filter(linked).exclude(pk=page.pk)
    cards = get_cards(pages.order_by("title").distinct(), root, now)
    kinds = {"Partnerships": PartnershipPage, "Policies": PolicyUpdatePage}
    return {
        "groups": {
            heading: [card for card in cards if card.kind == model.public_kind]
            for heading, model in kinds.items()
        }
    }


@register.inclusion_tag("components/partners.html")
def partners(page):
    """Show the partners; one query reads all their logos."""
    organisations = list(page.partners.all())
    logos = get_pictures([each.logo_id for each in organisations], LOGO)
    return {"partners": [(each, logos.get(each.logo_id)) for each in organisations]}


@register.inclusion_tag("components/policy_details.html", takes_context=True)
def policy_details(context):
    page, root, now = context["page"], site_root(context["request"]), timezone.now()
    path = public_path(page.url_path, root) if root and page.url_path else ""
    dates, replacement = page.get_dates(now), page.replaced_by_id
    if replacement:
        replacement = visible_pages(now).filter(pk=replacement).first()
    return {
        "page": page,
        "status": page.get_status(now),
        "replacement": replacement,
        "dates": [(label, on, isinstance(on, datetime)) for label, on in dates],
        "calendar_href": f"{path}{CALENDAR_NAME}" if path else "",
        "has_outcome": page.is_outcome_published(now),
    }


@register.inclusion_tag("components/policy_documents.html")
def policy_documents(page):
    return {"documents": page.documents.select_related("document")}


@register.inclusion_tag("components/version_link.html", takes_context=True)
def version_link(context):
    page, root = context["page"], site_root(context["request"])
    is_public = page.pk and visible_pages(timezone.now()).filter(pk=page.pk).exists()
    href = public_path(page.url_path, root) + HISTORY if is_public and root else ""
    return {"href": href}


@register.inclusion_tag("components/feed_links.html", takes_context=True)
def feed_links(context):
    root = site_root(context["request"])
    return {"feeds": get_feeds(context.get("page"), root)}


@register.inclusion_tag("components/subscribe.html", takes_context=True)
def follow(context):
    href = subscribe_url(context.get("page"), context["request"])
    return feed_links(context) | {"href": href}
