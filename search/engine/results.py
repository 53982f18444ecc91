"""One page of search results, and suggestions as you type, ready to render."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice

from django.db.models import Case, Q, When
from wagtail.documents import get_document_model
from wagtail.models import Page

from home.images.renditions import restricted_collections
from home.navigation import Facet, get_labels, kind_of
from home.page_tree.addresses import parent_path, public_path
from home.pages import unexpired, visible_pages
from search.curation import PromotedResult, get_promoted
from search.engine.filters import LAST_PAGE, FacetMenu, SearchRequest
from search.engine.index import (
    StaleIndexError,
    closest_matches,
    page_index,
    related_keys,
    translate_tantivy_panics,
)
from search.engine.query import (
    IndexState,
    ParsedQuery,
    Vocabulary,
    parse_query,
)
from search.engine.ranking import best, match_all_words
from search.engine.schema import (
    TITLE_WORDS,
    Occur,
    Query,
    best_of,
    public,
    term,
)
from search.engine.snippets import Snippet, SnippetBuilder
from search.indexing.documents import SearchDocument, SearchFile, pages_among
from search.tokens import (
    STOP_WORDS,
    is_too_short,
    significant_words,
    tokenise,
)

logger = logging.getLogger(__name__)

PER_PAGE = 10

# Suggestions.
MIN_CHARACTERS = 2
MAX_SUGGESTIONS = 8
MAX_ENDINGS = 20
# Each costs a search or a database query.
MAX_TRIED = 16


@dataclass(frozen=True)
class Result:
    title: str
    href: str
    kind: str
    section: str
    snippet: Snippet
    updated_at: datetime | None
    label: str = ""
    # For a file, the page that links to it, and its type and size.
    page_href: str = ""
    file_kind: str = ""
    file_size: int | None = None
    # Whether it lacks one of the words that the site has.
    is_partial: bool = False


@dataclass(frozen=True)
class ResultPage:
    """Up to ten results, and how many there are in all."""

    asked: SearchRequest
    results: list[Result]
    count: int
    corrected: str = ""
    promoted: list[PromotedResult] = field(default_factory=list)
    facets: list[Facet] = field(default_factory=list)
    # Closest matches if nothing was found; related pages if few were.
    closest: list[Result] = field(default_factory=list)
    related: list[Result] = field(default_factory=list)
    # The words that no public page has.
    missing: tuple[str, ...] = ()
    is_degraded: bool = False

    @property
    def is_answered(self) -> bool:
        """Whether there is anything to show, or nothing was asked."""
        is_asked = self.asked.query and not self.needs_word
        return bool(self.count or self.promoted or not is_asked)

    @property
    def needs_word(self) -> bool:
        """Whether what was asked is no word, and nothing is promoted for it."""
        is_nothing = self.asked.query and is_too_short(tokenise(self.asked.query))
        return bool(is_nothing) and not (self.count or self.promoted)

    @property
    def parts(self) -> list[tuple[bool, int, list[Result]]]:
        """Return results with all the words and, apart, the last ones with only some.

        Each part with whether it is the second, and the position of its first result.
        """
        length = max(
            (n for n, each in enumerate(self.results, 1) if not each.is_partial),
            default=0,
        )
        first, second = self.results[:length], self.results[length:]
        position = self.first_position
        parts = [(False, position, first), (True, position + length, second)]
        return [part for part in parts if part[-1]]

    @property
    def can_be_sorted(self) -> bool:
        """Whether the newest first may be another order."""
        times = {each.updated_at for each in self.results}
        return not self.is_degraded and (self.count > PER_PAGE or len(times) > 1)

    @property
    def first_position(self) -> int:
        return (self.asked.page - 1) * PER_PAGE + 1

    @property
    def last_number(self) -> int:
        """The number of the last page of results; at least 1."""
        return min(LAST_PAGE, max(1, -(-self.count // PER_PAGE)))


def get_results(asked: SearchRequest, root: Page, at: datetime) -> ResultPage:
    """Return a page of results; from titles alone while the index is unavailable."""
    try:
        return search_index(asked, root, at)
    except StaleIndexError as error:
        logger.warning("%s.", error)
    except Exception:
        # Search must work even if the index is broken (S14). If the database is
        # unavailable, the next query fails too.
        logger.exception("The search index is unavailable.")
    return _search_titles(asked, root, at)


@translate_tantivy_panics()
def search_index(
    asked: SearchRequest, root: Page, at: datetime, state: IndexState | None = None
) -> ResultPage:
    """Return results from the index or another state; may raise `IndexBrokenError`."""
    menu = FacetMenu(root)
    asked, filters = menu.apply(asked, at)
    hits = page_index.search(asked, at, PER_PAGE, filters, state)
    promotions = hits.parsed.promotions if asked.page == 1 else []
    closest, related = hits, []
    if not filters and not hits.keys and not is_too_short(tokenise(asked.query)):
        closest = closest_matches(asked.query, hits.vocabulary)
    elif not filters and hits.count < PER_PAGE:
        first = SearchDocument.objects.filter(pk__in=pages_among(hits.keys[:1]))
        for text in first.values_list("title", "summary"):
            related = related_keys(hits, " ".join(text))
    # All at once, as the queries cost more than the search.
    keys = [*closest.keys, *related]
    snippets = SnippetBuilder(closest.parsed, closest)
    results = make_results(keys, snippets, root, at) if keys else {}

    def of(wanted: list[int]) -> list[Result]:
        return [
            replace(results[key], is_partial=key in hits.partial)
            for key in wanted
            if key in results
        ]

    return ResultPage(
        asked=asked,
        results=of(hits.keys),
        count=hits.count,
        corrected=hits.parsed.corrected,
        promoted=get_promoted(promotions, root, at),
        facets=menu.render(asked, hits.choices, hits.count),
        closest=of(closest.keys) if closest is not hits else [],
        related=of(related),
        missing=hits.missing,
    )


def _search_titles(asked: SearchRequest, root: Page, at: datetime) -> ResultPage:
    words = significant_words(tokenise(asked.query))
    if not words:
        return ResultPage(asked, [], 0, is_degraded=True)
    has = [Q(title__icontains=word) for word in words]
    pages = visible_pages(at).filter(Q.create(has, connector=Q.OR))
    number = sum(Case(When(each, then=1), default=0) for each in has)
    pages = pages.filter(path__startswith=root.path).order_by(-number, "title", "pk")
    start = (asked.page - 1) * PER_PAGE
    keys = [page.pk * 2 for page in pages[start:][:PER_PAGE]]
    # Snippets without the index too, as it is still broken.
    snippets = SnippetBuilder(ParsedQuery.as_typed(words))
    results = [*make_results(keys, snippets, root, at).values()]
    return ResultPage(asked, results, pages.count(), is_degraded=True)


def make_results(
    keys: list[int], snippets: SnippetBuilder, root: Page, at: datetime
) -> dict[int, Result]:
    """Return results by key, of what the database too, asked again, says is public."""
    files = _visible_files([key // 2 for key in keys if key % 2])
    page_ids = {*pages_among(keys), *(file.page_id for file, _ in files.values())}
    rows = visible_pages(at).filter(pk__in=page_ids, path__startswith=root.path)
    pages = {
        row["pk"]: row
        for row in rows.order_by().values(
            "pk", "title", "path", "url_path", "content_type_id", "last_published_at"
        )
    }
    # What is above a visible page is no more private than it. The home page is in no
    # section.
    above = Page.objects.live().filter(
        unexpired(at),
        path__in={parent_path(row["path"]) for row in pages.values()},
        path__startswith=root.path,
    )
    sections = dict(above.order_by().values_list("path", "title"))
    labels = get_labels(pages.values(), at)
    documents = SearchDocument.objects.in_bulk(pages_among(keys))
    results = {}
    for key in keys:
        pk, is_file = divmod(key, 2)
        if is_file and pk in files and files[pk][0].page_id in pages:
            file, document = files[pk]
            page = pages[file.page_id]
            results[key] = Result(
                title=document.title,
                href=document.url,
                kind=SearchFile.kind,
                section=page["title"],
                snippet=snippets.of_file(file),
                updated_at=file.updated_at,
                page_href=public_path(page["url_path"], root),
                file_kind=document.file_extension.upper(),
                file_size=document.get_file_size(),
            )
        elif not is_file and pk in pages and pk in documents:
            page = pages[pk]
            results[key] = Result(
                title=page["title"],
                href=public_path(page["url_path"], root),
                kind=kind_of(page["content_type_id"]),
                section=sections.get(parent_path(page["path"]), ""),
                snippet=snippets.of_page(documents[pk]),
                updated_at=page["last_published_at"],
                label=labels.get(pk, ""),
            )
    return results


def _visible_files(ids: list[int]) -> dict[int, tuple]:
    if not ids:
        return {}
    documents = get_document_model().objects.exclude(
        collection__in=restricted_collections()
    )
    visible = documents.in_bulk(ids)
    files = SearchFile.objects.filter(pk__in=visible, is_public=True)
    return {file.pk: (file, visible[file.pk]) for file in files}


@translate_tantivy_panics()
def get_suggestions(typed: str, root: Page, at: datetime) -> list[str]:
    """Return up to eight completions, best first, that find something public (S8)."""
    words = tokenise(typed)
    if sum(map(len, words)) < MIN_CHARACTERS:
        return []
    state = page_index.catch_up()
    vocabulary = Vocabulary(state, at)

    def begins(phrase: str) -> bool:
        return " ".join(tokenise(phrase)).startswith(" ".join(words))

    def beginning(phrases: list[str]) -> Iterator[str]:
        return islice(filter(begins, dict.fromkeys(phrases)), MAX_TRIED)

    def finds_anything(phrase: str) -> bool:
        parsed = parse_query(phrase, vocabulary)
        return vocabulary.count(match_all_words(parsed, vocabulary)) > 0

    promotions = state.promotions
    found = chain(
        (
            phrase
            for phrase in beginning(promotions.phrases)
            if get_promoted(promotions.find(phrase), root, at)
        ),
        sorted(_titles(words, state, root, at), key=begins, reverse=True),
        filter(finds_anything, beginning(state.synonyms.searched)),
    )
    once: dict[tuple[str, ...], str] = {}
    for each in found:
        once.setdefault(tuple(tokenise(each)), each)
    allowed = (each for each in once.values() if not state.blocklist.matches(each))
    return list(islice(allowed, MAX_SUGGESTIONS))


def _titles(words: list[str], state: IndexState, root: Page, at: datetime) -> list[str]:
    *whole, last = words
    found = state.searcher.terms_with_prefix(TITLE_WORDS, last, limit=MAX_ENDINGS)
    endings = [ending for ending, _ in found if ending not in STOP_WORDS]
    if not endings:
        return []
    query = Query.boolean_query(
        [
            (Occur.MustNot, term("kind", SearchFile.kind)),
            *((Occur.Must, term(TITLE_WORDS, word)) for word in whole),
            (Occur.Must, best_of([term(TITLE_WORDS, ending) for ending in endings])),
        ]
    )
    keys, _ = best(state.searcher, public(query, at), at, 0, MAX_SUGGESTIONS)
    pages = visible_pages(at).filter(path__startswith=root.path)
    titles = dict(pages.filter(pk__in=pages_among(keys)).values_list("pk", "title"))
    return [titles[pk] for pk in pages_among(keys) if pk in titles]
