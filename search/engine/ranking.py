"""Ranks the results of a search: the weights, with reasons."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

import tantivy

from search.engine.query import ParsedQuery, QueryVariant, Vocabulary
from search.engine.schema import (
    SCHEMA,
    WORDS,
    Occur,
    Query,
    all_of,
    any_of,
    best_of,
    term,
)
from search.tokens import stem

FIELD_WEIGHTS = {
    # A word in the title says most of what a page is about.
    "title": 3.0,
    # An editor has written these because people search for them.
    "search_words": 3.0,
    # BM25 rates it highly as it is: it is short, and often repeats the title.
    "summary": 1.0,
    # What one part of the page is about.
    "headings": 1.8,
    # Most answers are only here. With less, pages that have one of the words in their
    # title come first.
    "body": 1.5,
}
# "Licence" comes before "licensed", though both have the same stem.
AS_TYPED_WEIGHT = 0.5
# Neighbours in the search that are neighbours in the body, with one word in between:
# "stray dog" before "a dog may stray". Pairs, as no page has a whole long question.
PAIR_WEIGHT, PAIR_SLOP = 0.5, 1
# A notice has full weight in its first year and less with every year after it, so that
# last winter's does not beat the permanent page on the same subject.
NOTICE_HALF_LIFE = timedelta(days=3 * 365)
NOTICE_FULL_WEIGHT_FOR = timedelta(days=365)
MIN_NOTICE_WEIGHT = 0.5
# Superseded or withdrawn policies come after current ones.
SUPERSEDED_WEIGHT = 0.4
# Age and state are weighed for this many of the best results: ten pages.
WINDOW = 100
# At most this many results with equal scores are sorted.
MAX_TIES = 300
# A page with only one of another's words, such as "apply", is not about the same.
MIN_SHARED = 2
# How much the other fields add to the best one: a match in the title and the summary
# is a little better than one in the title alone.
TIE_BREAKER = 0.05
# Completions of a half-typed word come after exact matches.
COMPLETION_WEIGHT = 0.3
# A page with all the words beats one with only the rarest; as much as a rare word in
# the body and a common one in the title.
ALL_WORDS_BONUS = 15.0


def match(parsed: ParsedQuery, vocabulary: Vocabulary) -> Query:
    """Return a query built from objects, never by parsing: no character is special."""
    return best_of(
        [
            Query.boost_query(_variant_query(variant, vocabulary), variant.weight)
            for variant in parsed.variants
        ]
    )


def match_unranked(parsed: ParsedQuery, vocabulary: Vocabulary) -> Query:
    """Return the query for the same pages, flat: counting is three times as quick."""
    flat = []
    for variant in parsed.variants:
        if variant.required:
            flat.append(_all_words(variant.required, vocabulary))
        else:
            for field in FIELD_WEIGHTS:
                for word in variant.words:
                    flat += _terms(word, field, vocabulary)
    return any_of(flat)


def match_all_words(parsed: ParsedQuery, vocabulary: Vocabulary) -> Query:
    return best_of([_all_words(each.words, vocabulary) for each in parsed.variants])


def match_stems(stems: list[str]) -> Query:
    """Return the query for pages that are about the same: with several of the stems."""
    boosted, weights = Query.boost_query, FIELD_WEIGHTS.items()
    by_stem = [
        best_of([boosted(term(field, stem), weight) for field, weight in weights])
        for stem in stems
    ]
    return Query.boolean_query(
        [(Occur.Should, each) for each in by_stem],
        minimum_number_should_match=min(MIN_SHARED, len(stems)),
    )


def _variant_query(variant: QueryVariant, vocabulary: Vocabulary) -> Query:
    boosted, words = Query.boost_query, variant.words
    by_field = [
        boosted(
            any_of(best_of(_terms(word, field, vocabulary)) for word in words), weight
        )
        for field, weight in FIELD_WEIGHTS.items()
    ]
    scored = [Query.disjunction_max_query(by_field, TIE_BREAKER)]
    scored += [boosted(term(WORDS, word), AS_TYPED_WEIGHT) for word in words]
    if variant.required:
        required = Query.const_score_query(
            _all_words(variant.required, vocabulary), 0.0
        )
        return all_of([any_of(scored), required])
    # Phrases are slow, so only those that were typed count.
    for pair in pairwise(map(stem, words)):
        near = Query.phrase_query(SCHEMA, "body", list(pair), PAIR_SLOP)
        scored.append(boosted(near, PAIR_WEIGHT))
    if len(words) > 1:
        has_all = _all_words(words, vocabulary)
        scored.append(Query.const_score_query(has_all, ALL_WORDS_BONUS))
    return any_of(scored)


def _all_words(words: Iterable[str], vocabulary: Vocabulary) -> Query:
    return all_of(
        best_of([best_of(_terms(word, field, vocabulary)) for field in FIELD_WEIGHTS])
        for word in words
    )


def _terms(word: str, field: str, vocabulary: Vocabulary) -> list[Query]:
    own, longer = vocabulary.stems(word)
    return [term(field, stem) for stem in own] + [
        Query.boost_query(term(field, stem), COMPLETION_WEIGHT) for stem in longer
    ]


def best(
    searcher: tantivy.Searcher, query: Query, at: datetime, offset: int, limit: int
) -> tuple[list[int], int]:
    """Return one page of keys, best first and ties by key, and the number of all."""
    most = max(WINDOW, offset + limit) + MAX_TIES
    found = searcher.search(query, limit=most, count=True)
    keys = _values(searcher, "key", found.hits)
    scored = sorted(
        (-score, key, address)
        for (score, address), key in zip(found.hits, keys, strict=True)
    )
    window = [(score, address) for score, _, address in scored[:WINDOW]]
    names = ("key", "is_notice", "updated", "superseded")
    states = zip(*(_values(searcher, name, window) for name in names), strict=True)
    weighed = sorted(
        (score * _weight(*state, at.timestamp()), key)
        for (score, _), (key, *state) in zip(window, states, strict=True)
    )
    ranked = [key for _, key in weighed] + [key for _, key, _ in scored[WINDOW:]]
    return ranked[offset : offset + limit], found.count


def _weight(is_notice: int, updated: int, superseded: int, now: float) -> float:
    """Return by how much a page's age and state lower its score; times in seconds."""
    if superseded <= now:
        return SUPERSEDED_WEIGHT
    if not is_notice:
        return 1.0
    age = max(0.0, now - updated - NOTICE_FULL_WEIGHT_FOR.total_seconds())
    return max(MIN_NOTICE_WEIGHT, 0.5 ** (age / NOTICE_HALF_LIFE.total_seconds()))


def newest(
    searcher: tantivy.Searcher, query: Query, all_words: Query, offset: int, limit: int
) -> tuple[list[int], int]:
    """Return pages with all the words, newest first, and then all others."""
    keys: list[int] = []
    total = 0
    for occur in (Occur.Must, Occur.MustNot):
        found = searcher.search(
            Query.boolean_query([(Occur.Must, query), (occur, all_words)]),
            limit=limit,
            offset=max(offset - total, 0),
            count=True,
            order_by_field="newest",
        )
        keys += _values(searcher, "key", found.hits)
        total += found.count
    return keys[:limit], total


def _values(searcher: tantivy.Searcher, name: str, hits: list[tuple]) -> list[int]:
    return searcher.fast_field_values(name, [address for _, address in hits])
