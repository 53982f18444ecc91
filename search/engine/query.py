"""Parses a search: corrects it and finds the variants to search for."""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt

from search.curation.promotions import PromotionSnippet
from search.curation.synonyms import Rewrite
from search.engine.vocabulary import Vocabulary
from search.tokens import STOP_WORDS, significant_words, tokenise

# Other variants count a little less than the original words.
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
    weight: float = 1.0
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ParsedQuery:
    """A search as the site understands it.

    `corrected` is the text with its spelling corrected, empty if there was nothing to
    correct. The first variant has the original words.
    """

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
    """Return the variants of a search: original, joined or split words, synonyms."""
    state = vocabulary.state
    words = tokenise(typed)
    corrections = _corrections(words, vocabulary) if correct else {}
    corrected = _replace_words(typed, corrections)
    if state.blocklist.matches(corrected):
        # Two harmless words may form a blocked phrase.
        corrections, corrected = {}, ""
    used = [each for word in words for each in corrections.get(word, [word])]
    own = significant_words(used)
    others = [
        *state.synonyms.rewrite(used),
        *vocabulary.joined(own),
        *_split_words(own, vocabulary),
    ]
    original = tuple(dict.fromkeys(own))
    variants = {original: QueryVariant(original)} if original else {}
    for before, replacement, after in others:
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
    """Return corrections for words that are not on the site.

    Not in any form, half-typed or split in two either.
    """
    split = {
        word
        for pair in pairwise(words)
        if vocabulary.is_indexed("".join(pair))
        for word in pair
    }
    unknown = [
        word
        for word in dict.fromkeys(words)
        if word not in STOP_WORDS
        and word not in split
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
