"""All policy updates: open consultations first, then the newest, with filters (P4).

Filters are query parameters; unknown values are ignored.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone
from wagtail.models import Page

from community.models import PolicyUpdatePage
from community.models.policy import (
    PolicyKind,
    PolicyStatus,
)
from home.content_version.clock import cache_per_content_version
from home.navigation.listings import Card, Facet, FacetOption, get_cards
from home.page_tree.addresses import descendants_of, page_number, parent_path
from home.pages import visible_pages

PER_PAGE = 30
# For a page that was never published in the admin, such as an imported one.
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
FILTERS = {
    "kind": ("Kind", "Any kind"),
    "status": ("Status", "Any status"),
    "topic": ("Topic", "Any topic"),
    "year": ("Updated in", "Any year"),
}


@dataclass(frozen=True)
class PolicyRow:
    """The filter values of a policy; `topic` is the slug of its section."""

    pk: int
    kind: str
    status: str
    topic: str
    year: str
    updated_at: datetime

    def matches(self, asked: dict[str, str]) -> bool:
        return all(getattr(self, name) == value for name, value in asked.items())


@dataclass(frozen=True)
class PolicyListing:
    cards: list[Card]
    count: int
    facets: list[Facet]
    is_filtered: bool
    number: int
    last_number: int
    # The query string before the page number.
    before: str
    # Whether its filters are all real: anyone can make up others to fill the cache.
    is_cacheable: bool


def get_listing(request: HttpRequest, root: Page, at: datetime) -> PolicyListing | None:
    """Return a page of the list, or None if there is no such page."""
    rows, topics = _read(root.path)
    years = {row.year for row in rows}
    labels = {
        "kind": dict(PolicyKind.choices),
        "status": dict(PolicyStatus.choices),
        "topic": topics,
        "year": {year: year for year in sorted(years, reverse=True)},
    }
    asked = {
        name: value
        for name in FILTERS
        if (value := request.GET.get(name)) and value in labels[name]
    }
    number = page_number(request.GET.get("page", "1"))
    found = [row for row in rows if row.matches(asked)]
    last_number = max(1, -(-len(found) // PER_PAGE))
    if number > last_number:
        return None
    ids = [row.pk for row in found][(number - 1) * PER_PAGE : number * PER_PAGE]
    cards = {
        card.pk: card for card in get_cards(Page.objects.filter(pk__in=ids), root, at)
    }
    return PolicyListing(
        cards=[cards[pk] for pk in ids if pk in cards],
        count=len(found),
        facets=_get_facets(rows, asked, labels),
        is_filtered=bool(asked),
        number=number,
        last_number=last_number,
        before=f"{urlencode(asked)}&" if asked else "",
        is_cacheable=bool(found) and asked.keys() == FILTERS.keys() & request.GET,
    )


@cache_per_content_version
def _read(root_path: str) -> tuple[list[PolicyRow], dict[str, str]]:
    """Return all public policies in order, and the titles of topics."""
    at = timezone.now()
    visible = visible_pages(at).filter(descendants_of(root_path))
    policies = PolicyUpdatePage.objects.filter(pk__in=visible).with_status(at)
    values = list(
        policies.values_list("pk", "kind", "status", "path", "last_published_at")
    )
    paths = {parent_path(path) for _, _, _, path, _ in values}
    sections = visible.filter(path__in=paths).values_list("path", "slug", "title")
    slugs = {path: slug for path, slug, _ in sections}
    rows = [
        PolicyRow(
            pk=pk,
            kind=kind,
            status=status,
            topic=slugs.get(parent_path(path), ""),
            year=str(timezone.localtime(updated_at).year) if updated_at else "",
            updated_at=updated_at or LONG_AGO,
        )
        for pk, kind, status, path, updated_at in values
    ]
    rows.sort(key=lambda row: row.updated_at, reverse=True)
    rows.sort(key=lambda row: row.status != PolicyStatus.CONSULTATION_OPEN)
    return rows, {slug: title for _, slug, title in sections}


def _get_facets(
    rows: list[PolicyRow], asked: dict[str, str], labels: dict[str, dict[str, str]]
) -> list[Facet]:
    """Return the filters; options are counted under all the other filters."""
    shown = []
    for name, names in FILTERS.items():
        others = {key: value for key, value in asked.items() if key != name}
        counts = Counter(getattr(row, name) for row in rows if row.matches(others))
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
        if name == "topic":
            choices.sort(key=lambda choice: choice.label)
        clear_href = f"?{urlencode(others)}" if current else ""
        if current or len(choices) > 1:
            shown.append(Facet(*names, choices, clear_href))
    return shown
