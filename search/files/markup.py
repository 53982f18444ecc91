"""What the XML of Word and OpenDocument files means for their text."""

from dataclasses import dataclass

# ECMA-376, transitional and strict.
WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns"


def _names(namespace: str, *names: str) -> frozenset[str]:
    return frozenset(f"{{{namespace}}}{name}" for name in names)


@dataclass(frozen=True)
class Markup:
    """What the elements of a format mean for its text, by their full names."""

    holds_text: frozenset[str]
    ends_line: frozenset[str]
    is_space: frozenset[str]
    # Removed text that is still kept, comments, and what is there a second time.
    is_left_out: frozenset[str]


_TEXT = f"{OPEN_DOCUMENT}:text:1.0"
_TABLE = f"{OPEN_DOCUMENT}:table:1.0"
_COMMENTS = _names(f"{OPEN_DOCUMENT}:office:1.0", "annotation")
_SPACES = _names(_TEXT, "s", "tab", "line-break")

DOCX = Markup(
    holds_text=_names(WORD[0], "t") | _names(WORD[1], "t"),
    ends_line=_names(WORD[0], "p") | _names(WORD[1], "p"),
    is_space=_names(WORD[0], "tab", "br", "cr") | _names(WORD[1], "tab", "br", "cr"),
    is_left_out=_names(WORD[0], "moveFrom")
    | _names(WORD[1], "moveFrom")
    | _names(COMPATIBILITY, "Fallback"),
)
ODT = Markup(
    holds_text=_names(_TEXT, "p", "h"),
    ends_line=_names(_TEXT, "p", "h"),
    is_space=_SPACES,
    is_left_out=_names(_TEXT, "tracked-changes") | _COMMENTS,
)
ODS = Markup(
    holds_text=_names(_TEXT, "p"),
    ends_line=_names(_TABLE, "table-row"),
    is_space=_SPACES | _names(_TEXT, "p"),
    is_left_out=_names(_TABLE, "tracked-changes") | _COMMENTS,
)
