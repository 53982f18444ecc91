"""The words on the site: which it has, completions and spelling corrections."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice, pairwise

import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from search.curation.blocklist import Blocklist
from search.curation.promotions import PromotionMatcher
from search.curation.synonyms import Rewrite, SynonymMatcher
from search.engine.schema import (
    SCHEMA,
    TITLE_WORDS,
    WORDS,
    any_of,
    expired,
    public,
    term,
)
from search.tokens import STOP_WORDS, forms, significant_words, stem, tokenise

DIGIT = re.compile(r"\d")

SHORTEST_PREFIX = 4
MAX_COMPLETIONS = 10
SHORTEST_CORRECTED = 4
SHORTEST_PART = 3
# By minimum length: how many letters may be wrong, missing, extra or swapped, such as
# three in "apprenterships".
MISTAKES_ALLOWED = ((12, 3), (6, 2), (SHORTEST_CORRECTED, 1))
# People get the first letter of a word right more often than the others.
WRONG_FIRST_LETTER = 0.6
# Each is compared with all words on the site.
MAX_COMPARED = 6
MAX_CANDIDATES = 5
MAX_SIGNIFICANT_STEMS = 8
# Of 1, for words to suggest if nothing was found.
MIN_SIMILARITY = 0.88


@dataclass(frozen=True)
class IndexState:
    """The index at one content version, and what editors decided; immutable."""

    version: int
    searcher: tantivy.Searcher
    synonyms: SynonymMatcher
    promotions: PromotionMatcher
    blocklist: Blocklist
    # How many deleted documents the index may still count.
    replaced: int

    @cached_property
    def words(self) -> list[str]:
        """All words, even of deleted pages, by length; numbers are not corrected."""
        found = self.searcher.terms_with_prefix(WORDS, "")
        return sorted((word for word, _ in found if not DIGIT.search(word)), key=len)


class Vocabulary:
    """The words of the pages that are public at a time.

    The index does not drop deleted and expired words at once, so each word is first
    found on a public page before it is shown (S13).
    """

    def __init__(self, state: IndexState, at: datetime):
        self.state = state
        self.searcher = state.searcher
        self.at = at
        self._counts: dict[tuple[str, str], int] = {}
        self._stems: dict[str, tuple[tuple[str, ...], list[str]]] = {}

    def __contains__(self, word: str) -> bool:
        """Say whether the word is on the site or in a rule, in any of its forms."""
        return (
            stem(word) in self.state.synonyms.stems
            or stem(word) in self.state.promotions.stems
            or self.is_indexed(word)
            or any(
                self.pages_with(form, field)
                for form in forms(word)
                for field in ("title", "body")
            )
        )

    def is_indexed(self, word: str) -> bool:
        """Say whether the word is on the site in exactly this form."""
        return self.pages_with(word) > 0

    def pages_with(self, word: str, field: str = WORDS) -> int:
        """Return roughly how many public pages have a word in a field, or exactly 0.

        If more pages have it than can be hidden, at least one of them is public.
        """
        key = word, field
        if key not in self._counts:
            number = self.searcher.doc_freq(field, word)
            if 0 < number <= self._max_hidden:
                number = self.count(term(field, word))
            self._counts[key] = number
        return self._counts[key]

    @cached_property
    def _max_hidden(self) -> int:
        """The most documents that can be in the index without being public."""
        found = self.searcher.search(expired(self.at), limit=1, count=True)
        return self.state.replaced + found.count

    def count(self, *queries: tantivy.Query) -> int:
        found = public(queries[0], self.at, queries[1:])
        return self.searcher.search(found, limit=1, count=True).count

    def completions(self, word: str) -> list[str]:
        """Return the words on the site that start with this one, commonest first.

        Some may be of deleted pages: a search for those finds nothing.
        """
        if len(word) < SHORTEST_PREFIX:
            return []
        found = self.searcher.terms_with_prefix(WORDS, word, limit=MAX_COMPLETIONS + 1)
        return [longer for longer, _ in found if longer != word]

    def stems(self, word: str) -> tuple[tuple[str, ...], list[str]]:
        """Return the stems that match a word, and those that its completions have."""
        if word not in self._stems:
            own = forms(word)
            longer = {form for each in self.completions(word) for form in forms(each)}
            self._stems[word] = own, sorted(longer.difference(own))
        return self._stems[word]

    def joined(self, words: list[str]) -> list[Rewrite]:
        """Return variants with two words joined, where the site has the joined word."""
        return [
            (words[:place], [first + second], words[place + 2 :])
            for place, (first, second) in enumerate(pairwise(words))
            if self.is_indexed(first + second)
        ]

    def parts(self, word: str) -> list[str] | None:
        """Split a word such as "bluebadge" into two words.

        Only words that are next to each other somewhere on the site.
        """
        best, most = None, 0
        for end in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
            parts = [word[:end], word[end:]]
            if all(map(self.is_indexed, parts)):
                stems = [stem(part) for part in parts]
                phrase = tantivy.Query.phrase_query
                fields = ("title", "body")
                count = self.count(any_of(phrase(SCHEMA, f, stems) for f in fields))
                if count > most:
                    best, most = parts, count
        return best

    def correction(self, word: str, others: Iterable[str]) -> str | None:
        """Return the word that was probably meant, or None.

        `others` are the other words of the search: of two candidates that are equally
        near, one on a page with them wins, and a distant one must be on such a page.
        """
        most = next((n for length, n in MISTAKES_ALLOWED if len(word) >= length), 0)
        if not most or DIGIT.search(word):
            return None
        context = [
            term(WORDS, other)
            for other in others
            if other not in STOP_WORDS and self.is_indexed(other)
        ]
        words = self.state.words
        start = bisect_left(words, len(word) - most, key=len)
        end = bisect_right(words, len(word) + most, key=len)
        near = []
        found = process.extract_iter(
            word, words[start:end], scorer=OSA.distance, score_cutoff=most
        )
        for candidate, distance, _ in found:
            wrong_start = WRONG_FIRST_LETTER * (candidate[0] != word[0])
            in_titles = self.searcher.doc_freq(TITLE_WORDS, candidate)
            in_pages = self.searcher.doc_freq(WORDS, candidate)
            near.append((distance + wrong_start, -in_titles, -in_pages, candidate))
        best = []
        allowed = (each for each in sorted(near) if self._may_suggest(each[-1]))
        for distance, *common, candidate in islice(allowed, MAX_CANDIDATES):
            is_apart = not context or not self.count(
                term(WORDS, candidate), any_of(context)
            )
            if not context or not is_apart or distance < 2:
                best.append((int(distance), is_apart, distance, *common, candidate))
        return min(best)[-1] if best else None

    def _may_suggest(self, word: str) -> bool:
        return not self.state.blocklist.matches(word) and self.is_indexed(word)

    def nearest(self, words: list[str]) -> list[str]:
        """Return the most similar word on the site for each word that has one.

        For searches without results.
        """
        nearest = []
        for word in significant_words(words)[:MAX_COMPARED]:
            found = process.extract(
                word,
                self.state.words,
                scorer=JaroWinkler.similarity,
                score_cutoff=MIN_SIMILARITY,
                limit=None,
            )
            ranked = sorted((-similarity, each) for each, similarity, _ in found)
            allowed = (each for _, each in ranked if self._may_suggest(each))
            nearest += islice(allowed, 1)
        return nearest

    def significant_stems(self, text: str, excluded: Iterable[str]) -> list[str]:
        """Return the rarest stems of a text (inverse document frequency).

        They say what sets the text apart from others.
        """
        left_out = {form for word in excluded for form in forms(word)}
        pages = {
            stem(word): self.pages_with(word)
            for word in significant_words(tokenise(text))
            if len(word) >= SHORTEST_PREFIX
        }
        rarest = sorted((count, each) for each, count in pages.items() if count)
        significant = [each for _, each in rarest if each not in left_out]
        return significant[:MAX_SIGNIFICANT_STEMS]
