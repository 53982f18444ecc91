"""Fills pages, alerts and settings with what the files in `content/` say of them."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from markdown_it import MarkdownIt
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.models import Document
from wagtail.fields import RichTextField, StreamField
from wagtail.images.models import Image
from wagtail.models import Page

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.models import HomePage, StandardPage
from home.pages import BasePage

FOLDER = Path(__file__).parent / "content"
MODELS = (HomePage, StandardPage, CommunityIndexPage, PartnershipPage, PolicyUpdatePage)
# By the names under which officers choose them.
TYPES = {capfirst(model._meta.verbose_name): model for model in MODELS}


@contextmanager
def content_file(name: str) -> Iterator[dict]:
    """Read a file such as `pages/cookies.toml`; errors inside the `with` name it."""
    try:
        yield tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
    except Exception as error:
        said = getattr(error, "block_errors", error)
        raise CommandError(
            f"{FOLDER.name}/{name}: {type(error).__name__}: {said}"
        ) from error


# Paragraphs and lists, and nothing else that people write.
MARKDOWN = MarkdownIt("zero").enable("list")


@dataclass(frozen=True)
class Filler:
    """Fills models from entries, which name pictures, documents and pages made before.

    Raises what Python, Django and Wagtail raise where an entry says what cannot be.
    """

    now: datetime
    pictures: dict[str, Image] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)

    def fill(self, thing: models.Model, entry: dict) -> models.Model:
        """Give a page, alert or whatever it is all that an entry says; return it."""
        for key, said in entry.items():
            match model_field := thing._meta.get_field(key):
                case StreamField():
                    setattr(thing, key, [])
                    self.add_blocks(getattr(thing, key), said)
                case models.ManyToOneRel():
                    # What a page owns, such as its partners.
                    for one in said:
                        child = self.fill(model_field.related_model(), one)
                        child.clean_fields(exclude=[model_field.field.name])
                        getattr(thing, key).add(child)
                case _:
                    setattr(thing, key, self._value(model_field, said))
        return thing

    def _value(self, model_field: models.Field, said: Any) -> Any:
        match model_field:
            case RichTextField():
                return MARKDOWN.render(said)
            case models.ForeignKey():
                return self._named(model_field.related_model, said)
            case models.DateField() if isinstance(said, dict):
                return self._date(model_field, said)
        if model_field.choices:
            return {label: value for value, label in model_field.flatchoices}[said]
        return said

    def _date(self, model_field: models.DateField, said: dict) -> date | datetime:
        """Return the date or time that is so many days from now."""
        days = timedelta(days=said["in_days"])
        day = timezone.localdate(self.now) + days
        if not isinstance(model_field, models.DateTimeField):
            return day
        if "at" not in said:
            return self.now + days
        return timezone.make_aware(datetime.combine(day, said["at"]))

    def _named(self, model: type[models.Model], name: str) -> models.Model:
        if issubclass(model, Page):
            return self.pages[name]
        return (self.documents if issubclass(model, Document) else self.pictures)[name]

    def add_blocks(self, stream: blocks.StreamValue, entries: list[dict]) -> None:
        for entry in entries:
            name = entry["block"]
            block = stream.stream_block.child_blocks[name]
            said = {key: value for key, value in entry.items() if key != "block"}
            if isinstance(block, blocks.RichTextBlock):
                said = said[name]
            stream.append((name, block.clean(block.to_python(self._raw(block, said)))))

    def _raw(self, block: blocks.Block, said: Any) -> Any:
        """Return what an entry says, as the block stores it."""
        match block:
            case blocks.RichTextBlock():
                return MARKDOWN.render(said)
            case blocks.ChooserBlock():
                return self._named(block.model_class, said).pk
            case blocks.ListBlock():
                return [self._raw(block.child_block, one) for one in said]
            case TypedTableBlock():
                return {**said, "rows": [{"values": row} for row in said["rows"]]}
            case blocks.StructBlock():
                return {
                    key: self._raw(block.child_blocks[key], value)
                    for key, value in said.items()
                }
        return said


def publish_page(parent: Page, slug: str, filler: Filler) -> BasePage:
    """Publish the page of the file `pages/SLUG.toml`, and all that it lists below it.

    Returns the page as it is published.
    """
    with content_file(f"pages/{slug}.toml") as entry:
        model, below = TYPES[entry.pop("type")], entry.pop("pages", [])
        page = model(slug=slug, live=False)
        parent.add_child(instance=filler.fill(page, entry))
    page.save_revision().publish()
    page = filler.pages[slug] = model.objects.get(pk=page.pk)
    for slug_below in below:
        publish_page(page, slug_below, filler)
    return page


def publish_updates(filler: Filler) -> None:
    """Publish pages again, each with its change note or as a minor edit."""
    with content_file("updates.toml") as content:
        for entry in content["update"]:
            page = filler.pages[entry.pop("page")]
            page = type(page).objects.get(pk=page.pk)
            filler.add_blocks(page.body, entry.pop("body", []))
            filler.fill(page, {"change_note": "", **entry})
            page.minor_edit = not page.change_note
            page.save_revision().publish()
