"""The fields of the search index, and queries on those without text."""

from collections.abc import Iterable
from datetime import datetime

import tantivy

from search.indexing.documents import TEXT_FIELDS, IndexedText
from search.tokens import PLAIN_TOKENIZER_NAME, TOKENIZER_NAME, fold, strip_hyphens

Query, Occur, INTEGER = tantivy.Query, tantivy.Occur, tantivy.FieldType.Integer

# Words as written, without stemming.
WORDS, TITLE_WORDS = "words", "title_words"
# Only these two are searched for phrases.
PHRASE_FIELDS = ("title", "body")
NEVER = 2**53
SEARCH_WORDS_LENGTH = 16
FILLER = "0filler0"
# Room for the key after a time, so that no two pages are equally new.
KEY_BITS = 28


def build_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    numbers = ("key", "expires", "updated", "newest", "section", "superseded")
    for name in (*numbers, "is_notice"):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_text_field("kind", fast=True, tokenizer_name="raw")
    for name in TEXT_FIELDS:
        option = "position" if name in PHRASE_FIELDS else "freq"
        builder.add_text_field(name, tokenizer_name=TOKENIZER_NAME, index_option=option)
    for name in (WORDS, TITLE_WORDS):
        builder.add_text_field(
            name, tokenizer_name=PLAIN_TOKENIZER_NAME, index_option="basic"
        )
    return builder.build()


SCHEMA = build_schema()


def to_index(document: IndexedText) -> tantivy.Document:
    texts = {}
    for name in TEXT_FIELDS:
        folded = fold(getattr(document, name))
        texts[name] = " ".join([folded, *sorted(strip_hyphens(folded))])
    # Most pages leave this field empty, so BM25 would rate any text in it as long, and
    # lower. So it is padded to one length.
    missing = SEARCH_WORDS_LENGTH - len(texts["search_words"].split())
    texts["search_words"] += f" {FILLER}" * max(0, missing)
    values = {
        **texts,
        # Once each, as only their presence counts.
        WORDS: " ".join(set(" ".join(texts.values()).split()) - {FILLER}),
        TITLE_WORDS: texts["title"],
        "key": document.key,
        "kind": document.kind,
        "section": document.section_id or 0,
        "is_notice": int(document.is_notice),
        "newest": (_seconds(document.updated_at, 0) << KEY_BITS) - document.key,
        "updated": _seconds(document.updated_at, 0),
        "expires": _seconds(document.expires_at, NEVER),
        "superseded": _seconds(document.superseded_at, NEVER),
    }
    # `Document(**values)` with an integer kills the writer's thread (measured).
    return tantivy.Document.from_dict(values, SCHEMA)


def _seconds(at: datetime | None, default: int) -> int:
    return int(at.timestamp()) if at else default


def updated_after(at: datetime) -> Query:
    limits = {"lower_bound": int(at.timestamp()), "include_lower": False}
    return Query.range_query(SCHEMA, "updated", INTEGER, **limits)


def expired(at: datetime) -> Query:
    now = int(at.timestamp())
    return Query.range_query(SCHEMA, "expires", INTEGER, upper_bound=now)


def term(field: str, value: int | str) -> Query:
    return Query.term_query(SCHEMA, field, value)


def any_of(queries: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def all_of(queries: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def best_of(queries: list[Query]) -> Query:
    """Return the query whose score is the best of these, not their sum."""
    return queries[0] if len(queries) == 1 else Query.disjunction_max_query(queries)


def public(scored: Query, at: datetime, conditions: Iterable[Query] = ()) -> Query:
    """Restrict a query to what is public (S13), and by conditions that do not score."""
    # Excluding the few that are expired is cheaper than finding all the others.
    return Query.boolean_query(
        [(Occur.Must, scored), (Occur.MustNot, expired(at))]
        + [(Occur.Must, Query.const_score_query(each, 0.0)) for each in conditions]
    )
