"""The order of results for a search, now or with other synonyms and promotions."""

from collections.abc import Iterable
from datetime import datetime

from wagtail.documents import get_document_model
from wagtail.models import Page, Site

from home.images.private_collections import restricted_collections
from home.pages import visible_pages
from search.curation.promotions import PromotionSnippet, sort_key
from search.engine.index import IndexState, page_index
from search.engine.query import ParsedQuery
from search.engine.vocabulary import Vocabulary
from search.indexing.documents import files_among, pages_among

# A result: its key in the index, or the address of a page on another website.
ResultKey = int | str

UNKNOWN = "No longer visible"


def default_root() -> Page | None:
    """Return the root page of the site, or None before there is one."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    return site.root_page if site else None


def key_of(page_id: int) -> int:
    return page_id * 2


def visible_below(root: Page, ids: Iterable[int], at: datetime) -> dict[int, str]:
    """Return the titles of the visible pages among these, by id."""
    pages = visible_pages(at).filter(path__startswith=root.path, pk__in=set(ids))
    return dict(pages.values_list("pk", "title"))


class ResultOrder:
    """The order of results, promotions first, in one state of the index.

    `promotions` are all of that state, whether or not they are active.
    """

    def __init__(
        self,
        state: IndexState,
        promotions: Iterable[PromotionSnippet],
        root: Page,
        at: datetime,
    ):
        self.state = state
        self.at = at
        current = [each for each in promotions if each.is_current(at)]
        current.sort(key=sort_key)
        ids = [each.page_id for each in current if each.page_id]
        visible = visible_below(root, ids, at) if ids else {}
        self._promoted: dict[int, ResultKey] = {
            each.pk: key_of(each.page_id) if each.page_id else each.link
            for each in current
            if each.link or each.page_id in visible
        }

    def of(self, text: str, limit: int) -> list[ResultKey]:
        """Return the first results of a search, in the order of the results page."""
        hits = page_index.search(text, self.at, limit=limit, state=self.state)
        return [*self._visible_keys(hits.promotions), *hits.keys][:limit]

    def explanations(self, text: str) -> tuple[ParsedQuery, list[ResultKey]]:
        """Return all that the order of results depends on, without searching.

        Two states of one index with the same explanations have the same order.
        """
        vocabulary = Vocabulary(self.state.dictionary, self.at)
        parsed, promotions = self.state.parse_query(text, vocabulary)
        return parsed, self._visible_keys(promotions)

    def _visible_keys(self, promotions: list[int]) -> list[ResultKey]:
        return [key for pk, key in self._promoted.items() if pk in promotions]


def titles_of(
    result_keys: Iterable[ResultKey], root: Page, at: datetime
) -> dict[ResultKey, str]:
    """Return the title of each result; pages on other websites have their address.

    The index only has what is public, but the database is asked again.
    """
    result_keys = set(result_keys)
    keys = [key for key in result_keys if isinstance(key, int)]
    pages = visible_below(root, pages_among(keys), at)
    documents = get_document_model().objects.filter(pk__in=files_among(keys))
    documents = documents.exclude(collection_id__in=restricted_collections())
    files = documents.values_list("pk", "title")
    return {
        **{key: key for key in result_keys if isinstance(key, str)},
        **dict.fromkeys(keys, UNKNOWN),
        **{key_of(pk): title for pk, title in pages.items()},
        **{pk * 2 + 1: title for pk, title in files},
    }
