"""The state of a search, as its address has it."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict

from home.page_tree.addresses import page_number
from search.tokens import clean_query

# No one reads further, and an offset costs as much as all results before it.
LAST_PAGE = 100
NEWEST = "newest"


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
        return {
            "query": self.query,
            **self.filters,
            **({"sort": NEWEST} if self.newest_first else {}),
            **({"exact": "1"} if self.exact else {}),
        }

    def href(self, **changes) -> str:
        """Return the address of this search with changes, from page 1."""
        return "?" + urlencode(replace(self, **changes).parameters)
