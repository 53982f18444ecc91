"""The search index of one process: built from the database, updated by version."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import tantivy
from django.db import close_old_connections
from django.utils import timezone

from home.content_version import get_content_version
from search import curation
from search.engine import ranking
from search.engine.filters import SearchRequest, count_choices
from search.engine.query import (
    IndexState,
    ParsedQuery,
    QueryVariant,
    Vocabulary,
    parse_query,
)
from search.engine.schema import SCHEMA, all_of, any_of, public, term, to_index
from search.indexing.documents import IndexedText, SearchDocument, SearchFile
from search.tokens import (
    PLAIN_TOKENIZER_NAME,
    TOKENIZER_NAME,
    analyzer,
    is_too_short,
    plain_analyzer,
    tokenise,
)

logger = logging.getLogger(__name__)

# Enough for 50,000 pages in one segment, which is quicker to build and search.
WRITER_MEMORY_BYTES = 100_000_000
# How long a visitor waits while another thread updates the index.
MAX_SECONDS_TO_WAIT = 3.0
MAX_CLOSEST = 5
MAX_RELATED = 3
# Of the score that a page has for its own significant words.
MIN_LIKENESS = 0.5
# Indexed in a quarter of a second.
QUICK_CHARACTERS = 1_500_000
# How many rows are read from the database at once; files may be long.
CHUNKS = {SearchDocument: 500, SearchFile: 20}


class IndexBrokenError(Exception):
    """The index does not answer."""


class StaleIndexError(IndexBrokenError):
    """The index is not updated within the time that a visitor waits."""


@contextmanager
def translate_tantivy_panics() -> Iterator[None]:
    """Raise `IndexBrokenError` for a panic, which is not an `Exception` in Python."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise IndexBrokenError(str(error)) from error
        raise


@dataclass(frozen=True)
class SearchHits:
    """The keys of one page of results, best first, and counts."""

    keys: list[int]
    count: int
    parsed: ParsedQuery
    vocabulary: Vocabulary
    # No query finds nothing.
    query: tantivy.Query | None = None
    # By filter: how many results each of its choices has.
    choices: dict[str, dict] = field(default_factory=dict)
    # The words that no public page has, and the keys that lack one of the others.
    missing: tuple[str, ...] = ()
    partial: frozenset[int] = frozenset()


class IndexBuild:
    """An index that is being built, and what is in it."""

    def __init__(self):
        self.index = tantivy.Index(SCHEMA)
        self.index.register_tokenizer(TOKENIZER_NAME, analyzer)
        self.index.register_tokenizer(PLAIN_TOKENIZER_NAME, plain_analyzer)
        self._writer = self.index.writer(WRITER_MEMORY_BYTES, num_threads=1)
        self._keys: set[int] = set()
        self._characters = 0
        self._has_replaced = False

    @property
    def needs_rebuild(self) -> bool:
        """Tantivy counts deleted documents, so another process ranks differently."""
        return self._has_replaced and self._characters <= QUICK_CHARACTERS

    def put(self, document: IndexedText) -> None:
        """Add a document, or remove it if not public; takes effect on `commit`."""
        self._writer.delete_documents_by_term("key", document.key)
        self._has_replaced |= document.key in self._keys
        if document.is_public:
            self._writer.add_document(to_index(document))
            self._keys.add(document.key)
            self._characters += len(document.body)

    def put_changes(self, since: int) -> None:
        for model, chunk_size in CHUNKS.items():
            changed = model.objects.filter(version__gt=since)
            # In one order everywhere, as it may break ties.
            changed = changed.order_by("version", "pk")
            for document in changed.iterator(chunk_size=chunk_size):
                self.put(document)

    def commit(self) -> tantivy.Searcher:
        self._writer.commit()
        self.index.reload()
        return self.index.searcher()


class PageIndex:
    """An index in memory of the text of public pages and files.

    Every search first gets the content version and, if it has changed, reads the
    documents written since. So workers and machines only share the database. Thread
    safe.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._build = IndexBuild()
        self._state: IndexState | None = None

    @property
    def version(self) -> int | None:
        """The content version of the index; None before it is built."""
        state = self._state
        return state.version if state else None

    def start_in_background(self) -> threading.Thread:
        thread = threading.Thread(target=self._start, name="search-index", daemon=True)
        thread.start()
        return thread

    def _start(self) -> None:
        try:
            with translate_tantivy_panics():
                self.catch_up()
        except Exception:
            logger.exception("The search index could not be built on startup.")
        finally:
            close_old_connections()

    def catch_up(self) -> IndexState:
        """Read what has changed; `StaleIndexError` if another thread takes too long."""
        state = self._state
        if state and get_content_version() == state.version:
            return state
        if not self._lock.acquire(timeout=MAX_SECONDS_TO_WAIT):
            raise StaleIndexError("The search index is still updating")
        try:
            # Again, as another thread may have caught up meanwhile; and before the
            # documents, so that they are at least as new.
            version = get_content_version()
            if self._state is None or version != self._state.version:
                self._state = self._read(version)
            return self._state
        finally:
            self._lock.release()

    def _read(self, version: int) -> IndexState:
        since = self._state.version if self._state else -1
        if version < since:
            logger.warning("The content version went back; rebuilding the index.")
            self._build, since = IndexBuild(), -1
        try:
            self._build.put_changes(since)
            if self._build.needs_rebuild:
                self._build = IndexBuild()
                self._build.put_changes(since=-1)
            searcher = self._build.commit()
        except BaseException:
            self._build, self._state = IndexBuild(), None
            raise
        synonyms = curation.SynonymSnippet.objects.all()
        promotions = curation.PromotionSnippet.objects.all()
        blocked = curation.BlockedSuggestion.objects.all()
        return IndexState(
            version,
            searcher,
            curation.SynonymMatcher(synonyms),
            curation.PromotionMatcher(promotions, timezone.now()),
            curation.Blocklist(blocked),
        )

    def search(
        self,
        asked: SearchRequest,
        at: datetime,
        limit: int = 10,
        filters: dict[str, tantivy.Query] | None = None,
        state: IndexState | None = None,
    ) -> SearchHits:
        """Return one page of hits; `state` replaces the index's own in a preview."""
        vocabulary = Vocabulary(state or self.catch_up(), at)
        parsed = parse_query(asked.query, vocabulary, correct=not asked.exact)
        if not parsed.variants or is_too_short(tokenise(asked.query)):
            return SearchHits([], 0, parsed, vocabulary)
        searcher, filters = vocabulary.searcher, filters or {}
        offset = (asked.page - 1) * limit
        found = ranking.match(parsed, vocabulary)
        filtered = public(found, at, filters.values())
        if asked.newest_first:
            all_words = ranking.match_all_words(parsed, vocabulary)
            keys, count = ranking.newest(searcher, filtered, all_words, offset, limit)
        else:
            keys, count = ranking.best(searcher, filtered, at, offset, limit)
        unranked = ranking.match_unranked(parsed, vocabulary)
        choices = count_choices(searcher, unranked, filters, at)
        lacking = _lacking(keys, parsed, vocabulary)
        return SearchHits(keys, count, parsed, vocabulary, found, choices, *lacking)


def _lacking(
    keys: list[int], parsed: ParsedQuery, vocabulary: Vocabulary
) -> tuple[tuple[str, ...], frozenset[int]]:
    """Return the words that no public page has, and the keys without all others.

    A page that has the words of a synonym, or two words as one, has all of them.
    """
    missing: tuple[str, ...] = ()
    if len(parsed.words) < 2:
        return missing, frozenset()
    partial = _partial(keys, parsed, vocabulary)
    if len(partial) == len(keys) > 0:
        missing = _missing(parsed, vocabulary)
        left = [
            replace(each, words=tuple(w for w in each.words if w not in missing))
            for each in parsed.variants
        ]
        others = ParsedQuery(tuple(each for each in left if each.words))
        partial = _partial(keys, others, vocabulary) if others.variants else partial
    return missing, partial


def _partial(
    keys: list[int], parsed: ParsedQuery, vocabulary: Vocabulary
) -> frozenset[int]:
    searcher = vocabulary.searcher
    shown = any_of(term("key", key) for key in keys)
    complete = all_of([shown, ranking.match_all_words(parsed, vocabulary)])
    hits = searcher.search(complete, limit=len(keys) or 1).hits
    found = searcher.fast_field_values("key", [address for _, address in hits])
    return frozenset(keys).difference(found)


def _missing(parsed: ParsedQuery, vocabulary: Vocabulary) -> tuple[str, ...]:
    def is_found(variant: QueryVariant) -> bool:
        query = ranking.match_unranked(ParsedQuery((variant,)), vocabulary)
        return vocabulary.count(query) > 0

    original, *others = parsed.variants
    return tuple(
        word
        for word in original.words
        if not is_found(QueryVariant((word,)))
        and not any(word not in each.words and is_found(each) for each in others)
    )


def closest_matches(text: str, vocabulary: Vocabulary) -> SearchHits:
    parsed = ParsedQuery.as_typed(vocabulary.nearest(tokenise(text)))
    if not parsed.variants:
        return SearchHits([], 0, parsed, vocabulary)
    found, at = ranking.match(parsed, vocabulary), vocabulary.at
    keys, count = ranking.best(
        vocabulary.searcher, public(found, at), at, 0, MAX_CLOSEST
    )
    return SearchHits(keys, count, parsed, vocabulary, found)


def related_keys(hits: SearchHits, text: str) -> list[int]:
    """Return the keys of what is about the same as a text, and not among the hits."""
    vocabulary = hits.vocabulary
    stems = vocabulary.significant_stems(text, hits.parsed.words)
    if not stems:
        return []
    like = public(ranking.match_stems(stems), vocabulary.at)
    limit = len(hits.keys) + MAX_RELATED
    found = vocabulary.searcher.search(like, limit=limit).hits
    # The text's own page is among them, and has the best score or nearly so.
    near = [address for score, address in found if score >= MIN_LIKENESS * found[0][0]]
    keys = vocabulary.searcher.fast_field_values("key", near)
    return [key for key in keys if key not in hits.keys][:MAX_RELATED]


page_index = PageIndex()
