"""The site's own words: which it has, how they go on, and which one was meant."""

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
from search.engine.tokens import STOP_WORDS, forms, stem, telling, tokenise

FIGURE = re.compile(r"\d")
Query, Occur = tantivy.Query, tantivy.Occur

SHORTEST_PREFIX = 4
MAX_COMPLETIONS = 10
SHORTEST_CORRECTED = 4
SHORTEST_PART = 3
# A word is taken for another one if so few letters are wrong, missing, too many or
# swapped: one in a short word, three in "apprenterships".
MISTAKES_ALLOWED = ((12, 3), (6, 2), (SHORTEST_CORRECTED, 1))
# People get the first letter of a word right more often than the others.
WRONG_FIRST_LETTER = 0.6
# Each is compared with all words of the site.
MAX_COMPARED = 6
MAX_CANDIDATES = 5
MAX_TELLING = 8
# Of 1, the least that two words must be alike to be offered where nothing was found.
LEAST_ALIKE = 0.88


class Dictionary:
    """All words in one state of the index, and those that staff have given it.

    Words of pages that are gone may linger here: see `Vocabulary`.
    """

    def __init__(
        self,
        searcher: tantivy.Searcher,
        staff_stems: Collection[str] = (),
        unsuggested: Blocklist | None = None,
        replaced: int = 0,
    ):
        self.searcher = searcher
        self.staff_stems = staff_stems
        self.unsuggested = unsuggested or Blocklist()
        # How many documents the index may still count that are not there any more.
        self.replaced = replaced

    def with_editorial_terms(self, staff_stems: Collection[str]) -> "Dictionary":
        """Return the same dictionary with other words of staff, as quick as this."""
        other = copy(self)
        other.staff_stems = staff_stems
        return other

    @cached_property
    def by_length(self) -> dict[int, list[str]]:
        """All words by their length; read when a word has to be corrected.

        Without those that hold figures: nobody means another number than they typed.
        """
        by_length = defaultdict(list)
        for term, _ in self.searcher.terms_with_prefix(WORDS, ""):
            if not FIGURE.search(term):
                by_length[len(term)].append(term)
        return by_length


class Vocabulary:
    """The words of the pages that are public at a moment.

    The index forgets neither a deleted word nor an expired one at once, so whatever is
    said or offered is first found on a page that everybody may see (S13).
    """

    def __init__(self, dictionary: Dictionary, at: datetime):
        self.dictionary = dictionary
        self.searcher = dictionary.searcher
        self._at = at
        self._counts: dict[tuple[str, str], int] = {}

    def has(self, word: str) -> bool:
        """Say whether the site has the word, in any of its forms."""
        return (
            stem(word) in self.dictionary.staff_stems
            or self.stands(word)
            or any(
                self.pages_with(form, field)
                for form in forms(word)
                for field in ("title", "body")
            )
        )

    def stands(self, word: str) -> bool:
        """Say whether the word is on the site just as it is."""
        return self.pages_with(word) > 0

    def pages_with(self, term: str, field: str = WORDS) -> int:
        """Return how many public pages have a term in a field: none, or about so many.

        A word on more pages than can be gone is on one that is there.
        """
        key = term, field
        if key not in self._counts:
            number = self.searcher.doc_freq(field, term)
            if 0 < number <= self._most_gone:
                number = self.count(Query.term_query(SCHEMA, field, term))
            self._counts[key] = number
        return self._counts[key]

    @cached_property
    def _most_gone(self) -> int:
        """How many documents at most are in the index and cannot be seen."""
        found = self.searcher.search(expired(self._at), limit=1, count=True)
        return self.dictionary.replaced + found.count

    def count(self, *queries: Query) -> int:
        """Return how many public pages all of these queries find."""
        found = public(queries[0], self._at, queries[1:])
        return self.searcher.search(found, limit=1, count=True).count

    def completions(self, word: str) -> list[str]:
        """Return the site's words that begin with this one, the commonest first.

        Some may be of pages that are gone: to search for those finds nothing.
        """
        if len(word) < SHORTEST_PREFIX:
            return []
        found = self.searcher.terms_with_prefix(WORDS, word, limit=MAX_COMPLETIONS + 1)
        return [term for term, _ in found if term != word]

    def joined(self, words: list[str]) -> list[Rewrite]:
        """Return the words with two of them written as one that the site has."""
        return [
            (words[:place], [first + second], words[place + 2 :])
            for place, (first, second) in enumerate(pairwise(words))
            if self.stands(first + second)
        ]

    def parts(self, word: str) -> list[str] | None:
        """Return the two words that were run together, as "blue" and "badge".

        Only words that stand side by side somewhere on the site.
        """
        best, most = None, 0
        for end in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
            first, second = word[:end], word[end:]
            if self.stands(first) and self.stands(second):
                count = self.count(_side_by_side(first, second))
                if count > most:
                    best, most = [first, second], count
        return best

    def correction(self, word: str, others: Iterable[str]) -> str | None:
        """Return the site's word that was probably meant, or None.

        `others` are the words beside it: of two that are as near, the one that stands
        on a page with them was meant, and one that is far off must stand with them.
        """
        most = next((n for length, n in MISTAKES_ALLOWED if len(word) >= length), 0)
        if not most or FIGURE.search(word):
            return None
        context = [
            _term(other)
            for other in others
            if other not in STOP_WORDS and self.stands(other)
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
        """Return the public words nearest to a word, each after what ranks it."""
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
        offered = (each for each in sorted(near) if self._may_offer(each[-1]))
        return list(islice(offered, MAX_CANDIDATES))

    def _may_offer(self, word: str) -> bool:
        return not self.dictionary.unsuggested.bars(word) and self.stands(word)

    def nearest(self, words: list[str]) -> list[str]:
        """Return the site's words that look most like these, however far off.

        For the page that found nothing: one for each word, if there is any alike.
        """
        choices = [
            word for words in self.dictionary.by_length.values() for word in words
        ]
        return [
            alike
            for word in telling(words)[:MAX_COMPARED]
            for alike in islice(self._alike(word, choices), 1)
        ]

    def _alike(self, word: str, choices: list[str]) -> Iterator[str]:
        found = process.extract(
            word,
            choices,
            scorer=JaroWinkler.similarity,
            score_cutoff=LEAST_ALIKE,
            limit=None,
        )
        for candidate, _, _ in sorted(found, key=lambda each: (-each[1], each[0])):
            if self._may_offer(candidate):
                yield candidate

    def most_telling(self, text: str, but: Iterable[str]) -> list[str]:
        """Return the stems of a text that the fewest pages have, but not these words'.

        They say what the text is about that other texts are not (inverse document
        frequency).
        """
        left_out = {form for word in but for form in forms(word)}
        pages = {
            stem(word): self.pages_with(word)
            for word in telling(tokenise(text))
            if len(word) >= SHORTEST_PREFIX
        }
        rarest = sorted((count, each) for each, count in pages.items() if count)
        return [each for _, each in rarest if each not in left_out][:MAX_TELLING]


def _term(word: str) -> Query:
    return Query.term_query(SCHEMA, WORDS, word)


def _any_of(queries: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _side_by_side(first: str, second: str) -> Query:
    stems = [stem(first), stem(second)]
    return _any_of(
        [Query.phrase_query(SCHEMA, field, stems) for field in ("title", "body")]
    )
