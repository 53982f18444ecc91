"""Unicode's normal form of what anybody may send, and how long a text is in it."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator

# What is written over, under or through the letter before it, or stands for that.
FIRST_MARK, LAST_MARK = 0x300, 0x1E94A
MARKS = frozenset(
    mark
    for mark in map(chr, range(FIRST_MARK, LAST_MARK + 1))
    if unicodedata.combining(unicodedata.normalize("NFKD", mark)[0])
)
# Unicode Standard Annex 15, section 13: no word of any language has more of them.
MAX_MARKS = 30


def normalise(text: str) -> str:
    """Return text in the form NFKC, without the marks after the thirtieth in a row.

    Python puts a run of marks in order in the time of its square.
    """
    if not text.isascii():
        text = _without_long_runs(text)
    return unicodedata.normalize("NFKC", text)


def _without_long_runs(text: str) -> str:
    if MARKS.isdisjoint(text):
        return text
    kept, run = [], 0
    for character in text:
        run = run + 1 if character in MARKS else 0
        if run <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def cut(text: str, length: int) -> str:
    """Return the beginning of a text that is at most so long in the normal form too."""
    text = text[:length]
    if text.isascii():
        return text
    for place, character in enumerate(text):
        # Together they may become fewer, and never more.
        length -= len(unicodedata.normalize("NFKC", character))
        if length < 0:
            return text[:place]
    return text


class NormalisedLengthValidator(MaxLengthValidator):
    """Refuses what is too long as it was typed, or in the normal form."""

    def __call__(self, value: str) -> None:
        """Raise `ValidationError`, which says what it is that makes a text longer."""
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
    """Return the text with a space in the place of each character that is no text."""
    return NO_TEXT.sub(" ", text)
