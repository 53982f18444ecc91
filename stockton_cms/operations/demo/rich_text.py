"""Plain text, as the content files hold it, made into paragraphs and rich text."""

import re

from django.utils.html import escape

from stockton_cms.operations.demo.content_files import ContentError


def paragraphs(text: str) -> list[str]:
    """Return the parts of a text that empty lines divide."""
    if not isinstance(text, str):
        raise ContentError(f"{text!r} is not a text: put it in quotes.")
    return re.split(r"\n\s*\n", text.strip())


def one_line(text: str) -> str:
    return " ".join(text.split())


def rich_text(text: str) -> str:
    """Return HTML: paragraphs, and a list where the lines begin with a dash."""
    return "".join(
        _list(part) if part.startswith("- ") else f"<p>{escape(one_line(part))}</p>"
        for part in paragraphs(text)
    )


def _list(part: str) -> str:
    items = re.split(r"^- ", part, flags=re.MULTILINE)[1:]
    return f"<ul>{''.join(f'<li>{escape(one_line(item))}</li>' for item in items)}</ul>"
