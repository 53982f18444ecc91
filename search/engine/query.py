"""Understands a search: the site's words, corrections, and variants to search for."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice, pairwise
from math import sqrt

import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from search.curation import (
    Blocklist,
    PromotionMatcher,
    PromotionSnippet,
    SynonymMatcher,
)
from search.engine.schema import (
    PHRASE_FIELDS,
    SCHEMA,
    TITLE_WORDS,
    WORDS,
    Query,
    any_of,
    public,
    term,
)
from search.engine.spelling import (
    NAMED_DISTRESS,
    inflections,
    is_never_corrected,
    near_distress,
    sound,
)
from search.tokens import STOP_WORDS, forms, significant_words, stem, tokenise

WORD = re.compile(r"\w+(?:['’‘`]\w+)*")
DIGIT = re.compile(r"\d")

SHORTEST_PREFIX = 4
MAX_COMPLETIONS = 10
SHORTEST_SPLIT = 6
SHORTEST_PART = 3
SHORTEST_CORRECTED = 4
MAX_CORRECTED = 4
# By minimum length: how many letters may be wrong, missing, extra or swapped, such as
# three in "apprenterships".
MISTAKES_ALLOWED = ((12, 3), (6, 2), (SHORTEST_CORRECTED, 1))
# People get the first letter of a word right more often than the others.
WRONG_FIRST_LETTER = 0.6
# Nearer than any other mistake.
SAME_SOUND = 0.5
MAX_CANDIDATES = 5
# Each is compared with all words on the site.
MAX_COMPARED = 6
# Of 1, for words to suggest if nothing was found.
MIN_SIMILARITY = 0.88
MAX_SIGNIFICANT_STEMS = 8
# Pages call it so; what a resident calls it may be on others in passing.
VARIANT_WEIGHT = 1.3
# Each is a search of its own, so a query full of acronyms must stay quick.
MAX_VARIANTS = 12


@dataclass(frozen=True)
class IndexState:
    """The index at one content version, and what editors decided; immutable."""

    version: int
    searcher: tantivy.Searcher
    synonyms: SynonymMatcher
    promotions: PromotionMatcher
    blocklist: Blocklist

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
        self._stems: dict[str, tuple[tuple[str, ...], list[str]]] = {}

    def __contains__(self, word: str) -> bool:
        """Say whether the word, or an inflection of it, is on the site or in a rule."""
        rules = self.state.synonyms.words, self.state.promotions.words
        return any(
            each in rules[0] or each in rules[1] or self.is_indexed(each)
            for each in (word, *inflections(word))
        ) or any(
            self.pages_with(form, field)
            for form in forms(word)[1:]
            for field in PHRASE_FIELDS
        )

    def is_indexed(self, word: str) -> bool:
        """Say whether the word is on the site in exactly this form."""
        return self.pages_with(word) > 0

    def pages_with(self, word: str, field: str = WORDS) -> int:
        is_known = self.searcher.doc_freq(field, word)
        return self.count(term(field, word)) if is_known else 0

    def count(self, *queries: Query) -> int:
        found = public(queries[0], self.at, queries[1:])
        return self.searcher.search(found, limit=1, count=True).count

    def completions(self, word: str) -> list[str]:
        """Return the words that start with this one, some maybe of deleted pages."""
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

    def parts(self, word: str) -> list[str] | None:
        """Split "bluebadge" into words that are side by side on the site."""
        best, most = None, 0
        for end in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
            parts = [word[:end], word[end:]]
            if all(map(self.is_indexed, parts)):
                stems = list(map(stem, parts))
                phrases = (Query.phrase_query(SCHEMA, f, stems) for f in PHRASE_FIELDS)
                if (count := self.count(any_of(phrases))) > most:
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
        # Words that sound the same may be further away.
        reach = most + 1
        start = bisect_left(words, len(word) - reach, key=len)
        end = bisect_right(words, len(word) + reach, key=len)
        near = []
        found = process.extract_iter(
            word, words[start:end], scorer=OSA.distance, score_cutoff=reach
        )
        for candidate, distance, _ in found:
            wrong_start = WRONG_FIRST_LETTER * (candidate[0] != word[0])
            if sound(candidate) == sound(word):
                distance, wrong_start = SAME_SOUND, 0
            elif distance > most:
                continue
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
        mistakes, *_, meant = min(best, default=(1, None))
        if near := near_distress(word, max(1, mistakes)):
            # It may be one of these, so it is read as nothing else.
            return next((w for w in near if w in NAMED_DISTRESS and w in self), None)
        return meant

    def _may_suggest(self, word: str) -> bool:
        return (
            word not in STOP_WORDS
            and not self.state.blocklist.matches(word)
            and self.is_indexed(word)
        )

    def nearest(self, words: list[str]) -> list[str]:
        """Return the most similar word on the site for each word that has one."""
        nearest = []
        unsure = [word for word in words if not is_never_corrected(word)]
        for word in unsure[:MAX_COMPARED]:
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
        """Return the rarest stems of a text, which set it apart from others."""
        left_out = {form for word in excluded for form in forms(word)}
        pages = {
            stem(word): self.pages_with(word)
            for word in significant_words(tokenise(text))
            if len(word) >= SHORTEST_PREFIX
        }
        rarest = sorted((count, each) for each, count in pages.items() if count)
        significant = [each for _, each in rarest if each not in left_out]
        return significant[:MAX_SIGNIFICANT_STEMS]


@dataclass(frozen=True)
class QueryVariant:
    """One way to say what is searched for, and how much it counts.

    Any of the words may match, but words from a synonym all must: a search for food
    parcels finds food banks too, but no other banks.
    """

    words: tuple[str, ...]
    weight: float = 1.0
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ParsedQuery:
    """A search as the site understands it; its first variant has the original words."""

    variants: tuple[QueryVariant, ...]
    corrected: str = ""
    promotions: list[PromotionSnippet] = field(default_factory=list)

    @property
    def words(self) -> set[str]:
        return {word for variant in self.variants for word in variant.words}

    @classmethod
    def as_typed(cls, words: list[str]) -> "ParsedQuery":
        return cls((QueryVariant(tuple(words)),) if words else ())


def parse_query(
    typed: str, vocabulary: Vocabulary, correct: bool = True
) -> ParsedQuery:
    """Return the variants of a search: original, synonyms, joined or split words."""
    state = vocabulary.state
    words = tokenise(typed)
    corrections = _corrections(words, vocabulary) if correct else {}
    corrected = _replace_words(typed, corrections)
    if state.blocklist.matches(corrected):
        # Two harmless words may form a blocked phrase.
        corrections, corrected = {}, ""
    used = [each for word in words for each in corrections.get(word, [word])]
    own = significant_words(used)
    joined = [
        (own[:place], [first + second], own[place + 2 :])
        for place, (first, second) in enumerate(pairwise(own))
        if vocabulary.is_indexed(first + second)
    ]
    split = [
        (own[:place], parts, own[place + 1 :])
        for place, word in enumerate(own)
        if len(word) >= SHORTEST_SPLIT and (parts := vocabulary.parts(word))
    ]
    original = tuple(dict.fromkeys(own))
    variants = {original: QueryVariant(original)} if original else {}
    for before, replacement, after in [*state.synonyms.rewrite(used), *joined, *split]:
        if len(variants) == MAX_VARIANTS:
            break
        words = tuple(dict.fromkeys(significant_words([*before, *replacement, *after])))
        required = frozenset(significant_words(list(replacement)))
        # Otherwise a long name would win by its number of words alone.
        weight = VARIANT_WEIGHT / sqrt(max(1, len(required)))
        variants.setdefault(words, QueryVariant(words, weight, required))
    promotions = state.promotions.find(typed) or state.promotions.find(corrected)
    return ParsedQuery(tuple(variants.values()), corrected, promotions)


def _corrections(words: list[str], vocabulary: Vocabulary) -> dict[str, list[str]]:
    """Return corrections for words that the site has in no form, begun or split."""
    pairs = (pair for pair in pairwise(words) if vocabulary.is_indexed("".join(pair)))
    split = {word for pair in pairs for word in pair}
    unknown = [
        word
        for word in dict.fromkeys(words)
        if word not in split
        and not is_never_corrected(word)
        and word not in vocabulary
        and not any(map(vocabulary.is_indexed, vocabulary.completions(word)))
    ]
    others = [word for word in words if word not in unknown]
    corrections = {}
    for word in unknown[:MAX_CORRECTED]:
        if parts := vocabulary.parts(word):
            corrections[word] = parts
        elif meant := vocabulary.correction(word, others):
            corrections[word] = [meant]
    return corrections


def _replace_words(typed: str, corrections: dict[str, list[str]]) -> str:
    if not corrections:
        return ""

    def replace(match: re.Match) -> str:
        found = tokenise(match[0])
        corrected = [part for word in found for part in corrections.get(word, [word])]
        return " ".join(corrected) if corrected != found else match[0]

    return WORD.sub(replace, typed)
