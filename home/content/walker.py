"""Walks over what a page, or another object, says in its rich text and blocks.

A block made of the blocks known here needs nothing; any other has a method `get_parts`,
or `home.checks` reports it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from html import unescape

from bs4 import BeautifulSoup
from django.db import models
from django.utils.html import strip_tags
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTable, TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.fields import RichTextField, StreamField
from wagtail.images.blocks import ImageBlock
from wagtail.models import Page

TEXT_LENGTH = 200
# IDs of pages and documents are 32-bit; LAST_ID represents any larger number.
PLAIN_ID, LAST_ID = re.compile(r"[0-9]{1,9}"), 2**31 - 1
# The fields beside a link that may hold its text.
TEXT_NAMES = ("text", "label", "name", "title", "heading")
LINE_ENDS = re.compile(r"<br\s*/?>|(?=</?(?:p|li|ul|ol|h\d|div|t[dhr])\b)", re.I)

PLAIN = (blocks.CharBlock, blocks.TextBlock, blocks.EmailBlock, blocks.DecimalBlock)
LINKS = (blocks.URLBlock, blocks.PageChooserBlock, DocumentChooserBlock)
# The last one chooses a layout, and says nothing.
LEAVES = (*PLAIN, *LINKS, blocks.RichTextBlock, ImageBlock, blocks.ChoiceBlock)
LISTS = (blocks.StreamBlock, blocks.ListBlock)
CONTAINERS = (blocks.StructBlock, *LISTS, TypedTableBlock)


class Kind(Enum):
    TEXT = auto()
    RICH_TEXT = auto()
    HEADING = auto()
    LINK = auto()
    DOCUMENT = auto()
    IMAGE = auto()


@dataclass(frozen=True)
class FoundLink:
    """The text of a link, and one of three kinds of target."""

    text: str
    page_id: int | None = None
    document_id: int | None = None
    address: str = ""


@dataclass(frozen=True)
class Part:
    """A piece of content, and its place in the editor.

    A place is what Wagtail calls a content path: a field, and the block in a body.
    """

    kind: Kind
    place: str = ""
    text: str = ""
    # The source of rich text.
    html: str = ""
    link: FoundLink | None = None
    # The image or document.
    value: models.Model | None = None
    # Of a heading.
    level: int = 0
    # The row of a table that this is a cell of, from 1.
    row: int = 0

    @property
    def links(self) -> list[FoundLink]:
        return [self.link] if self.link else list(links_in_html(self.html))

    @property
    def lines(self) -> list[str]:
        return list(lines_of(self.html)) if self.html else self.text.splitlines()


def walk(instance: models.Model) -> Iterator[Part]:
    for field in instance._meta.get_fields():
        if isinstance(field, RichTextField):
            html = getattr(instance, field.name) or ""
            yield Part(Kind.RICH_TEXT, field.name, html=html)
        elif isinstance(field, StreamField):
            yield from walk_body(getattr(instance, field.name), field.name)


def walk_body(body: blocks.StreamValue, field_name: str = "body") -> Iterator[Part]:
    for child in body:
        place = f"{field_name}.{child.id}" if child.id else field_name
        yield from _parts(child.block, child.value, place)


def _parts(block, value, place: str, label: str = "") -> Iterator[Part]:
    """Yield the parts of a block; `label` is the text beside it."""
    if value is None:
        return
    if hasattr(block, "get_parts"):
        yield from block.get_parts(value, place)
    elif isinstance(block, LEAVES):
        yield from _parts_of_leaf(block, value, place, label)
    elif isinstance(block, blocks.StructBlock):
        texts = (value.get(name) for name in TEXT_NAMES)
        label = next((each for each in texts if each and isinstance(each, str)), "")
        for name, child in block.child_blocks.items():
            yield from _parts(child, value.get(name), place, label)
    elif isinstance(block, LISTS):
        for child in getattr(value, "bound_blocks", value):
            yield from _parts(child.block, child.value, place, label)
    elif isinstance(block, TypedTableBlock):
        yield from _parts_of_table(value, place)


def _parts_of_leaf(block, value, place: str, label: str) -> Iterator[Part]:
    part = partial(Part, place=place)
    if isinstance(block, PLAIN):
        yield part(Kind.TEXT, text=str(value))
    elif isinstance(block, blocks.RichTextBlock):
        yield part(Kind.RICH_TEXT, html=value.source)
    elif isinstance(block, ImageBlock):
        yield part(Kind.IMAGE, value=value)
    elif isinstance(block, DocumentChooserBlock):
        yield part(Kind.DOCUMENT, link=link_to(value, label), value=value)
    elif isinstance(block, blocks.PageChooserBlock):
        yield part(Kind.LINK, link=link_to(value, label))
    elif isinstance(block, blocks.URLBlock) and value:
        yield part(Kind.LINK, link=FoundLink(short_text(label), address=value))


def _parts_of_table(table: TypedTable, place: str) -> Iterator[Part]:
    caption = table.caption or ""
    yield Part(Kind.TEXT, place, caption)
    headings = " | ".join(each["heading"] for each in table.columns)
    yield Part(Kind.TEXT, place, headings)
    for row, cells in enumerate(table.rows, start=1):
        for cell in cells:
            found = list(_parts(cell.block, cell.value, place, caption))
            for part in found or [Part(Kind.TEXT, place)]:
                yield replace(part, row=row)


def unknown_blocks(block: blocks.Block) -> Iterator[blocks.Block]:
    """Yield what is inside a block, or the block itself, and cannot be walked."""
    if hasattr(block, "get_parts") or isinstance(block, LEAVES):
        return
    if not isinstance(block, CONTAINERS):
        yield block
    elif isinstance(block, blocks.ListBlock):
        yield from unknown_blocks(block.child_block)
    else:
        for child in block.child_blocks.values():
            yield from unknown_blocks(child)


def lines_of(html: str) -> Iterator[str]:
    # A line break in the source is a space to readers.
    html = LINE_ENDS.sub("\n", " ".join(html.split()))
    for line in unescape(strip_tags(html)).splitlines():
        if clean := " ".join(line.split()):
            yield clean


def id_from(digits: str) -> int:
    """Return the ID in these digits, or one that nothing has if it is too large."""
    return int(digits) if PLAIN_ID.fullmatch(digits) else LAST_ID


def links_in_html(html: str) -> Iterator[FoundLink]:
    """Yield the links in stored rich text, including those to deleted pages."""
    if "<a" not in html:
        return
    for link in BeautifulSoup(html, "html.parser").find_all("a"):
        text = short_text(link.get_text())
        kind, target = link.get("linktype"), link.get("id", "")
        if kind in {"page", "document"} and target.isascii() and target.isdigit():
            yield FoundLink(text, **{f"{kind}_id": id_from(target)})
        elif not kind and link.get("href"):
            yield FoundLink(text, address=link["href"].strip())


def link_to(target: models.Model, text: str) -> FoundLink:
    kind = "page_id" if isinstance(target, Page) else "document_id"
    return FoundLink(short_text(text or str(target)), **{kind: target.pk})


def short_text(text: str) -> str:
    return " ".join(text.split())[:TEXT_LENGTH]
