"""Finds the links in a page or another object, in any of its fields and blocks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from itertools import chain

from django.db import models
from modelcluster.fields import ParentalKey
from modelcluster.models import get_all_child_relations
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents import get_document_model
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

TEXT_LENGTH = 200
# IDs of pages and documents are 32-bit; LAST_ID stands for any larger number.
PLAIN_ID, LAST_ID = re.compile(r"[0-9]{1,9}"), 2**31 - 1
# The fields beside a link that may hold its text.
TEXT_NAMES = ("text", "label", "name", "title", "heading")


@dataclass(frozen=True)
class FoundLink:
    """The text of a link, and one of three kinds of target."""

    text: str
    page_id: int | None = None
    document_id: int | None = None
    address: str = ""


def id_from(digits: str) -> int:
    """Return the ID in these digits, or one that nothing has if it is too large."""
    return int(digits) if PLAIN_ID.fullmatch(digits) else LAST_ID


class _LinkParser(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links: list[tuple[dict, list[str]]] = []
        self.is_open = False

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.links.append((dict(attrs), []))
            self.is_open = True

    def handle_endtag(self, tag):
        self.is_open = self.is_open and tag != "a"

    def handle_data(self, data):
        if self.is_open:
            self.links[-1][1].append(data)


def links_in_html(html: str) -> Iterator[FoundLink]:
    """Yield the links in stored rich text, including those to deleted pages."""
    if "<a" not in html:
        return
    parser = _LinkParser()
    parser.feed(html)
    parser.close()
    for attributes, parts in parser.links:
        text = _short("".join(parts))
        kind, target = attributes.get("linktype"), attributes.get("id") or ""
        if kind in {"page", "document"} and target.isascii() and target.isdigit():
            yield FoundLink(text, **{f"{kind}_id": id_from(target)})
        elif not kind and attributes.get("href"):
            yield FoundLink(text, address=attributes["href"].strip())


def links_in_block(block, value, text: str = "") -> Iterator[FoundLink]:
    """Yield the links in a block's value; `text` is the text beside it."""
    if value is None:
        return
    if isinstance(block, blocks.RichTextBlock):
        yield from links_in_html(value.source)
    elif isinstance(block, blocks.PageChooserBlock | DocumentChooserBlock):
        yield from _link_to(value, text)
    elif isinstance(block, blocks.URLBlock):
        if value:
            yield FoundLink(_short(text), address=value)
    else:
        for child, inner, label in children_of(block, value, text):
            yield from links_in_block(child, inner, label)


def children_of(block, value, text: str = "") -> Iterator[tuple]:
    """Yield each child block with its value and the text beside it."""
    if isinstance(block, blocks.StructBlock):
        # The value of an image block is the image itself.
        value = value if isinstance(value, Mapping) else {}
        found = (value.get(name) for name in TEXT_NAMES)
        label = next((each for each in found if each and isinstance(each, str)), "")
        for name, child in block.child_blocks.items():
            yield child, value.get(name), label
    elif isinstance(block, blocks.StreamBlock):
        for child in value:
            yield child.block, child.value, text
    elif isinstance(block, blocks.ListBlock):
        for child in value.bound_blocks:
            yield child.block, child.value, text
    elif isinstance(block, TypedTableBlock):
        for cell in chain.from_iterable(value.rows):
            yield cell.block, cell.value, value.caption


def links_in(instance: models.Model) -> Iterator[FoundLink]:
    """Yield the links in an object's fields and in its child objects."""
    text = getattr(instance, "link_text", "") or getattr(instance, "name", "")
    for field in instance._meta.get_fields():
        if isinstance(field, StreamField):
            value = getattr(instance, field.name)
            yield from links_in_block(field.stream_block, value)
        elif isinstance(field, RichTextField):
            yield from links_in_html(getattr(instance, field.name) or "")
        elif isinstance(field, models.URLField):
            if address := getattr(instance, field.name):
                yield FoundLink(_short(text or field.verbose_name), address=address)
        elif _is_choice_of_target(field):
            yield from _link_to(getattr(instance, field.name), text)
    for relation in get_all_child_relations(type(instance)):
        if _may_hold_links(relation.related_model):
            for row in getattr(instance, relation.get_accessor_name()).all():
                yield from links_in(row)


@cache
def _may_hold_links(model: type[models.Model]) -> bool:
    kinds = (models.URLField, RichTextField, StreamField)
    return any(
        isinstance(field, kinds) or _is_choice_of_target(field)
        for field in model._meta.get_fields()
    )


def _is_choice_of_target(field) -> bool:
    return (
        field.is_relation
        and bool(field.many_to_one)
        and field.editable
        and not isinstance(field, ParentalKey)
        and isinstance(field.related_model, type)
        and issubclass(field.related_model, Page | get_document_model())
    )


def _link_to(target: models.Model | None, text: str) -> Iterator[FoundLink]:
    if target is not None:
        kind = "page_id" if isinstance(target, Page) else "document_id"
        yield FoundLink(_short(text or str(target)), **{kind: target.pk})


def _short(text: str) -> str:
    return " ".join(text.split())[:TEXT_LENGTH]
