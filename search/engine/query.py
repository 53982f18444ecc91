"""What somebody meant: from what was typed to the wordings to search for."""

import re
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from search.curation.synonyms import Rewrite, SynonymMatcher
from search.engine.tokens import STOP_WORDS, telling, tokenise
from search.engine.vocabulary import Vocabulary

# Another wording counts a little less than the searcher's own.
OWN_WORDING = 1.0
OTHER_WORDING = 0.9
# Each is a search of its own, so a query full of acronyms must not cost seconds.
MAX_WORDINGS = 12
MAX_CORRECTED = 4
SHORTEST_SPLIT = 6

WORD = re.compile(r"\w+(?:['’‘`]\w+)*")


@dataclass(frozen=True)
class Wording:
    """One way to say what is searched for, and how much it counts.

    Any of the words may match, but of what the site itself has put there all do: who
    asks for food parcels gets food banks too, and no other banks.
    """

    words: tuple[str, ...]
    weight: float = OWN_WORDING
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ParsedQuery:
    """A search as the site understands it.

    `corrected` is what was typed with spelling mistakes mended, empty where there was
    nothing to mend. The first wording is the searcher's own.
    """

    wordings: tuple[Wording, ...]
    corrected: str = ""

    @property
    def words(self) -> set[str]:
        """All words of all wordings."""
        return {word for wording in self.wordings for word in wording.words}

    @classmethod
    def as_typed(cls, words: list[str]) -> "ParsedQuery":
        """Return a search for nothing but these words."""
        return cls((Wording(tuple(words)),))


def parse_query(
    typed: str, vocabulary: Vocabulary, synonyms: SynonymMatcher, correct: bool = True
) -> ParsedQuery:
    """Return the wordings for a search: its own, run together or apart, synonyms'."""
    words = tokenise(typed)
    corrections = _corrections(words, vocabulary) if correct else {}
    corrected = _replace_words(typed, corrections)
    if vocabulary.dictionary.unsuggested.bars(corrected):
        # A phrase that nobody is to be shown may come of two harmless words.
        corrections, corrected = {}, ""
    used = [each for word in words for each in corrections.get(word, [word])]
    own = telling(used)
    others = [
        *synonyms.rewrite(used),
        *vocabulary.joined(own),
        *_apart(own, vocabulary),
    ]
    wordings = {tuple(dict.fromkeys(own)): Wording(tuple(dict.fromkeys(own)))}
    for before, put_in, after in others:
        words = tuple(dict.fromkeys(telling([*before, *put_in, *after])))
        required = frozenset(telling(list(put_in)))
        # Or a long name would win by the number of its words alone.
        weight = OTHER_WORDING / sqrt(max(1, len(required)))
        wordings.setdefault(words, Wording(words, weight, required))
    return ParsedQuery(
        wordings=tuple(
            wording
            for wording in list(wordings.values())[:MAX_WORDINGS]
            if wording.words
        ),
        corrected=corrected,
    )


def _corrections(words: list[str], vocabulary: Vocabulary) -> dict[str, list[str]]:
    """Return what to search for in place of words that the site does not have."""
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
    """Return the words that the site has in no form, not half-typed, not in two."""
    in_two = {
        word
        for first, second in pairwise(words)
        if vocabulary.stands(first + second)
        for word in (first, second)
    }
    return [
        word
        for word in dict.fromkeys(words)
        if word not in STOP_WORDS
        and word not in in_two
        and not vocabulary.has(word)
        and not any(map(vocabulary.stands, vocabulary.completions(word)))
    ]


def _apart(words: list[str], vocabulary: Vocabulary) -> list[Rewrite]:
    """Return the words with "foodbank" written as two, where the site has both."""
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
        mended = [part for word in found for part in corrections.get(word, [word])]
        return " ".join(mended) if mended != found else match[0]

    return WORD.sub(replace, typed)
