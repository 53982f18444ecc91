"""Turns texts and searches into words: normalised, tokenised and stemmed."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

import tantivy

from home.content.text import cut, normalise

# Longer than any question that people type.
MAX_CHARACTERS = 300
MAX_WORDS = 32
MIN_LETTERS = 2
MAX_TOPIC_LENGTH = 200
MAX_STEMS = 12
EMPTY_TOPIC = "-"

# Dropped from a query when other words are left, so that "what's on" still finds.
_STOP_WORDS = """
a about am an and any are as at be by can do does for from get have how i if im in is
it ive me my of on or our s so that the there they this to was we what whats when where
which who why will with you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

# Forms of one word that share no stem, each group by its stems.
_FORMS = """
child children, woman women, man men, person peopl, foot feet, tooth teeth, wife wive,
mous mice, pay paid, lose lost, steal stolen, break broken broke, marri marriag,
die death dead, speak spoken, grow grown, build built, teach taught
"""
_FORMS_OF = {stem: group for group in _FORMS.split(",") for stem in group.split()}

APOSTROPHES = "'’‘`"
HYPHENATED = re.compile(r"\b\w+(?:-\w+)+")

TOKENIZER_NAME = "site_english"
PLAIN_TOKENIZER_NAME = "site_plain"


def _analyzer(*filters: tantivy.Filter) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    each = tantivy.Filter
    for step in (each.remove_long(60), each.lowercase(), each.ascii_fold(), *filters):
        builder = builder.filter(step)
    return builder.build()


analyzer = _analyzer(tantivy.Filter.stemmer("english"))
plain_analyzer = _analyzer()


def fold(text: str) -> str:
    """Drop apostrophes and controls, so that "council's" matches "councils"."""
    text = normalise(text).replace("\N{HYPHEN}", "-")
    for apostrophe in APOSTROPHES:
        text = text.replace(apostrophe, "")
    return _strip_controls(text.replace("\n", " "))


def strip_hyphens(folded: str) -> set[str]:
    """Return "ebike" for each "e-bike" in a folded text, so that both forms match."""
    parts = (part for part in folded.split(" ") if "-" in part)
    words = (word for part in parts for word in HYPHENATED.findall(part))
    return {word.replace("-", "") for word in words}


def clean_query(raw: str, most_characters: int = MAX_CHARACTERS) -> str:
    """Return one line of limited length, also in the normal form that is compared."""
    return " ".join(_strip_controls(cut(raw, most_characters)).split())


def _strip_controls(text: str) -> str:
    controls = {each for each in set(text) if unicodedata.category(each)[0] == "C"}
    return text.translate(dict.fromkeys(map(ord, controls), " ")) if controls else text


def tokenise(text: str) -> list[str]:
    """Return a text's words in lower case, without accents; at most 32."""
    return plain_analyzer.analyze(fold(text))[:MAX_WORDS]


def is_too_short(words: Iterable[str]) -> bool:
    """Say whether there is no word to search for: one letter, a symbol or an emoji."""
    # In bytes, as one Chinese character is a word.
    return sum(len(word.encode()) for word in words) < MIN_LETTERS


def significant_words(words: list[str]) -> list[str]:
    return [word for word in words if word not in STOP_WORDS] or words


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    return (analyzer.analyze(word) or [word])[0]


def forms(word: str) -> tuple[str, ...]:
    """Return the stems that match a word, its own first: "children" matches "child"."""
    own = stem(word)
    return own, *(form for form in _FORMS_OF.get(own, "").split() if form != own)


def topic_of(text: str) -> str:
    """Return the sorted stems of a text's significant words, such as "bin collect"."""
    words = significant_words(tokenise(text))[:MAX_STEMS]
    stems = sorted({min(forms(word)) for word in words})
    return " ".join(stems)[:MAX_TOPIC_LENGTH].strip() or EMPTY_TOPIC


def digest_of(topic: str) -> str:
    """Hide the topic in an address, as it may hold residents' words."""
    return blake2b(topic.encode(), digest_size=8).hexdigest()
