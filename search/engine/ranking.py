"""What makes one page answer a search better than another: weights, with reasons."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import tantivy

from search.engine.query import ParsedQuery, Wording
from search.engine.schema import SCHEMA
from search.engine.tokens import forms
from search.engine.vocabulary import Vocabulary

Query, Occur = tantivy.Query, tantivy.Occur

FIELD_WEIGHTS = {
    # A word in the title says most of what a page is about.
    "title": 4.0,
    # An editor has written these because people search for them.
    "search_words": 4.0,
    # Two sentences on what the page is for.
    "summary": 2.0,
    # What one part of the page is about.
    "headings": 1.5,
    # A word in passing.
    "body": 1.0,
}
# A notice counts in full in its first year and less with every year after it, so that
# last winter's does not beat the standing page on the same subject.
NOTICE_HALVES_IN = timedelta(days=3 * 365)
NOTICE_STAYS_NEW_FOR = timedelta(days=365)
LEAST_OF_A_NOTICE = 0.5
# What was replaced or withdrawn is history: found, but after what is in force.
SUPERSEDED_WEIGHT = 0.4
# Weights beside the words are applied to so many of the best, ten pages of results.
WINDOW = 100
# Of many that score the same, so many are put in order; the others stay as they are.
MAX_EQUALS = 2_000
# How much the fields beside the best one add: a page that says it in the title and in
# the summary is a little better than one that says it in the title alone.
TIE_BREAKER = 0.05
# A half-typed word finds what it begins, after pages that have it as it was typed.
COMPLETION_WEIGHT = 0.3
# A page that has all the words as they were typed beats one that has the rarest alone.
ALL_WORDS_BONUS = 10.0


def match(understood: ParsedQuery, vocabulary: Vocabulary) -> Query:
    """Return the query for all wordings; for each page the best of them counts.

    Any word may match. It is built from objects, never by parsing, so no sign that a
    visitor types has a meaning of its own.
    """
    return _best(
        [
            Query.boost_query(_wording(wording, vocabulary), wording.weight)
            for wording in understood.wordings
        ]
    )


def match_unranked(understood: ParsedQuery, vocabulary: Vocabulary) -> Query:
    """Return the query for the same pages as `match`, without their scores.

    To count them all is three times as quick with one flat list of words.
    """
    return _any(
        [
            query
            for wording in understood.wordings
            for field in FIELD_WEIGHTS
            for query in _unranked(wording, field, vocabulary)
        ]
    )


def _unranked(wording: Wording, field: str, vocabulary: Vocabulary) -> list[Query]:
    """Return queries of which one must match for a wording to be in a field."""
    terms = {word: list(_terms(word, field, vocabulary)) for word in wording.required}
    if terms:
        every = [(Occur.Must, _any(queries)) for queries in terms.values()]
        return [Query.boolean_query(every)]
    return [
        query for word in wording.words for query in _terms(word, field, vocabulary)
    ]


def any_of(stems: list[str]) -> Query:
    """Return the query for pages with some of these stems, each in its best field."""
    return _any(
        [
            _best(
                [
                    Query.boost_query(Query.term_query(SCHEMA, field, form), weight)
                    for field, weight in FIELD_WEIGHTS.items()
                ]
            )
            for form in stems
        ]
    )


def match_all_words(understood: ParsedQuery, vocabulary: Vocabulary) -> Query:
    """Return the query for pages that have all words of one of the wordings."""
    return _best([_all_words(wording, vocabulary) for wording in understood.wordings])


def _wording(wording: Wording, vocabulary: Vocabulary) -> Query:
    by_field = [
        Query.boost_query(
            Query.boolean_query(
                [
                    (
                        Occur.Must if word in wording.required else Occur.Should,
                        _word(word, field, vocabulary),
                    )
                    for word in wording.words
                ]
            ),
            weight,
        )
        for field, weight in FIELD_WEIGHTS.items()
    ]
    in_best_field = Query.disjunction_max_query(by_field, TIE_BREAKER)
    if len(wording.words) == 1 or wording.required:
        return in_best_field
    bonus = Query.const_score_query(_all_words(wording, vocabulary), ALL_WORDS_BONUS)
    return Query.boolean_query([(Occur.Should, in_best_field), (Occur.Should, bonus)])


def _all_words(wording: Wording, vocabulary: Vocabulary) -> Query:
    return Query.boolean_query(
        [
            (
                Occur.Must,
                _best([_word(word, field, vocabulary) for field in FIELD_WEIGHTS]),
            )
            for word in wording.words
        ]
    )


def _word(word: str, field: str, vocabulary: Vocabulary) -> Query:
    return _best(list(_terms(word, field, vocabulary)))


def _terms(word: str, field: str, vocabulary: Vocabulary) -> Iterator[Query]:
    """Yield a query for each form of a word in a field, and for what it begins."""
    own = forms(word)
    longer = {form for each in vocabulary.completions(word) for form in forms(each)}
    for form in own:
        yield Query.term_query(SCHEMA, field, form)
    for form in sorted(longer.difference(own)):
        term = Query.term_query(SCHEMA, field, form)
        yield Query.boost_query(term, COMPLETION_WEIGHT)


def _best(queries: list[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.disjunction_max_query(queries)


def _any(queries: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def best(
    searcher: tantivy.Searcher, query: Query, at: datetime, offset: int, limit: int
) -> tuple[list[int], int]:
    """Return the keys of one page of results, best first, and the number of all.

    Equals stand in the order of their keys, so that every process gives the same one.
    """
    found = _all_up_to(searcher, query, max(WINDOW, offset + limit))
    keys = _values(searcher, "key", found.hits)
    scored = sorted(
        (-score, key, address)
        for (score, address), key in zip(found.hits, keys, strict=True)
    )
    window, rest = scored[:WINDOW], scored[WINDOW:]
    addresses = [(score, address) for score, _, address in window]
    states = zip(
        _values(searcher, "is_notice", addresses),
        _values(searcher, "updated", addresses),
        _values(searcher, "superseded", addresses),
        strict=True,
    )
    now = at.timestamp()
    weighed = sorted(
        (score * _weight(*state, now), key)
        for (score, key, _), state in zip(window, states, strict=True)
    )
    ranked = [key for _, key in weighed] + [key for _, key, _ in rest]
    return ranked[offset : offset + limit], found.count


def _all_up_to(
    searcher: tantivy.Searcher, query: Query, number: int
) -> tantivy.SearchResult:
    """Return so many hits, and more where the last has equals that would be cut off."""
    limit = number
    while True:
        limit *= 2
        found = searcher.search(query, limit=limit, count=True)
        scores = [score for score, _ in found.hits]
        is_enough = len(scores) < limit or scores[-1] < scores[number - 1]
        if is_enough or limit > number + MAX_EQUALS:
            return found


def _weight(is_notice: int, updated: int, superseded: int, now: float) -> float:
    """Return by how much a page's age and state lower its score; times in seconds."""
    if superseded <= now:
        return SUPERSEDED_WEIGHT
    if not is_notice:
        return 1.0
    age = max(0.0, now - updated - NOTICE_STAYS_NEW_FOR.total_seconds())
    return max(LEAST_OF_A_NOTICE, 0.5 ** (age / NOTICE_HALVES_IN.total_seconds()))


def newest(
    searcher: tantivy.Searcher, query: Query, whole: Query, offset: int, limit: int
) -> tuple[list[int], int]:
    """Return pages with all the words, newest first, and then all others."""
    keys: list[int] = []
    total = 0
    for occur in (Occur.Must, Occur.MustNot):
        found = searcher.search(
            Query.boolean_query([(Occur.Must, query), (occur, whole)]),
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
