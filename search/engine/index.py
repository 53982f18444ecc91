"""The search index of one process: built from the database, kept up by version."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import tantivy
from django.db import close_old_connections
from django.utils import timezone

from home.content_version.counter import get_content_version
from search.curation.blocklist import BlockedSuggestion, Blocklist
from search.curation.promotions import PromotionMatcher, PromotionSnippet
from search.curation.synonyms import SynonymMatcher, get_synonyms
from search.engine.filters import Filters, count_choices
from search.engine.query import ParsedQuery, parse_query
from search.engine.ranking import (
    any_of,
    best,
    match,
    match_all_words,
    match_unranked,
    newest,
)
from search.engine.schema import SCHEMA, public, to_index
from search.engine.tokens import (
    PLAIN_TOKENIZER_NAME,
    TOKENIZER_NAME,
    analyzer,
    plain_analyzer,
    tokenise,
)
from search.engine.vocabulary import Dictionary, Vocabulary
from search.indexing.documents import IndexedText, SearchDocument, SearchFile

logger = logging.getLogger(__name__)

# Enough for 50,000 pages in one part, which is quicker to build and to search.
WRITER_MEMORY_BYTES = 100_000_000
# How long a visitor waits for an index that another thread is bringing up to date.
MAX_SECONDS_TO_WAIT = 3.0
MAX_CLOSEST = 5
# So much text is indexed in a quarter of a second.
QUICK_CHARACTERS = 1_500_000
# How many are read from the database at once; a file may be long.
CHUNKS = {SearchDocument: 500, SearchFile: 20}


class StaleIndexError(Exception):
    """The index cannot be brought up to date in the time that a visitor waits."""


class IndexBrokenError(Exception):
    """Tantivy has panicked."""


@contextmanager
def translate_tantivy_panics() -> Iterator[None]:
    """Raise `IndexBrokenError` for a panic, which is no `Exception` as Python has it.

    It would pass all that keeps a mistake from ending the process.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise IndexBrokenError(str(error)) from error
        raise


@dataclass(frozen=True)
class IndexState:
    """The index as it is at one content version; nothing in it changes."""

    version: int
    searcher: tantivy.Searcher
    dictionary: Dictionary
    synonyms: SynonymMatcher
    promotions: PromotionMatcher

    def with_editorial_rules(
        self, synonyms: SynonymMatcher, promotions: PromotionMatcher
    ) -> "IndexState":
        """Return the same index as it would be with other words of staff."""
        dictionary = self.dictionary.with_editorial_terms(
            synonyms.stems | promotions.stems
        )
        return replace(
            self, dictionary=dictionary, synonyms=synonyms, promotions=promotions
        )

    def parse_query(
        self, text: str, vocabulary: Vocabulary, correct: bool = True
    ) -> tuple[ParsedQuery, list[int]]:
        """Return what a search means, and the ids of what is promoted for it."""
        understood = parse_query(text, vocabulary, self.synonyms, correct)
        if not understood.wordings:
            return understood, []
        promotions = self.promotions.find(text)
        if understood.corrected and not promotions:
            promotions = self.promotions.find(understood.corrected)
        return understood, promotions


@dataclass(frozen=True)
class SearchHits:
    """What a search finds: keys of one page of results, best first, and counts."""

    keys: list[int]
    count: int
    understood: ParsedQuery
    # Of each filter's choices, by the filter's name: how many results each has.
    choices: dict[str, dict] = field(default_factory=dict)
    # The ids of what staff promote for this search.
    promotions: list[int] = field(default_factory=list)


class IndexBuild:
    """An index in the making, and what is in it."""

    def __init__(self):
        self.index = tantivy.Index(SCHEMA)
        self.index.register_tokenizer(TOKENIZER_NAME, analyzer)
        self.index.register_tokenizer(PLAIN_TOKENIZER_NAME, plain_analyzer)
        self._writer = self.index.writer(WRITER_MEMORY_BYTES, num_threads=1)
        self._keys: set[int] = set()
        self._characters = 0
        self.replaced = 0

    @property
    def needs_rebuild(self) -> bool:
        """Whether something was replaced, and all can quickly be read anew.

        Tantivy counts words of deleted documents, so a process that has seen changes
        ranks a little unlike one that has just started. A large index is renewed when
        its worker is.
        """
        return self.replaced > 0 and self._characters <= QUICK_CHARACTERS

    def put(self, document: IndexedText) -> None:
        """Add a document, or take it away if it is not public; seen after `commit`."""
        self._writer.delete_documents_by_term("key", document.key)
        self.replaced += document.key in self._keys
        self._keys.discard(document.key)
        if document.is_public:
            self._writer.add_document(to_index(document))
            self._keys.add(document.key)
            self._characters += len(document.body)

    def commit(self) -> tantivy.Searcher:
        """Return the index with all that was put into it."""
        self._writer.commit()
        self.index.reload()
        return self.index.searcher()


class PageIndex:
    """An index in memory of the text of public pages and files.

    Every search first asks for the content version and, if it has risen, reads the
    documents written since. So several workers, or machines, need share nothing but
    the database. Safe to use from several threads.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._build = IndexBuild()
        self._state: IndexState | None = None

    @property
    def version(self) -> int | None:
        """The content version that it is at; None before it is built."""
        state = self._state
        return state.version if state else None

    def start_in_background(self) -> threading.Thread:
        """Read all documents in a thread of its own, before somebody searches."""

        def run():
            try:
                with translate_tantivy_panics():
                    self.catch_up()
            except Exception:
                logger.exception("The search index could not be built at the start.")
            finally:
                close_old_connections()

        thread = threading.Thread(target=run, name="search-index", daemon=True)
        thread.start()
        return thread

    def catch_up(self) -> IndexState:
        """Read what has changed in the database since the last time.

        Raises:
            StaleIndexError: another thread is at it and takes too long.

        """
        state = self._state
        if state and get_content_version() == state.version:
            return state
        with self._waiting_for_others():
            # Asked again, as another thread may have caught up meanwhile; and before
            # the documents: whatever is read after it is at least that new.
            version = get_content_version()
            state = self._state
            if state is None or version != state.version:
                self._state = state = self._read(version)
            return state

    @contextmanager
    def _waiting_for_others(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=MAX_SECONDS_TO_WAIT):
            raise StaleIndexError("The search index is still being brought up to date")
        try:
            yield
        finally:
            self._lock.release()

    def _read(self, version: int) -> IndexState:
        since = self._state.version if self._state else -1
        if version < since:
            logger.warning("The content version went back; indexing anew.")
            self._build, since = IndexBuild(), -1
        try:
            self._put_changes(since)
            if self._build.needs_rebuild:
                self._build = IndexBuild()
                self._put_changes(since=-1)
            searcher = self._build.commit()
        except BaseException:
            self._build, self._state = IndexBuild(), None
            raise
        synonyms = get_synonyms()
        promotions = PromotionMatcher(PromotionSnippet.objects.all(), timezone.now())
        unsuggested = Blocklist(BlockedSuggestion.objects.all())
        staff_stems = synonyms.stems | promotions.stems
        return IndexState(
            version=version,
            searcher=searcher,
            dictionary=Dictionary(
                searcher, staff_stems, unsuggested, self._build.replaced
            ),
            synonyms=synonyms,
            promotions=promotions,
        )

    def _put_changes(self, since: int) -> None:
        for model, chunk_size in CHUNKS.items():
            changed = model.objects.filter(version__gt=since)
            # In one order everywhere, as it may decide between equals.
            changed = changed.order_by("version", "pk")
            for document in changed.iterator(chunk_size=chunk_size):
                self._build.put(document)

    def search(
        self,
        text: str,
        at: datetime,
        offset: int = 0,
        limit: int = 10,
        filters: Filters = Filters(),  # noqa: B008 - it cannot be changed
        newest_first: bool = False,
        correct: bool = True,
        state: IndexState | None = None,
    ) -> SearchHits:
        """Return one page of hits, best or newest first, and how many there are.

        `state` is another than the newest: the one of `with_editorial_rules`.

        Raises:
            StaleIndexError: the index is not up to date and does not become so.

        """
        state = state or self.catch_up()
        vocabulary = Vocabulary(state.dictionary, at)
        understood, promotions = state.parse_query(text, vocabulary, correct)
        if not understood.wordings:
            return SearchHits([], 0, understood)
        searcher = state.searcher
        found = match(understood, vocabulary)
        narrowing = filters.queries(at)
        narrowed = public(found, at, narrowing.values())
        if newest_first:
            whole = match_all_words(understood, vocabulary)
            keys, count = newest(searcher, narrowed, whole, offset, limit)
        else:
            keys, count = best(searcher, narrowed, at, offset, limit)
        unranked = match_unranked(understood, vocabulary)
        choices = count_choices(searcher, unranked, narrowing, at)
        return SearchHits(keys, count, understood, choices, promotions)

    def closest(self, text: str, at: datetime) -> SearchHits:
        """Return the few pages that come closest to a search that finds nothing."""
        state = self.catch_up()
        vocabulary = Vocabulary(state.dictionary, at)
        words = vocabulary.nearest(tokenise(text))
        understood = ParsedQuery.as_typed(words)
        if not words:
            return SearchHits([], 0, understood)
        found = public(match(understood, vocabulary), at)
        keys, count = best(state.searcher, found, at, 0, MAX_CLOSEST)
        return SearchHits(keys, count, understood)

    def related(
        self, hits: SearchHits, text: str, at: datetime, limit: int
    ) -> list[int]:
        """Return the keys of pages that are like a text but are not among the hits."""
        state = self.catch_up()
        vocabulary = Vocabulary(state.dictionary, at)
        words = vocabulary.most_telling(text, hits.understood.words)
        if not words:
            return []
        like = public(any_of(words), at)
        keys, _ = best(state.searcher, like, at, 0, limit + len(hits.keys))
        return [key for key in keys if key not in hits.keys][:limit]

    def snippet_generator(
        self, understood: ParsedQuery, at: datetime
    ) -> tantivy.SnippetGenerator | None:
        """Return what finds the best part of a text; None while there is no index."""
        state = self._state
        if state is None or not understood.wordings:
            return None
        query = match(understood, Vocabulary(state.dictionary, at))
        return tantivy.SnippetGenerator.create(state.searcher, query, SCHEMA, "body")


page_index = PageIndex()
