"""The text, headings, images and links of a page, whatever fields it has."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from django.utils.html import strip_tags
from wagtail import blocks
from wagtail.fields import RichTextField, StreamField
from wagtail.images.blocks import ImageBlock
from wagtail.models import Page

from home.blocks import HeadingBlock
from home.editorial.links.extraction import (
    FoundLink,
    children_of,
    links_in_block,
    links_in_html,
)

LINE_ENDS = re.compile(r"<br\s*/?>|(?=</?(?:p|li|ul|ol|h\d|div|t[dhr])\b)", re.I)


@dataclass(frozen=True)
class Part:
    """A line, heading or image, and its place in the editor.

    A place is what Wagtail calls a content path: a field, and the block in a body.
    """

    text: str
    place: str
    # Whole sentences, not labels and quotations.
    is_prose: bool = False
    level: int = 0
    is_described: bool = True


@dataclass(frozen=True)
class PageText:
    page: Page
    lines: list[Part] = field(default_factory=list)
    headings: list[Part] = field(default_factory=list)
    pictures: list[Part] = field(default_factory=list)
    links: list[tuple[FoundLink, str]] = field(default_factory=list)

    def read_html(self, html: str, place: str) -> None:
        self.lines.extend(Part(line, place, is_prose=True) for line in lines_of(html))

    def read_block(self, block, value, place: str) -> None:
        if value is None:
            return
        if isinstance(block, blocks.RichTextBlock):
            self.read_html(value.source, place)
        elif isinstance(block, HeadingBlock):
            level = int((value.get("level") or "h2")[1:])
            self.headings.append(Part(value.get("text") or "", place, level=level))
        elif isinstance(block, ImageBlock):
            is_described = value.decorative or bool(value.contextual_alt_text)
            part = Part(value.title, place, is_described=is_described)
            self.pictures.append(part)
        elif isinstance(block, blocks.CharBlock | blocks.TextBlock):
            self.lines.extend(Part(line, place) for line in value.splitlines())
        else:
            for child, inner, _ in children_of(block, value):
                self.read_block(child, inner, place)


def lines_of(html: str) -> Iterator[str]:
    for line in unescape(strip_tags(LINE_ENDS.sub("\n", html))).splitlines():
        if clean := " ".join(line.split()):
            yield clean


def read_page(page: Page) -> PageText:
    text = PageText(page)
    if summary := getattr(page, "summary", ""):
        text.lines.append(Part(summary, "summary"))
    for each in page._meta.get_fields():
        if isinstance(each, RichTextField):
            html = getattr(page, each.name) or ""
            text.read_html(html, each.name)
            text.links.extend((link, each.name) for link in links_in_html(html))
        elif isinstance(each, StreamField):
            for child in getattr(page, each.name):
                place = f"{each.name}.{child.id}" if child.id else each.name
                text.read_block(child.block, child.value, place)
                found = links_in_block(child.block, child.value)
                text.links.extend((link, place) for link in found)
    return text
