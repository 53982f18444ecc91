"""Finds every row of every table that contains an email address."""

from collections.abc import Iterator
from dataclasses import dataclass
from re import Pattern

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models

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


@dataclass(frozen=True)
class Found:
    """One row, and the names of its fields that contain the address."""

    model: type[models.Model]
    pk: object
    fields: tuple[str, ...]


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
            yield from _sessions(pattern)
        elif fields and model._meta.label not in REBUILDABLE_TABLES:
            yield from _rows(model, fields, address, pattern)


def _rows(model, fields, address: str, pattern: Pattern) -> Iterator[Found]:
    rows = model._base_manager.order_by("pk")
    held = [held_in(each) for each in fields]
    for pk, *values in rows.values_list("pk", *held).iterator(chunk_size=200):
        names = tuple(
            field.name
            for field, value in zip(fields, values, strict=True)
            if value and may_hold(value, address) and _holds(field, value, pattern)
        )
        if names:
            yield Found(model, pk, names)


def _holds(field: models.Field, value, pattern: Pattern) -> bool:
    """Say whether the value of a field contains the address.

    A field for one address holds this one or another, of which it may be a part.
    """
    if isinstance(field, models.EmailField):
        return bool(value and pattern.fullmatch(normalise_email(value)))
    return without(value, pattern) != value


def _sessions(pattern: Pattern) -> Iterator[Found]:
    """Yield the sessions, whose words are packed so that no database can read them."""
    for session in Session.objects.iterator():
        if without(session.get_decoded(), pattern) != session.get_decoded():
            yield Found(Session, session.pk, ("session_data",))
