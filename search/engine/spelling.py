"""Which words of a search are never corrected, so that spelling never does harm."""

import re
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.tokens import STOP_WORDS, stem

COMMON_WORDS = frozenset(
    word
    for line in Path(__file__).with_name("common_words.dic").read_text().splitlines()
    if not line.startswith("#")
    for word in line.split()
)
# Beside those that are common: what people in danger or distress write, in any form. No
# other word is read into one that is close to these either.
_DISTRESS = """
abduct abuse abused abuser addict afraid arrears assault asylum bailiff beat beaten
bereave bleed bruise bulimia bullied bully burgle choke coerce crisis danger dead debt
desperate destitute die died domestic drown drunk dying emergency evict evicted eviction
exploit fled flee forced frighten gang genital grief grieve groom harass harm hate
helpline hit homeless homelessness homophobic hunger hungry hurt hypothermia incest
injure kick kidnap kill knife lonely miscarriage missing molest molested murder neglect
overdose paedophile panic paranoid pills poison psychosis psychotic punch racism racist
rape raped rapist refuge refugee runaway samaritans scald scared schizophrenia scream
seizure sepsis shot slap slavery smack smother spat stab stabbed stalk starve strangle
strangled suffocate suicidal suicide threat threaten threatened torture trafficked
trafficking transphobic trauma unsafe violence violent vulnerable weapon wound
"""
DISTRESS_WORDS = frozenset(_DISTRESS.split())
# Short ones are near too many words to be what a misspelling means.
NAMED_DISTRESS = frozenset(word for word in DISTRESS_WORDS if len(word) >= 6)

ENDINGS = ("", "s", "es", "e", "ed", "er", "ers", "ing", "y", "ies", "ied")

# How people write by ear: the longest first.
_SOUNDS = dict.fromkeys(("tion", "sion", "cian"), "shun")
_SOUNDS |= {"sch": "sk", "tch": "kh", "ph": "f", "gh": "", "ck": "k", "qu": "kw"}
_SOUNDS |= {"ce": "se", "ci": "si", "cy": "si", "c": "k", "x": "ks", "y": "i", "z": "s"}
_SOUND = re.compile("^kn|^wr|^ps|" + "|".join(_SOUNDS))
_DOUBLE = re.compile(r"(.)\1")


@lru_cache(maxsize=20_000)
def inflections(word: str) -> frozenset[str]:
    """Return the other inflections of a word: "pantry", for one, of "pantries".

    Not all words of one stem: the stemmer reads "allowence" as it does "allow".
    """
    roots = {word.removesuffix(end) for end in ENDINGS if word.endswith(end)}
    doubled = {root + root[-1:] for root in roots}
    single = {root[:-1] for root in roots if root[-2:-1] == root[-1:]}
    every = {root + end for root in roots | doubled | single for end in ENDINGS}
    return frozenset(w for w in every if w != word and stem(w) == stem(word))


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """Return a spelling that words share which sound alike: "fone" for "phone"."""
    heard = _SOUND.sub(lambda found: _SOUNDS.get(found[0], found[0][1:]), word)
    return _DOUBLE.sub(r"\1", heard)


@cache
def _distress_words() -> frozenset[str]:
    return DISTRESS_WORDS.union(*map(inflections, DISTRESS_WORDS))


def is_never_corrected(word: str) -> bool:
    """Say whether a word is left as it is, as it is probably no mistake."""
    return (
        word in STOP_WORDS
        or word in COMMON_WORDS
        or word in _distress_words()
        or not COMMON_WORDS.isdisjoint(inflections(word))
    )


def near_distress(word: str, mistakes: int) -> list[str]:
    """Return the words of distress, in all forms, that a misspelling is near to."""
    found = process.extract_iter(
        word, _distress_words(), scorer=OSA.distance, score_cutoff=mistakes
    )
    return sorted(each for each, _, _ in found)
