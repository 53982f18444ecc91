"""Finds every row of every table that contains an email address."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from re import Pattern

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models
from modelcluster.fields import ParentalKey
from wagtail.contrib.settings.models import BaseSiteSetting
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page, Revision
from wagtail.snippets.models import get_snippet_models

from home.content.email_addresses import normalise_email
from stockton_cms.operations.erasure.matching import may_hold, without

# What cannot hold a word. Every other kind of field is looked at, new ones too.
NO_TEXT = (
    models.BooleanField,
    models.DateField,
    models.DecimalField,
    models.DurationField,
    models.FloatField,
    models.IntegerField,
    models.TimeField,
    models.UUIDField,
)
# Made from other tables, and made again when those change.
REBUILDABLE_TABLES = {"wagtailsearch.IndexEntry", "wagtailsearch.SQLiteFTSIndexEntry"}
# Tables that follow a page and name it by `page_id`.
DERIVED_FROM_PAGE = {
    "community.PublishedVersion",
    "home.ChangeNote",
    "home.PageLink",
    "home.ContentIssue",
    "home.PageReview",
    "search.SearchDocument",
}
# Belong to a page as its parts do, and are nothing that visitors see.
NOTES = {"wagtailcore.Comment", "wagtailcore.CommentReply"}


@dataclass(frozen=True)
class Found:
    """One row, and the fields that contain the address."""

    model: type[models.Model]
    pk: object
    fields: tuple[models.Field, ...]

    @property
    def label(self) -> str:
        return self.model._meta.label

    @cached_property
    def owner(self) -> models.Model | None:
        """The page, alert or setting that the row belongs to, else the row itself."""
        row = self.model._base_manager.filter(pk=self.pk).first()
        if isinstance(row, Revision):
            return row.content_object
        if self.label in DERIVED_FROM_PAGE:
            return Page.objects.filter(pk=row.page_id).first()
        for field in self.model._meta.local_concrete_fields:
            if isinstance(field, ParentalKey):
                return getattr(row, field.name)
        return row

    @cached_property
    def is_of_public_content(self) -> bool:
        """Whether visitors see what the row is a part of."""
        if self.model is Revision or self.label in DERIVED_FROM_PAGE | NOTES:
            return False
        kinds = (
            *(Page, BaseSiteSetting, get_image_model(), get_document_model()),
            *get_snippet_models(),
        )
        return isinstance(self.owner, kinds) and getattr(self.owner, "live", True)


def word_fields(model: type[models.Model]) -> list[models.Field]:
    """Return the fields of a table that can hold words."""
    return [
        field
        for field in model._meta.local_concrete_fields
        if field.remote_field is None and not isinstance(field, NO_TEXT)
    ]


def tables() -> list[type[models.Model]]:
    models_of_all = apps.get_models(include_auto_created=True)
    return [model for model in models_of_all if not model._meta.proxy]


def is_json(field: models.Field) -> bool:
    """Say whether the database holds JSON in a field, as for blocks."""
    return field.get_internal_type() == "JSONField"


def held_in(field: models.Field) -> models.Expression:
    """Return what the database holds in a field, without making blocks of it."""
    kind = models.JSONField() if is_json(field) else models.TextField()
    return models.ExpressionWrapper(models.F(field.name), output_field=kind)


def find(address: str, pattern: Pattern) -> Iterator[Found]:
    """Yield the rows with the address, table by table.

    All rows are read, as no database finds what is written in so many ways.
    """
    for model in tables():
        fields = word_fields(model)
        if model is Session:
            # Packed, so that no database can read them.
            for session in Session.objects.iterator():
                if without(session.get_decoded(), pattern) != session.get_decoded():
                    field = Session._meta.get_field("session_data")
                    yield Found(Session, session.pk, (field,))
        elif fields and model._meta.label not in REBUILDABLE_TABLES:
            held = map(held_in, fields)
            rows = model._base_manager.order_by("pk").values_list("pk", *held)
            for pk, *values in rows.iterator(chunk_size=200):
                found = tuple(
                    field
                    for field, value in zip(fields, values, strict=True)
                    if value
                    and may_hold(value, address)
                    and _holds(field, value, pattern)
                )
                if found:
                    yield Found(model, pk, found)


def _holds(field: models.Field, value, pattern: Pattern) -> bool:
    """Say whether the value of a field contains the address.

    A field for one address holds this one or another, of which it may be a part.
    """
    if isinstance(field, models.EmailField):
        return bool(pattern.fullmatch(normalise_email(value)))
    return without(value, pattern) != value
