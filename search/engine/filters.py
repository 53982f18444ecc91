"""Filters of a search by type, section and date, with result counts."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate

import tantivy
from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import Page, get_page_models

from home.content_version.clock import cache_per_content_version
from home.navigation.listings import Facet, FacetOption
from home.page_tree.addresses import children_of
from home.pages import visible_pages
from search.engine.request import SearchRequest
from search.engine.schema import equal_to, later_than, public
from search.indexing.documents import SearchFile

# The shortest first.
PERIOD_LENGTHS = {
    "week": timedelta(days=7),
    "month": timedelta(days=31),
    "year": timedelta(days=365),
}
PERIOD_LABELS = {
    "week": "In the past week",
    "month": "In the past month",
    "year": "In the past year",
}
MAX_CHOICES = 1_000


@dataclass(frozen=True)
class Filters:
    """The filters of a search; an empty one has no effect."""

    kind: str = ""
    section_id: int | None = None
    period: str = ""

    def queries(self, at: datetime) -> dict[str, tantivy.Query]:
        queries = {}
        if self.kind:
            queries["kind"] = equal_to("kind", self.kind)
        if self.section_id:
            queries["section"] = equal_to("section", self.section_id)
        if self.period:
            queries["period"] = later_than("updated", at - PERIOD_LENGTHS[self.period])
        return queries


def count_choices(
    searcher: tantivy.Searcher,
    found: tantivy.Query,
    filters: dict[str, tantivy.Query],
    at: datetime,
) -> dict[str, dict]:
    """Return how many results each choice of each filter would leave.

    The choices of a filter are counted under all the other filters, not under itself,
    so that people see what another choice would find.
    """
    counters = {"kind": _kinds, "section": _sections, "period": _periods}
    counted: dict[str, dict] = {}
    # Filters that are not set are counted together.
    together = [name for name in counters if name not in filters]
    for names in [together, *([name] for name in filters)]:
        others = [query for name, query in filters.items() if name not in names]
        asked = {name: counters[name](at) for name in names}
        if asked:
            answer = searcher.aggregate(public(found, at, others), asked)
            counted |= {name: _parse_buckets(name, answer[name]) for name in names}
    return counted


def _kinds(at: datetime) -> dict:
    return {"terms": {"field": "kind", "size": MAX_CHOICES}}


def _sections(at: datetime) -> dict:
    return {"terms": {"field": "section", "size": MAX_CHOICES}}


def _periods(at: datetime) -> dict:
    # Ranges must not overlap: each ends where the shorter one starts.
    ranges, end = [], {}
    for period, length in PERIOD_LENGTHS.items():
        start = int((at - length).timestamp()) + 1
        ranges.append({"key": period, "from": start, **end})
        end = {"to": start}
    return {"range": {"field": "updated", "ranges": ranges}}


def _parse_buckets(name: str, answer: dict) -> dict:
    counts = {bucket["key"]: bucket["doc_count"] for bucket in answer["buckets"]}
    if name != "period":
        return counts
    periods = list(PERIOD_LENGTHS)
    sums = accumulate(counts.get(period, 0) for period in periods)
    return dict(zip(periods, sums, strict=True))


@cache_per_content_version
def get_sections(root_path: str) -> list:
    """Return the path, slug, id and title of each section of a site."""
    pages = visible_pages(timezone.now())
    sections = pages.filter(children_of(root_path), numchild__gt=0)
    return list(sections.values_list("path", "slug", "pk", "title", named=True))


class FacetMenu:
    """The facets of one site, and what their values in an address mean."""

    def __init__(self, root: Page):
        kinds = {getattr(model, "public_kind", "") for model in get_page_models()}
        kinds |= {SearchFile.kind}
        self._kinds = {slugify(kind): kind for kind in kinds if kind}
        self._sections = {
            section.slug: (section.pk, section.title)
            for section in get_sections(root.path)
        }

    def known(self, asked: SearchRequest) -> SearchRequest:
        """Return a search without filters that this site does not have."""
        return replace(
            asked,
            kind=asked.kind if asked.kind in self._kinds else "",
            section=asked.section if asked.section in self._sections else "",
        )

    def parse(self, asked: SearchRequest) -> Filters:
        section_id, _ = self._sections.get(asked.section, (None, ""))
        return Filters(self._kinds.get(asked.kind, ""), section_id, asked.period)

    def render(self, asked: SearchRequest, counted: dict[str, dict]) -> list[Facet]:
        """Return the facets and their choices, except those that change nothing."""
        labels = {
            "kind": {slug: (kind, kind) for slug, kind in self._kinds.items()},
            "section": self._sections,
            "period": {key: (key, label) for key, label in PERIOD_LABELS.items()},
        }
        headings = {
            "kind": ("Type", "Any type"),
            "section": ("Section", "Any section"),
            "period": ("Updated", "Any date"),
        }
        facets = []
        for name, names in headings.items():
            counts = counted.get(name, {})
            current = getattr(asked, name)
            choices = [
                FacetOption(
                    label=label,
                    href=asked.href(**{name: slug, "page": 1}),
                    count=counts.get(key, 0),
                    is_current=slug == current,
                )
                for slug, (key, label) in labels[name].items()
                if counts.get(key) or slug == current
            ]
            if name != "period":
                choices.sort(key=lambda choice: (-choice.count, choice.label))
            is_set = current in labels[name]
            if is_set or len(choices) > 1:
                clear_href = asked.href(**{name: "", "page": 1}) if is_set else ""
                facets.append(Facet(*names, choices, clear_href))
        return facets
