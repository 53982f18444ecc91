"""What no format for other programs may hold, though people paste it into texts."""

import re

# Outside of XML 1.0, section 2.2, and of the texts of RFC 5545, section 3.1: such as
# the line breaks (0B) of word processors.
NO_TEXT = re.compile(
    r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


def without_control_characters(text: str) -> str:
    """Return the text with a space in the place of each character that is no text."""
    return NO_TEXT.sub(" ", text)
