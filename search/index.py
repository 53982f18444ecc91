"""The search index of one process: built from the database, kept up by version."""

import logging
import threading
from datetime import datetime

import tantivy

from home.freshness import get_content_version
from search.documents import SearchDocument
from search.query import FIELD_WEIGHTS, TOKENIZER_NAME, analyzer, build_query, fold

logger = logging.getLogger(__name__)

WRITER_MEMORY_BYTES = 30_000_000
NEVER = 2**53


def build_schema() -> tantivy.Schema:
    """Return the fields of the index; texts are searched here but not kept."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("page_id", stored=True, indexed=True, fast=True)
    builder.add_integer_field("expires", stored=False, indexed=True, fast=True)
    for name in FIELD_WEIGHTS:
        builder.add_text_field(name, stored=False, tokenizer_name=TOKENIZER_NAME)
    return builder.build()


class PageIndex:
    """An index in memory of the public pages' text.

    Every search first asks for the content version and, if it has risen, reads the
    documents written since. So several workers, or machines, need share nothing but
    the database. Safe to use from several threads.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._empty()

    def _empty(self) -> None:
        self.schema = build_schema()
        self._index = tantivy.Index(self.schema)
        self._index.register_tokenizer(TOKENIZER_NAME, analyzer)
        self._writer = self._index.writer(WRITER_MEMORY_BYTES, num_threads=1)
        self._version = -1

    def catch_up(self) -> None:
        """Read what has changed in the database since the last time."""
        # The version first: whatever is read after it is at least that new.
        version = get_content_version()
        if version == self._version:
            return
        with self._lock:
            if version < self._version:
                logger.warning("The content version went back; indexing anew.")
                self._empty()
            if version == self._version:
                return
            changed = SearchDocument.objects.filter(version__gt=self._version)
            for document in changed.iterator(chunk_size=500):
                self._write(document)
            self._writer.commit()
            self._index.reload()
            self._version = version

    def _write(self, document: SearchDocument) -> None:
        if self._version >= 0:
            self._writer.delete_documents_by_term("page_id", document.pk)
        if not document.is_public:
            return
        expires = document.expires_at.timestamp() if document.expires_at else NEVER
        values = {name: fold(getattr(document, name)) for name in FIELD_WEIGHTS}
        values |= {"page_id": document.pk, "expires": int(expires)}
        # `Document(**values)` with an integer kills the writer's thread (measured).
        self._writer.add_document(tantivy.Document.from_dict(values, self.schema))

    def search(
        self, text: str, at: datetime, offset: int, limit: int
    ) -> tuple[list[int], int]:
        """Return one page of page ids, best first, and the number of all hits."""
        self.catch_up()
        query = build_query(text, self.schema)
        if query is None:
            return [], 0
        not_expired = tantivy.Query.range_query(
            self.schema,
            "expires",
            tantivy.FieldType.Integer,
            lower_bound=int(at.timestamp()),
            include_lower=False,
        )
        both = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, query),
                (tantivy.Occur.Must, tantivy.Query.const_score_query(not_expired, 0.0)),
            ]
        )
        searcher = self._index.searcher()
        result = searcher.search(both, limit=limit, offset=offset, count=True)
        ids = [searcher.doc(address)["page_id"][0] for _, address in result.hits]
        return ids, result.count

    def extract(self, text: str, body: str, most_characters: int) -> tuple[str, list]:
        """Return the part of a text that answers a query best, and what to mark in it.

        The second is a list of (start, end) in the part.
        """
        query = build_query(text, self.schema)
        if query is None or not body:
            return body[:most_characters], []
        generator = tantivy.SnippetGenerator.create(
            self._index.searcher(), query, self.schema, "body"
        )
        generator.set_max_num_chars(most_characters)
        document = tantivy.Document.from_dict({"body": body}, self.schema)
        snippet = generator.snippet_from_doc(document)
        part = snippet.fragment()
        if not part:
            return body[:most_characters], []
        # The marks count bytes; texts here count characters.
        raw = part.encode()
        marks = [
            (len(raw[: mark.start].decode()), len(raw[: mark.end].decode()))
            for mark in snippet.highlighted()
        ]
        return part, marks


page_index = PageIndex()
