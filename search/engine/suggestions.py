"""Suggestions as you type: promoted searches, titles and synonyms (S8)."""

from collections.abc import Iterator
from datetime import datetime

import tantivy
from wagtail.models import Page

from home.pages import visible_pages
from search.curation.promotions import get_promoted
from search.engine.index import IndexState, page_index, translate_tantivy_panics
from search.engine.query import parse_query
from search.engine.ranking import best, match_all_words
from search.engine.schema import SCHEMA, TITLE_WORDS, equal_to, public
from search.engine.vocabulary import Vocabulary
from search.indexing.documents import SearchFile, pages_among
from search.tokens import STOP_WORDS, tokenise

MIN_CHARACTERS = 2
MAX_SUGGESTIONS = 8
MAX_ENDINGS = 20
# Each costs a search or a database query.
MAX_TRIED = 16


@translate_tantivy_panics()
def get_suggestions(typed: str, root: Page, at: datetime) -> list[str]:
    """Return up to eight completions of what was typed, best first.

    Each of them finds something public (S13).
    """
    words = tokenise(typed)
    if sum(map(len, words)) < MIN_CHARACTERS:
        return []
    state = page_index.catch_up()
    found = [
        *_promotion_terms(words, state, root, at),
        *_titles(words, state, root, at),
        *_editorial_terms(words, state, at),
    ]
    once: dict[tuple[str, ...], str] = {}
    for each in found:
        once.setdefault(tuple(tokenise(each)), each)
    blocklist = state.dictionary.blocklist
    allowed = [each for each in once.values() if not blocklist.matches(each)]
    return allowed[:MAX_SUGGESTIONS]


def _prefix_matches(phrase: str, words: list[str]) -> bool:
    return " ".join(tokenise(phrase)).startswith(" ".join(words))


def _promotion_terms(
    words: list[str], state: IndexState, root: Page, at: datetime
) -> Iterator[str]:
    phrases = [
        each for each in state.promotions.phrases if _prefix_matches(each, words)
    ]
    for phrase in phrases[:MAX_TRIED]:
        if get_promoted(state.promotions.find(phrase), root, at):
            yield phrase


def _titles(words: list[str], state: IndexState, root: Page, at: datetime) -> list[str]:
    *whole, last = words
    found = state.searcher.terms_with_prefix(TITLE_WORDS, last, limit=MAX_ENDINGS)
    endings = [ending for ending, _ in found if ending not in STOP_WORDS]
    if not endings:
        return []
    must, term = tantivy.Occur.Must, tantivy.Query.term_query
    query = tantivy.Query.boolean_query(
        [(tantivy.Occur.MustNot, equal_to("kind", SearchFile.kind))]
        + [(must, term(SCHEMA, TITLE_WORDS, word)) for word in whole]
        + [
            (
                must,
                tantivy.Query.disjunction_max_query(
                    [term(SCHEMA, TITLE_WORDS, ending) for ending in endings]
                ),
            )
        ]
    )
    keys, _ = best(state.searcher, public(query, at), at, 0, MAX_SUGGESTIONS)
    pages = visible_pages(at).filter(path__startswith=root.path)
    titles = dict(pages.filter(pk__in=pages_among(keys)).values_list("pk", "title"))
    ranked = [titles[pk] for pk in pages_among(keys) if pk in titles]
    # Titles that start with what was typed come first.
    return sorted(ranked, key=lambda title: not _prefix_matches(title, words))


def _editorial_terms(
    words: list[str], state: IndexState, at: datetime
) -> Iterator[str]:
    phrases = [each for each in state.synonyms.searched if _prefix_matches(each, words)]
    vocabulary = Vocabulary(state.dictionary, at)
    for phrase in dict.fromkeys(phrases[:MAX_TRIED]):
        parsed = parse_query(phrase, vocabulary, state.synonyms)
        if vocabulary.count(match_all_words(parsed, vocabulary)):
            yield phrase
