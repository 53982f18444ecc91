"""Parses a search: corrects it and finds the variants to search for."""

import re
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from search.curation.synonyms import Rewrite, SynonymMatcher
from search.engine.vocabulary import Vocabulary
from search.tokens import STOP_WORDS, significant_words, tokenise

# Other variants count a little less than the original words.
ORIGINAL_WEIGHT = 1.0
VARIANT_WEIGHT = 0.9
# Each is a search of its own, so a query full of acronyms must stay quick.
MAX_VARIANTS = 12
MAX_CORRECTED = 4
SHORTEST_SPLIT = 6

WORD = re.compile(r"\w+(?:['’‘`]\w+)*")


@dataclass(frozen=True)
class QueryVariant:
    """One way to say what is searched for, and how much it counts.

    Any of the words may match, but words from a synonym all must: a search for food
    parcels finds food banks too, but no other banks.
    """

    words: tuple[str, ...]
    weight: float = ORIGINAL_WEIGHT
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ParsedQuery:
    """A search as the site understands it.

    `corrected` is the text with its spelling corrected, empty if there was nothing to
    correct. The first variant has the original words.
    """

    variants: tuple[QueryVariant, ...]
    corrected: str = ""

    @property
    def words(self) -> set[str]:
        return {word for variant in self.variants for word in variant.words}

    @classmethod
    def as_typed(cls, words: list[str]) -> "ParsedQuery":
        return cls((QueryVariant(tuple(words)),))


def parse_query(
    typed: str, vocabulary: Vocabulary, synonyms: SynonymMatcher, correct: bool = True
) -> ParsedQuery:
    """Return the variants of a search: original, joined or split words, synonyms."""
    words = tokenise(typed)
    corrections = _corrections(words, vocabulary) if correct else {}
    corrected = _replace_words(typed, corrections)
    if vocabulary.dictionary.blocklist.matches(corrected):
        # Two harmless words may form a blocked phrase.
        corrections, corrected = {}, ""
    used = [each for word in words for each in corrections.get(word, [word])]
    own = significant_words(used)
    others = [
        *synonyms.rewrite(used),
        *vocabulary.joined(own),
        *_split_words(own, vocabulary),
    ]
    variants = {tuple(dict.fromkeys(own)): QueryVariant(tuple(dict.fromkeys(own)))}
    for before, replacement, after in others:
        if len(variants) == MAX_VARIANTS:
            break
        words = tuple(dict.fromkeys(significant_words([*before, *replacement, *after])))
        required = frozenset(significant_words(list(replacement)))
        # Otherwise a long name would win by its number of words alone.
        weight = VARIANT_WEIGHT / sqrt(max(1, len(required)))
        variants.setdefault(words, QueryVariant(words, weight, required))
    return ParsedQuery(
        variants=tuple(variant for variant in variants.values() if variant.words),
        corrected=corrected,
    )


def _corrections(words: list[str], vocabulary: Vocabulary) -> dict[str, list[str]]:
    """Return corrections for words that are not on the site."""
    unknown = _unknown(words, vocabulary)
    corrections = {}
    for word in unknown[:MAX_CORRECTED]:
        others = [other for other in words if other not in unknown]
        parts = vocabulary.parts(word)
        spelled = parts or vocabulary.correction(word, others)
        if spelled:
            corrections[word] = parts or [spelled]
    return corrections


def _unknown(words: list[str], vocabulary: Vocabulary) -> list[str]:
    """Return the words that are not on the site in any form, half-typed or split."""
    split = {
        word
        for first, second in pairwise(words)
        if vocabulary.is_indexed(first + second)
        for word in (first, second)
    }
    return [
        word
        for word in dict.fromkeys(words)
        if word not in STOP_WORDS
        and word not in split
        and word not in vocabulary
        and not any(map(vocabulary.is_indexed, vocabulary.completions(word)))
    ]


def _split_words(words: list[str], vocabulary: Vocabulary) -> list[Rewrite]:
    """Return variants with a word like "foodbank" split in two."""
    return [
        (words[:place], parts, words[place + 1 :])
        for place, word in enumerate(words)
        if len(word) >= SHORTEST_SPLIT and (parts := vocabulary.parts(word))
    ]


def _replace_words(typed: str, corrections: dict[str, list[str]]) -> str:
    if not corrections:
        return ""

    def replace(match: re.Match) -> str:
        found = tokenise(match[0])
        corrected = [part for word in found for part in corrections.get(word, [word])]
        return " ".join(corrected) if corrected != found else match[0]

    return WORD.sub(replace, typed)
