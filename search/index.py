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
        self.schema = build_schema()
        self._lock = threading.Lock()
        self._index, self._writer = self._make_empty()
        self._version = -1

    def _make_empty(self) -> tuple[tantivy.Index, tantivy.IndexWriter]:
        index = tantivy.Index(self.schema)
        index.register_tokenizer(TOKENIZER_NAME, analyzer)
        return index, index.writer(WRITER_MEMORY_BYTES, num_threads=1)

    def catch_up(self) -> None:
        """Read what has changed in the database since the last time."""
        if get_content_version() == self._version:
            return
        with self._lock:
            # Asked again, as another thread may have caught up meanwhile; and before
            # the documents: whatever is read after it is at least that new.
            version = get_content_version()
            if version == self._version:
                return
            index, writer, since = self._index, self._writer, self._version
            if version < since:
                logger.warning("The content version went back; indexing anew.")
                (index, writer), since = self._make_empty(), -1
            try:
                changed = SearchDocument.objects.filter(version__gt=since)
                for document in changed.iterator(chunk_size=500):
                    self._write(writer, document)
                writer.commit()
            except BaseException:
                writer.rollback()
                raise
            index.reload()
            self._index, self._writer, self._version = index, writer, version

    def _write(self, writer: tantivy.IndexWriter, document: SearchDocument) -> None:
        writer.delete_documents_by_term("page_id", document.pk)
        if not document.is_public:
            return
        expires = document.expires_at.timestamp() if document.expires_at else NEVER
        values = {name: fold(getattr(document, name)) for name in FIELD_WEIGHTS}
        values |= {"page_id": document.pk, "expires": int(expires)}
        # `Document(**values)` with an integer kills the writer's thread (measured).
        writer.add_document(tantivy.Document.from_dict(values, self.schema))

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

    def best_part(self, query_text: str, text: str, most_characters: int) -> str:
        """Return the part of a text that answers a query best; else its beginning."""
        query = build_query(query_text, self.schema)
        if query is None or not text:
            return text[:most_characters]
        generator = tantivy.SnippetGenerator.create(
            self._index.searcher(), query, self.schema, "body"
        )
        generator.set_max_num_chars(most_characters)
        document = tantivy.Document.from_dict({"body": text}, self.schema)
        part = generator.snippet_from_doc(document).fragment()
        return part or text[:most_characters]


page_index = PageIndex()
