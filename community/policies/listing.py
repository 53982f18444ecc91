"""All policy updates: open consultations first, then the newest, with filters (P4).

Filters are query parameters; unknown values are ignored.
"""

from collections import Counter
from urllib.parse import urlencode

from django.core.paginator import EmptyPage, Paginator
from django.db.models import F
from django.db.models.functions import ExtractYear
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from wagtail.models import Page

from community.models import PolicyUpdatePage
from community.models.policy import PolicyKind, PolicyStatus
from community.policies.feeds import policy_feed_link
from home.caching import mark_cacheable
from home.content_version import cache_per_content_version
from home.navigation import Facet, FacetOption, get_cards
from home.page_tree.addresses import (
    descendants_of,
    page_number,
    parent_path,
    site_origin,
    site_root,
)
from home.pages import visible_pages

PER_PAGE = 30
FILTERS = {
    "kind": ("Kind", "Any kind"),
    "status": ("Status", "Any status"),
    "topic": ("Topic", "Any topic"),
    "year": ("Updated in", "Any year"),
}


@require_safe
def policy_updates(request: HttpRequest) -> HttpResponse:
    root = site_root(request)
    if root is None:
        raise Http404("There is no site yet.")
    rows, topics = _read(root.path)
    years = sorted({row["year"] for row in rows}, reverse=True)
    labels = {
        "kind": dict(PolicyKind.choices),
        "status": dict(PolicyStatus.choices),
        "topic": dict(sorted(topics.items(), key=lambda topic: topic[1])),
        "year": {year: year for year in years},
    }
    asked = {
        name: value
        for name in FILTERS
        if (value := request.GET.get(name)) and value in labels[name]
    }
    found = [row["pk"] for row in rows if _matches(row, asked)]
    try:
        number = page_number(request.GET.get("page", "1"))
        policies = Paginator(found, PER_PAGE).page(number)
    except EmptyPage as error:
        raise Http404("There is no such page of the list.") from error
    pages = Page.objects.filter(pk__in=policies.object_list)
    cards = {card.pk: card for card in get_cards(pages, root, timezone.now())}
    context = {
        "page": root,
        "canonical": site_origin(request) + request.path,
        "subscribe_url": reverse("subscribe"),
        "feeds": [policy_feed_link()],
        "policies": policies,
        "cards": [cards[pk] for pk in policies if pk in cards],
        "facets": _get_facets(rows, asked, labels),
        "is_filtered": bool(asked),
        # The query string before the page number.
        "before": f"{urlencode(asked)}&" if asked else "",
    }
    response = render(request, "community/policy_updates.html", context)
    return mark_cacheable(response) if is_cacheable(request, asked, found) else response


def is_cacheable(request: HttpRequest, asked: dict[str, str], found: list[int]) -> bool:
    """Say whether all filters are real: anyone can make up others to fill the cache."""
    return bool(found) and asked.keys() == FILTERS.keys() & request.GET


def _matches(row: dict, asked: dict[str, str]) -> bool:
    return all(row[name] == value for name, value in asked.items())


@cache_per_content_version
def _read(root_path: str) -> tuple[list[dict], dict[str, str]]:
    """Return the filter values of all public policies in order, and topics' titles.

    A topic is the slug of a section.
    """
    at = timezone.now()
    visible = visible_pages(at).filter(descendants_of(root_path))
    policies = PolicyUpdatePage.objects.filter(pk__in=visible).with_status(at)
    rows = policies.order_by(
        # Null for a page that was never published in the admin, as an imported one.
        F("last_published_at").desc(nulls_last=True)
    ).values("pk", "kind", "status", "path", year=ExtractYear("last_published_at"))
    rows = sorted(rows, key=lambda row: row["status"] != PolicyStatus.CONSULTATION_OPEN)
    paths = {parent_path(row["path"]) for row in rows}
    sections = visible.filter(path__in=paths).values_list("path", "slug", "title")
    slugs = {path: slug for path, slug, _ in sections}
    for row in rows:
        row["topic"] = slugs.get(parent_path(row["path"]), "")
        row["year"] = str(row["year"] or "")
    return rows, {slug: title for _, slug, title in sections}


def _get_facets(
    rows: list[dict], asked: dict[str, str], labels: dict[str, dict[str, str]]
) -> list[Facet]:
    """Return the filters; options are counted under all the other filters."""
    facets = []
    for name, names in FILTERS.items():
        others = {key: value for key, value in asked.items() if key != name}
        counts = Counter(row[name] for row in rows if _matches(row, others))
        current = asked.get(name, "")
        choices = [
            FacetOption(
                label=label,
                href=f"?{urlencode(others | {name: key})}",
                count=counts[key],
                is_current=key == current,
            )
            for key, label in labels[name].items()
            if key and (counts[key] or key == current)
        ]
        if current or len(choices) > 1:
            clear_href = f"?{urlencode(others)}" if current else ""
            facets.append(Facet(*names, choices, clear_href))
    return facets
