"""Suggestions as you type: promoted searches, titles and synonyms (S8)."""

from datetime import datetime
from itertools import chain, islice

import tantivy
from wagtail.models import Page

from home.pages import visible_pages
from search.curation.promotions import get_promoted
from search.engine.index import page_index, translate_tantivy_panics
from search.engine.query import parse_query
from search.engine.ranking import best, match_all_words
from search.engine.schema import TITLE_WORDS, public, term
from search.engine.vocabulary import IndexState, Vocabulary
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

    def begins(phrase: str) -> bool:
        return " ".join(tokenise(phrase)).startswith(" ".join(words))

    vocabulary = Vocabulary(state, at)

    def finds_anything(phrase: str) -> bool:
        parsed = parse_query(phrase, vocabulary)
        return vocabulary.count(match_all_words(parsed, vocabulary)) > 0

    promoted = islice(filter(begins, state.promotions.phrases), MAX_TRIED)
    synonyms = dict.fromkeys(islice(filter(begins, state.synonyms.searched), MAX_TRIED))
    found = chain(
        (p for p in promoted if get_promoted(state.promotions.find(p), root, at)),
        sorted(_titles(words, state, root, at), key=begins, reverse=True),
        filter(finds_anything, synonyms),
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
    must, must_not = tantivy.Occur.Must, tantivy.Occur.MustNot
    any_ending = tantivy.Query.disjunction_max_query(
        [term(TITLE_WORDS, ending) for ending in endings]
    )
    query = tantivy.Query.boolean_query(
        [
            (must_not, term("kind", SearchFile.kind)),
            *((must, term(TITLE_WORDS, word)) for word in whole),
            (must, any_ending),
        ]
    )
    keys, _ = best(state.searcher, public(query, at), at, 0, MAX_SUGGESTIONS)
    pages = visible_pages(at).filter(path__startswith=root.path)
    titles = dict(pages.filter(pk__in=pages_among(keys)).values_list("pk", "title"))
    return [titles[pk] for pk in pages_among(keys) if pk in titles]
