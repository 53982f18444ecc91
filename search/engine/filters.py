"""A search as its address has it: its filters by type, section and date, and counts."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from urllib.parse import urlencode

import tantivy
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import Page, get_page_models

from home.content_version import cache_per_content_version
from home.navigation import Facet, FacetOption
from home.page_tree.addresses import children_of, page_number
from home.pages import visible_pages
from search.engine.schema import public, term, updated_after
from search.indexing.documents import SearchFile
from search.tokens import clean_query

# No one reads further, and an offset costs as much as all results before it.
LAST_PAGE = 100
NEWEST = "newest"
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


@dataclass(frozen=True)
class SearchRequest:
    """A search as its address has it.

    `kind`, `section` and `period` are slugs; unknown ones are ignored, so that a
    bookmark outlives a section. `exact` switches correction off.
    """

    query: str
    kind: str = ""
    section: str = ""
    period: str = ""
    newest_first: bool = False
    exact: bool = False
    page: int = 1

    @classmethod
    def from_address(cls, parameters: QueryDict) -> "SearchRequest":
        """Read a search from an address; raise `Http404` for a wrong `?page=`."""
        return cls(
            query=clean_query(parameters.get("query", "")),
            kind=clean_query(parameters.get("type", ""), 50),
            section=clean_query(parameters.get("section", ""), 255),
            period=clean_query(parameters.get("updated", ""), 50),
            newest_first=parameters.get("sort") == NEWEST,
            exact=parameters.get("exact") == "1",
            page=page_number(parameters.get("page", "1"), most=LAST_PAGE),
        )

    @property
    def filters(self) -> dict[str, str]:
        values = {"type": self.kind, "section": self.section, "updated": self.period}
        return {name: value for name, value in values.items() if value}

    @property
    def parameters(self) -> dict[str, str]:
        order = {"sort": NEWEST} if self.newest_first else {}
        exact = {"exact": "1"} if self.exact else {}
        return {"query": self.query, **self.filters, **order, **exact}

    def href(self, **changes) -> str:
        """Return the address of this search with changes, from page 1."""
        return "?" + urlencode(replace(self, **changes).parameters)


def count_choices(
    searcher: tantivy.Searcher,
    found: tantivy.Query,
    filters: dict[str, tantivy.Query],
    at: datetime,
) -> dict[str, dict]:
    """Return how many results each choice leaves, under all filters but its own."""
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
    for names in filter(None, [together, *([name] for name in filters)]):
        others = [query for name, query in filters.items() if name not in names]
        asked = {name: counters[name] for name in names}
        answer = searcher.aggregate(public(found, at, others), asked)
        for name in names:
            buckets = answer[name]["buckets"]
            counted[name] = {each["key"]: each["doc_count"] for each in buckets}
    counts = accumulate(counted["period"].get(period, 0) for period in PERIODS)
    return {**counted, "period": dict(zip(PERIODS, counts, strict=True))}


@cache_per_content_version
def get_sections(root_path: str) -> list:
    pages = visible_pages(timezone.now())
    sections = pages.filter(children_of(root_path), numchild__gt=0)
    return list(sections.values_list("slug", "pk", "title"))


class FacetMenu:
    """The facets of one site, and what their values in an address mean."""

    def __init__(self, root: Page):
        kinds = {getattr(model, "public_kind", "") for model in get_page_models()}
        # By filter and value in an address: the value in the index, and its label.
        self._choices = {
            "kind": {slugify(k): (k, k) for k in {*kinds, SearchFile.kind} if k},
            "section": {slug: own for slug, *own in get_sections(root.path)},
            "period": {
                period: (period, label) for period, (_, label) in PERIODS.items()
            },
        }

    def apply(
        self, asked: SearchRequest, at: datetime
    ) -> tuple[SearchRequest, dict[str, tantivy.Query]]:
        """Drop filters that this site does not have; return conditions of others."""
        queries = {}
        for name, choices in self._choices.items():
            value, _ = choices.get(getattr(asked, name), (None, ""))
            if value is None:
                asked = replace(asked, **{name: ""})
            elif name == "period":
                queries[name] = updated_after(at - PERIODS[value][0])
            else:
                queries[name] = term(name, value)
        return asked, queries

    def render(
        self, asked: SearchRequest, counted: dict[str, dict], total: int
    ) -> list[Facet]:
        """Return the facets and their choices that tell the results apart."""
        facets = []
        for name, labels in self._choices.items():
            counts = counted.get(name, {})
            current = getattr(asked, name)
            # All the results, or as many as in a shorter period, tell nothing apart.
            useless = {0} if current else {0, total}
            choices = []
            for slug, (key, label) in labels.items():
                count, href = counts.get(key, 0), asked.href(**{name: slug})
                if count not in useless or slug == current:
                    choices.append(FacetOption(label, href, count, slug == current))
                if name == "period":
                    useless.add(count)
            if name != "period":
                choices.sort(key=lambda choice: (-choice.count, choice.label))
            if choices:
                clear_href = asked.href(**{name: ""}) if current else ""
                facets.append(Facet(*HEADINGS[name], choices, clear_href))
        return facets
