"""The fields of the search index, and the queries on those that hold no text."""

from collections.abc import Iterable
from datetime import datetime

import tantivy

from search.engine.tokens import (
    PLAIN_TOKENIZER_NAME,
    TOKENIZER_NAME,
    fold,
    strip_hyphens,
)
from search.indexing.documents import IndexedText

TEXT_FIELDS = ("title", "search_words", "summary", "headings", "body")
# Texts whose words stand as written, without stemming.
WORDS, TITLE_WORDS = "words", "title_words"
NEVER = 2**53
SEARCH_WORDS_LENGTH = 16
FILLER = "0filler0"
# Room for the key beside a time, so that no two pages are equally new.
KEY_BITS = 28


def build_schema() -> tantivy.Schema:
    """Return the fields of the index; texts are searched here but not kept."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("key", indexed=True, fast=True)
    numbers = ("expires", "updated", "newest", "section", "superseded", "is_notice")
    for name in numbers:
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_text_field("kind", fast=True, tokenizer_name="raw")
    for name in TEXT_FIELDS:
        # Only these two are searched for words side by side.
        option = "position" if name in {"title", "body"} else "freq"
        builder.add_text_field(name, tokenizer_name=TOKENIZER_NAME, index_option=option)
    for name in (WORDS, TITLE_WORDS):
        builder.add_text_field(
            name, tokenizer_name=PLAIN_TOKENIZER_NAME, index_option="basic"
        )
    return builder.build()


SCHEMA = build_schema()


def to_index(document: IndexedText) -> tantivy.Document:
    """Return what the index holds of a page or a file."""
    texts = {}
    for name in TEXT_FIELDS:
        folded = fold(getattr(document, name))
        texts[name] = " ".join([folded, *sorted(strip_hyphens(folded))])
    # A field that most pages leave empty makes every text in it a long one, and that
    # counts for less (BM25). So it is filled up to one length.
    missing = SEARCH_WORDS_LENGTH - len(texts["search_words"].split())
    texts["search_words"] += f" {FILLER}" * max(0, missing)
    values = {
        **texts,
        # Once each, as only whether a word is there counts.
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


def _seconds(moment: datetime | None, default: int) -> int:
    return int(moment.timestamp()) if moment else default


def later_than(field: str, moment: datetime) -> tantivy.Query:
    """Return the query for documents whose date in a field is after a moment."""
    return tantivy.Query.range_query(
        SCHEMA,
        field,
        tantivy.FieldType.Integer,
        lower_bound=int(moment.timestamp()),
        include_lower=False,
    )


def expired(at: datetime) -> tantivy.Query:
    """Return the query for documents that the clock has taken away."""
    return tantivy.Query.range_query(
        SCHEMA,
        "expires",
        tantivy.FieldType.Integer,
        upper_bound=int(at.timestamp()),
    )


def equal_to(field: str, value: int | str) -> tantivy.Query:
    """Return the query for documents with a value in a field."""
    return tantivy.Query.term_query(SCHEMA, field, value)


def public(
    scored: tantivy.Query, at: datetime, conditions: Iterable[tantivy.Query] = ()
) -> tantivy.Query:
    """Return a query for what everybody may see at a moment (S13).

    `conditions` must hold too; they have no part in the scores.
    """
    must, must_not = tantivy.Occur.Must, tantivy.Occur.MustNot
    # To leave out the few that are expired costs less than to find all the others.
    return tantivy.Query.boolean_query(
        [(must, scored), (must_not, expired(at))]
        + [(must, tantivy.Query.const_score_query(each, 0.0)) for each in conditions]
    )
