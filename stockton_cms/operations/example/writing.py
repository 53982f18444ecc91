"""Short words for the parts of a page, as the content modules write them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.html import escape
from wagtail.documents.models import Document
from wagtail.images.models import Image

from home.pages import BasePage

PHONE = "01632 960000"
SITE_OF_EXAMPLES = "https://example.gov.uk"
EMAIL = "communities@example.gov.uk"


@dataclass(frozen=True)
class Materials:
    """What the pages are made with: files by name, and the day it is today."""

    pictures: dict[str, Image]
    logos: dict[str, Image]
    documents: dict[str, Document]
    today: date

    def kept_true(self, owner: str, days: int) -> dict:
        """Return who answers for a page, and its review so many days from today."""
        return {
            "owner_name": owner,
            "owner_email": f"{owner.lower().replace(' ', '-')}@example.gov.uk",
            "review_on": self.today + timedelta(days=days),
        }


@dataclass(frozen=True)
class Branch:
    """A page, and the pages to put below it, in their order."""

    page: BasePage
    children: Sequence["Branch"] = field(default_factory=tuple)


def html(*paragraphs: str) -> str:
    """Return plain texts as paragraphs of rich text."""
    return "".join(f"<p>{escape(text)}</p>" for text in paragraphs)


def text(*paragraphs: str) -> dict:
    """Return a text block."""
    return {"type": "text", "value": html(*paragraphs)}


def bullets(lead: str, *items: str) -> dict:
    """Return a text block of a line that leads in, and a list."""
    points = "".join(f"<li>{escape(item)}</li>" for item in items)
    return {"type": "text", "value": f"{html(lead)}<ul>{points}</ul>"}


def heading(words: str, level: str = "h2") -> dict:
    """Return a heading block."""
    return {"type": "heading", "value": {"text": words, "level": level}}


def notice(words: str, kind: str = "information") -> dict:
    """Return a notice block; `kind` is "information" or "warning"."""
    return {"type": "notice", "value": {"kind": kind, "text": html(words)}}


def details(summary: str, *paragraphs: str) -> dict:
    """Return a details block."""
    return {"type": "details", "value": {"summary": summary, "text": html(*paragraphs)}}


def quotation(words: str, attribution: str) -> dict:
    """Return a quotation block."""
    return {"type": "quotation", "value": {"text": words, "attribution": attribution}}


def contact(name: str, hours: str = "", address: str = "") -> dict:
    """Return a contact block with the example phone number and e-mail address."""
    value = {"name": name, "phone": PHONE, "email": EMAIL}
    return {"type": "contact", "value": {**value, "hours": hours, "address": address}}


def picture(image: Image) -> dict:
    """Return a picture block, with the image's own description as its text."""
    value = {"image": image.pk, "alt_text": image.description, "decorative": False}
    return {"type": "image", "value": value}


def documents(title: str, *files: Document) -> dict:
    """Return a documents block."""
    value = {"heading": title, "documents": [file.pk for file in files]}
    return {"type": "documents", "value": value}


def call_to_action(words: str, page: BasePage) -> dict:
    """Return a button that leads to a page of the site."""
    value = {"text": words, "page": page.pk, "url": ""}
    return {"type": "call_to_action", "value": value}


def table(caption: str, columns: dict[str, str], *rows: Sequence) -> dict:
    """Return a table block; `columns` are their kinds ("text", "number") by heading."""
    headings = [{"type": kind, "heading": name} for name, kind in columns.items()]
    cells = [{"values": list(row)} for row in rows]
    value = {"caption": caption, "columns": headings, "rows": cells}
    return {"type": "table", "value": value}
