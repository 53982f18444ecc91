"""Fills pages, alerts and settings with what the content files say of them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.models import Document
from wagtail.fields import RichTextField, StreamField
from wagtail.images.models import Image
from wagtail.models import Page

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.models import HomePage, StandardPage
from home.pages import BasePage
from stockton_cms.operations.demo.content_files import (
    ContentError,
    content_file,
    each,
    found_in,
    need,
    pick,
)
from stockton_cms.operations.demo.rich_text import rich_text


@dataclass(frozen=True)
class Filler:
    """Fills models from entries, which name pictures, documents and pages made before.

    Raises `ContentError` where an entry says what cannot be.
    """

    now: datetime
    pictures: dict[str, Image] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)

    def fill(self, thing: models.Model, entry: dict) -> models.Model:
        """Give a page, alert or whatever it is all that an entry says; return it."""
        for key in entry:
            try:
                model_field = thing._meta.get_field(key)
            except FieldDoesNotExist as error:
                raise ContentError(f"There is no field '{key}'.") from error
            if isinstance(model_field, StreamField):
                setattr(thing, key, [])
                self.add_blocks(getattr(thing, key), entry, key)
            elif isinstance(model_field, models.ManyToOneRel):
                self._add_children(thing, model_field, entry)
            else:
                with found_in(key):
                    setattr(thing, key, self._value(model_field, entry[key]))
        return thing

    def _add_children(
        self, thing: models.Model, relation: models.ManyToOneRel, entry: dict
    ) -> None:
        """Add what a page or an alert owns, such as its partners."""

        def add(one: dict) -> None:
            child = self.fill(relation.related_model(), one)
            child.clean_fields(exclude=[relation.field.name])
            getattr(thing, relation.name).add(child)

        each(entry, relation.name, add)

    def _value(self, model_field: models.Field, said: Any) -> Any:
        """Return what an entry says, as the field stores it."""
        match model_field:
            case RichTextField():
                return rich_text(said)
            case models.ForeignKey():
                return self.find(model_field.related_model, said)
            case models.DateField() if isinstance(said, dict):
                return self._date(model_field, said)
        if model_field.choices:
            labels = {label: value for value, label in model_field.flatchoices}
            return pick(labels, said, "choice")
        return said

    def _date(self, model_field: models.DateField, said: dict) -> date | datetime:
        """Return the date or time that is so many days from now."""
        days = timedelta(days=need(said, "in_days"))
        day = timezone.localdate(self.now) + days
        if not isinstance(model_field, models.DateTimeField):
            return day
        if "at" not in said:
            return self.now + days
        return timezone.make_aware(datetime.combine(day, said["at"]))

    def find(self, model: type[models.Model], name: str) -> models.Model:
        """Return the picture, document or page of that name."""
        if issubclass(model, Page):
            return pick(self.pages, name, "page")
        if issubclass(model, Document):
            return pick(self.documents, name, "document")
        return pick(self.pictures, name, "picture")

    def add_blocks(self, stream: blocks.StreamValue, entry: dict, key: str) -> None:
        """Add the blocks under each `[[key]]` of an entry to a stream."""
        each(entry, key, lambda one: stream.append(self._block(stream, one)))

    def _block(self, stream: blocks.StreamValue, entry: dict) -> tuple[str, Any]:
        name = need(entry, "block")
        block = pick(stream.stream_block.child_blocks, name, "block")
        said = {key: value for key, value in entry.items() if key != "block"}
        if isinstance(block, blocks.RichTextBlock):
            said = need(said, name)
        return name, block.clean(block.to_python(self._raw(block, said)))

    def _raw(self, block: blocks.Block, said: Any) -> Any:
        """Return what an entry says, as the block stores it."""
        match block:
            case blocks.RichTextBlock():
                return rich_text(said)
            case blocks.ChooserBlock():
                return self.find(block.model_class, said).pk
            case blocks.ListBlock():
                return [self._raw(block.child_block, one) for one in said]
            case TypedTableBlock():
                return _raw_table(block, said)
            case blocks.StructBlock():
                return {
                    key: self._raw(pick(block.child_blocks, key, "field"), value)
                    for key, value in said.items()
                }
        return said


def _raw_table(block: TypedTableBlock, said: dict) -> dict:
    columns, rows = need(said, "columns"), need(said, "rows")
    for column in columns:
        pick(block.child_blocks, need(column, "type"), "type of column")
        need(column, "heading")
    if any(len(row) != len(columns) for row in rows):
        raise ContentError("Each row needs a value for each column.")
    return {**said, "rows": [{"values": row} for row in rows]}


MODELS = (HomePage, StandardPage, CommunityIndexPage, PartnershipPage, PolicyUpdatePage)
# By the names under which officers choose them.
TYPES = {capfirst(model._meta.verbose_name): model for model in MODELS}


def publish_page(parent: Page, slug: str, filler: Filler, **values) -> BasePage:
    """Publish the page of the file `pages/SLUG.toml`, and all that it lists below it.

    `values` are what the file does not say. Returns the page as it is published.
    """
    with content_file(f"pages/{slug}.toml") as entry:
        model = pick(TYPES, need(entry, "type"), "type of page")
        fields = {key: entry[key] for key in entry if key not in ("type", "pages")}
        page = model(slug=slug, title=need(entry, "title"), live=False, **values)
        filler.fill(page, fields)
        parent.add_child(instance=page)
    page.save_revision().publish()
    page = filler.pages[slug] = model.objects.get(pk=page.pk)
    for slug_below in entry.get("pages", []):
        publish_page(page, slug_below, filler)
    return page


def publish_updates(filler: Filler) -> None:
    """Publish pages again, each with its change note or as a minor edit."""

    def publish_again(entry: dict) -> None:
        page = filler.find(Page, need(entry, "page"))
        page = type(page).objects.get(pk=page.pk)
        filler.add_blocks(page.body, entry, "body")
        fields = {key: entry[key] for key in entry if key not in ("page", "body")}
        filler.fill(page, {"change_note": "", **fields})
        page.minor_edit = not page.change_note
        page.save_revision().publish()

    with content_file("updates.toml") as content:
        each(content, "update", publish_again)
