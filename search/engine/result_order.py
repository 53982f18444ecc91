"""What stands where for a search: now, or if staff's words were others."""

from collections.abc import Iterable
from datetime import datetime

from wagtail.documents import get_document_model
from wagtail.models import Page, Site

from home.images.private_collections import restricted_collections
from home.pages import visible_pages
from search.curation.promotions import PromotionSnippet, in_order
from search.engine.index import IndexState, page_index
from search.engine.query import ParsedQuery
from search.engine.vocabulary import Vocabulary
from search.indexing.documents import files_among, pages_among

# What stands somewhere: its key in the index, or the address of another site's page.
Thing = int | str

UNKNOWN = "Not shown any more"


def default_root() -> Page | None:
    """Return the root page of the site, or None before there is one."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    return site.root_page if site else None


def key_of(page_id: int) -> int:
    """Return the key of a page in the index."""
    return page_id * 2


def visible_below(root: Page, ids: Iterable[int], at: datetime) -> dict[int, str]:
    """Return the titles of those pages, by id, that a visitor of the site may see."""
    pages = visible_pages(at).filter(path__startswith=root.path, pk__in=set(ids))
    return dict(pages.values_list("pk", "title"))


class ResultOrder:
    """The order of results, promotions first, in one state of the index.

    `promotions` are all of that state, whether or not they are at work.
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
        current.sort(key=in_order)
        ids = [each.page_id for each in current if each.page_id]
        visible = visible_below(root, ids, at) if ids else {}
        self._promoted: dict[int, Thing] = {
            each.pk: key_of(each.page_id) if each.page_id else each.link
            for each in current
            if each.link or each.page_id in visible
        }

    def of(self, text: str, limit: int) -> list[Thing]:
        """Return what stands first for a search, as the page of results has it."""
        hits = page_index.search(text, self.at, limit=limit, state=self.state)
        return [*self._shown(hits.promotions), *hits.keys][:limit]

    def reasons(self, text: str) -> tuple[ParsedQuery, list[Thing]]:
        """Return all that the order for a search depends on, sooner than the order.

        Where two states of one index have the same reasons, they show the same.
        """
        vocabulary = Vocabulary(self.state.dictionary, self.at)
        understood, promotions = self.state.parse_query(text, vocabulary)
        return understood, self._shown(promotions)

    def _shown(self, promotions: list[int]) -> list[Thing]:
        return [thing for pk, thing in self._promoted.items() if pk in promotions]


def titles_of(things: Iterable[Thing], root: Page, at: datetime) -> dict[Thing, str]:
    """Return what each thing is called; other sites' pages by their addresses.

    The index knows only what is public; the last word is the database's all the same.
    """
    things = set(things)
    keys = [thing for thing in things if isinstance(thing, int)]
    pages = visible_below(root, pages_among(keys), at)
    documents = get_document_model().objects.filter(pk__in=files_among(keys))
    documents = documents.exclude(collection_id__in=restricted_collections())
    files = documents.values_list("pk", "title")
    return {
        **{thing: thing for thing in things if isinstance(thing, str)},
        **dict.fromkeys(keys, UNKNOWN),
        **{key_of(pk): title for pk, title in pages.items()},
        **{pk * 2 + 1: title for pk, title in files},
    }
