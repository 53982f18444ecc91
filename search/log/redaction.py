"""What says who somebody is, in what people type: found by its form, and taken out.

No list knows all names, so names and descriptions stay: whoever asks people for words
asks them not to give any.
"""

import re

from home.content.text import normalise

TAKEN_OUT = "[removed]"
# Looked for where a word begins, not again at each of its letters.
EMAIL_ADDRESS = re.compile(r"(?<![^\s@])[^\s@]++\s?@\s?[^\s@/]+")
PERSONAL_DATA = re.compile(
    r"""
    # National Insurance numbers
    (?<![a-z\d])[a-z]{2}(?:[\s.\-–]?\d){6}(?:[\s.\-–]?[a-d])?
      (?![a-z\d])(?![\s.\-–]{0,3}\d)
    # Postcodes
    | (?<![a-z\d])[a-z]{1,2}[\s\-]?\d[a-z\d]?
      [\s.\-–]{0,3}\d\s?[abd-hjlnp-uw-z]{2}(?![a-z\d])
    # Telephone numbers
    | [(+]{0,4}\d(?:[\s().\-–/]{0,4}\d){8,}
    # The number of a house before its street, which is no secret
    | (?<![\w/.,£\-])\d{1,3}[a-d]?
      (?=,?\s+(?!(?:mph|[ap]m|hours?|minutes?|days?|weeks?|months?|years?|miles?)\b)
         (?:[a-z']+\s+){1,2}
         (?:street|st|road|rd|avenue|ave|lane|drive|close|crescent|grove|terrace
           |gardens)\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def redact(text: str) -> str:
    """Return text without what says who somebody is or where they live.

    Email addresses, telephone numbers, postcodes and National Insurance numbers, as
    people write them: with blanks, dashes or brackets, or without; and the number of
    a house. Names stay, and so does whatever else has no form of its own.
    """
    return PERSONAL_DATA.sub(TAKEN_OUT, EMAIL_ADDRESS.sub(TAKEN_OUT, normalise(text)))
