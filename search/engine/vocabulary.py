"""The words on the site: which it has, completions and spelling corrections."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from copy import copy
from datetime import datetime
from functools import cached_property
from itertools import islice, pairwise

import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from search.curation.blocklist import Blocklist
from search.curation.synonyms import Rewrite
from search.engine.schema import SCHEMA, TITLE_WORDS, WORDS, expired, public
from search.tokens import STOP_WORDS, forms, significant_words, stem, tokenise

DIGIT = re.compile(r"\d")
Query, Occur = tantivy.Query, tantivy.Occur

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


class Dictionary:
    """All words in one state of the index, and those of synonyms and promotions.

    Words of deleted pages may still be here: see `Vocabulary`.
    """

    def __init__(
        self,
        searcher: tantivy.Searcher,
        editorial_stems: Collection[str] = (),
        blocklist: Blocklist | None = None,
        replaced: int = 0,
    ):
        self.searcher = searcher
        self.editorial_stems = editorial_stems
        self.blocklist = blocklist or Blocklist()
        # How many deleted documents the index may still count.
        self.replaced = replaced

    def with_editorial_terms(self, editorial_stems: Collection[str]) -> "Dictionary":
        other = copy(self)
        other.editorial_stems = editorial_stems
        return other

    @cached_property
    def by_length(self) -> dict[int, list[str]]:
        """All words by length; read when a word has to be corrected.

        Without words that contain digits: numbers are not corrected.
        """
        by_length = defaultdict(list)
        for term, _ in self.searcher.terms_with_prefix(WORDS, ""):
            if not DIGIT.search(term):
                by_length[len(term)].append(term)
        return by_length


class Vocabulary:
    """The words of the pages that are public at a time.

    The index does not drop deleted and expired words at once, so each word is first
    found on a public page before it is shown (S13).
    """

    def __init__(self, dictionary: Dictionary, at: datetime):
        self.dictionary = dictionary
        self.searcher = dictionary.searcher
        self._at = at
        self._counts: dict[tuple[str, str], int] = {}
        self._stems: dict[str, tuple[tuple[str, ...], list[str]]] = {}

    def __contains__(self, word: str) -> bool:
        """Say whether the word is on the site, in any of its forms."""
        return (
            stem(word) in self.dictionary.editorial_stems
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

    def pages_with(self, term: str, field: str = WORDS) -> int:
        """Return roughly how many public pages have a term in a field, or exactly 0.

        If more pages have it than can be hidden, at least one of them is public.
        """
        key = term, field
        if key not in self._counts:
            number = self.searcher.doc_freq(field, term)
            if 0 < number <= self._max_hidden:
                number = self.count(Query.term_query(SCHEMA, field, term))
            self._counts[key] = number
        return self._counts[key]

    @cached_property
    def _max_hidden(self) -> int:
        """The most documents that can be in the index without being public."""
        found = self.searcher.search(expired(self._at), limit=1, count=True)
        return self.dictionary.replaced + found.count

    def count(self, *queries: Query) -> int:
        found = public(queries[0], self._at, queries[1:])
        return self.searcher.search(found, limit=1, count=True).count

    def completions(self, word: str) -> list[str]:
        """Return the words on the site that start with this one, commonest first.

        Some may be of deleted pages: a search for those finds nothing.
        """
        if len(word) < SHORTEST_PREFIX:
            return []
        found = self.searcher.terms_with_prefix(WORDS, word, limit=MAX_COMPLETIONS + 1)
        return [term for term, _ in found if term != word]

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
            first, second = word[:end], word[end:]
            if self.is_indexed(first) and self.is_indexed(second):
                count = self.count(_side_by_side(first, second))
                if count > most:
                    best, most = [first, second], count
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
            _term(other)
            for other in others
            if other not in STOP_WORDS and self.is_indexed(other)
        ]
        best = []
        for distance, *common, candidate in self._near(word, most):
            together = bool(context) and bool(
                self.count(_term(candidate), _any_of(context))
            )
            if together or distance < 2 or not context:
                mistakes = int(distance)
                best.append((mistakes, not together, distance, *common, candidate))
        return min(best)[-1] if best else None

    def _near(self, word: str, most: int) -> list[tuple]:
        """Return the public words nearest to a word, each after its ranking values."""
        by_length = self.dictionary.by_length
        near = []
        for length in range(len(word) - most, len(word) + most + 1):
            found = process.extract(
                word,
                by_length.get(length, ()),
                scorer=OSA.distance,
                score_cutoff=most,
                limit=None,
            )
            for candidate, distance, _ in found:
                wrong_start = WRONG_FIRST_LETTER * (candidate[0] != word[0])
                in_titles = self.searcher.doc_freq(TITLE_WORDS, candidate)
                in_pages = self.searcher.doc_freq(WORDS, candidate)
                near.append((distance + wrong_start, -in_titles, -in_pages, candidate))
        allowed = (each for each in sorted(near) if self._may_suggest(each[-1]))
        return list(islice(allowed, MAX_CANDIDATES))

    def _may_suggest(self, word: str) -> bool:
        return not self.dictionary.blocklist.matches(word) and self.is_indexed(word)

    def nearest(self, words: list[str]) -> list[str]:
        """Return the most similar word on the site for each word that has one.

        For searches without results.
        """
        choices = [
            word for words in self.dictionary.by_length.values() for word in words
        ]
        return [
            similar
            for word in significant_words(words)[:MAX_COMPARED]
            for similar in islice(self._similar(word, choices), 1)
        ]

    def _similar(self, word: str, choices: list[str]) -> Iterator[str]:
        found = process.extract(
            word,
            choices,
            scorer=JaroWinkler.similarity,
            score_cutoff=MIN_SIMILARITY,
            limit=None,
        )
        for candidate, _, _ in sorted(found, key=lambda each: (-each[1], each[0])):
            if self._may_suggest(candidate):
                yield candidate

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
        return [each for _, each in rarest if each not in left_out][
            :MAX_SIGNIFICANT_STEMS
        ]


def _term(word: str) -> Query:
    return Query.term_query(SCHEMA, WORDS, word)


def _any_of(queries: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _side_by_side(first: str, second: str) -> Query:
    stems = [stem(first), stem(second)]
    return _any_of(
        [Query.phrase_query(SCHEMA, field, stems) for field in ("title", "body")]
    )
