"""Unicode normalisation of untrusted text and its length; names and anchors."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.text import slugify

# Combining marks, and characters that normalise to one.
FIRST_MARK, LAST_MARK = 0x300, 0x1E94A
MARKS = frozenset(
    mark
    for mark in map(chr, range(FIRST_MARK, LAST_MARK + 1))
    if unicodedata.combining(unicodedata.normalize("NFKD", mark)[0])
)
# Unicode Standard Annex 15, section 13: no language needs more.
MAX_MARKS = 30


def normalise(text: str) -> str:
    """Return text as NFKC, with at most thirty combining marks in a row.

    Python sorts a run of marks in quadratic time.
    """
    if not MARKS.isdisjoint(text):
        result, run = [], 0
        for character in text:
            run = run + 1 if character in MARKS else 0
            if run <= MAX_MARKS:
                result.append(character)
        text = "".join(result)
    return unicodedata.normalize("NFKC", text)


def cut(text: str, length: int) -> str:
    """Return the start of a text, at most `length` long even when normalised."""
    text = text[:length]
    if text.isascii():
        return text
    for place, character in enumerate(text):
        # Normalised together they may be fewer, but never more.
        length -= len(unicodedata.normalize("NFKC", character))
        if length < 0:
            return text[:place]
    return text


class NormalisedLengthValidator(MaxLengthValidator):
    """Rejects text that is too long as entered or when normalised."""

    def __call__(self, value: str) -> None:
        super().__call__(value)
        if len(normalise(value)) > self.limit_value:
            raise ValidationError(
                "Some of the characters count as several letters each, which makes "
                "this too long. Use plain letters or shorten the text.",
                code="max_normalised_length",
            )


# Outside of XML 1.0, section 2.2, and of the texts of RFC 5545, section 3.1: such as
# the line breaks (0B) of word processors.
NO_TEXT = re.compile(
    r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


def without_control_characters(text: str) -> str:
    """Return the text with a space for each character that XML and iCalendar forbid."""
    return NO_TEXT.sub(" ", text)


def anchor_of(heading: str) -> str:
    """Return the fragment of the address that leads to the first such heading."""
    return f"section-{slugify(heading, allow_unicode=True)}"


def name_of(user) -> str:
    """Return a user's name and username; empty for None.

    Two people may share a name, and administrators may change it.
    """
    if not user:
        return ""
    name, username = user.get_full_name(), user.get_username()
    return f"{name} ({username})" if name else username
