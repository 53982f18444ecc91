"""Removes personal data that has a fixed form from what people type.

No list knows all names, so names and descriptions stay: forms ask people not to give
any.
"""

import re

from home.content.text import normalise

REDACTED = "[removed]"
# Only at the start of a word, and not again at each of its letters.
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
    return PERSONAL_DATA.sub(REDACTED, EMAIL_ADDRESS.sub(REDACTED, normalise(text)))
