"""Filters of a search by type, section and date, with result counts."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate

import tantivy
from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import Page, get_page_models

from home.content_version import cache_per_content_version
from home.navigation import Facet, FacetOption
from home.page_tree.addresses import children_of
from home.pages import visible_pages
from search.engine.request import SearchRequest
from search.engine.schema import public, term, updated_after
from search.indexing.documents import SearchFile

# The shortest first.
PERIODS = {
    "week": (timedelta(days=7), "In the past week"),
    "month": (timedelta(days=31), "In the past month"),
    "year": (timedelta(days=365), "In the past year"),
}
HEADINGS = {
    "kind": ("Type", "Any type"),
    "section": ("Section", "Any section"),
    "period": ("Updated", "Any date"),
}
MAX_CHOICES = 1_000


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
    # Ranges must not overlap: each ends where the shorter one starts.
    ranges, end = [], {}
    for period, (length, _) in PERIODS.items():
        start = int((at - length).timestamp()) + 1
        ranges.append({"key": period, "from": start, **end})
        end = {"to": start}
    counters = {
        "kind": {"terms": {"field": "kind", "size": MAX_CHOICES}},
        "section": {"terms": {"field": "section", "size": MAX_CHOICES}},
        "period": {"range": {"field": "updated", "ranges": ranges}},
    }
    counted: dict[str, dict] = {}
    # Filters that are not set are counted together.
    together = [name for name in counters if name not in filters]
    for names in [together, *([name] for name in filters)]:
        others = [query for name, query in filters.items() if name not in names]
        if asked := {name: counters[name] for name in names}:
            answer = searcher.aggregate(public(found, at, others), asked)
            for name in names:
                buckets = answer[name]["buckets"]
                counted[name] = {each["key"]: each["doc_count"] for each in buckets}
    counts = accumulate(counted["period"].get(period, 0) for period in PERIODS)
    return {**counted, "period": dict(zip(PERIODS, counts, strict=True))}


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
        # By filter and value in an address: the value in the index, and its label.
        self._choices = {
            "kind": {slugify(kind): (kind, kind) for kind in kinds if kind},
            "section": {
                section.slug: (section.pk, section.title)
                for section in get_sections(root.path)
            },
            "period": {
                period: (period, label) for period, (_, label) in PERIODS.items()
            },
        }

    def known(self, asked: SearchRequest) -> SearchRequest:
        """Return a search without filters that this site does not have."""
        unknown = [
            name
            for name, choices in self._choices.items()
            if getattr(asked, name) not in choices
        ]
        return replace(asked, **dict.fromkeys(unknown, ""))

    def queries(self, asked: SearchRequest, at: datetime) -> dict[str, tantivy.Query]:
        """Return the condition of each filter that is set."""
        queries = {}
        for name, choices in self._choices.items():
            if slug := getattr(asked, name):
                value, _ = choices[slug]
                queries[name] = (
                    updated_after(at - PERIODS[value][0])
                    if name == "period"
                    else term(name, value)
                )
        return queries

    def render(self, asked: SearchRequest, counted: dict[str, dict]) -> list[Facet]:
        """Return the facets and their choices, except those that change nothing."""
        facets = []
        for name, labels in self._choices.items():
            counts = counted.get(name, {})
            current = getattr(asked, name)
            choices = [
                FacetOption(
                    label=label,
                    href=asked.href(**{name: slug}),
                    count=counts.get(key, 0),
                    is_current=slug == current,
                )
                for slug, (key, label) in labels.items()
                if counts.get(key) or slug == current
            ]
            if name != "period":
                choices.sort(key=lambda choice: (-choice.count, choice.label))
            if current or len(choices) > 1:
                clear_href = asked.href(**{name: ""}) if current else ""
                facets.append(Facet(*HEADINGS[name], choices, clear_href))
        return facets
