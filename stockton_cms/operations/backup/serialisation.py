"""A table's rows as lines of JSON, the same from SQLite and from PostgreSQL.

Values pass through neither the site's models nor signals: what the database holds is
what the archive holds, and what it gets back.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice

from django.apps.registry import Apps
from django.db import models
from django.utils.duration import duration_string

CHUNK_ROWS = 2000
# What is not backed up: what ends with a restore (sessions, who has what open, links
# to confirm an address, half-typed forms), counters that are over within a day, and
# Wagtail's own search index, which is made again and differs between databases.
LEFT_OUT = frozenset(
    {
        "account_emailconfirmation",
        "django_session",
        "home_ratelimithit",
        "wagtailadmin_editingsession",
        "wagtailadmin_formstate",
        "wagtailsearch_indexentry",
        "wagtailsearch_indexentry_fts",
    }
)


def tables_of(apps) -> list[type[models.Model]]:
    """Return the models of all tables that are backed up, each table once."""
    found = {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and model._meta.db_table not in LEFT_OUT
    }
    return [found[table] for table in sorted(found)]


class Base64Field(models.BinaryField):
    """Bytes, which are given to it as base64."""

    def get_db_prep_value(self, value, connection, prepared=False):
        value = self.to_python(value)
        return super().get_db_prep_value(value, connection, prepared)


class JSONText(models.JSONField):
    """JSON by its text, since JSON's own null is something else than no value."""

    def from_db_value(self, value, expression, connection):
        return value

    def get_db_prep_value(self, value, connection, prepared=False):
        if value is None:
            return None
        return connection.ops.adapt_json_value(json.loads(value), None)


def plain_model(model: type[models.Model]) -> type[models.Model]:
    """Return a model of just the table's columns, each a field of Django's own."""
    meta = {"app_label": "backup", "apps": Apps(), "db_table": model._meta.db_table}
    fields = {each.column: _plain(each) for each in model._meta.local_concrete_fields}
    attributes = {"__module__": __name__, "Meta": type("Meta", (), meta), **fields}
    return type("Row", (models.Model,), attributes)


def _plain(field: models.Field) -> models.Field:
    is_key = field.primary_key
    while field.remote_field:
        field = field.target_field
    kind = field.get_internal_type()
    if kind == "DecimalField":
        return models.DecimalField(field.max_digits, field.decimal_places)
    if kind.endswith("AutoField"):
        return models.BigIntegerField(primary_key=is_key)
    if kind in {"BinaryField", "JSONField"}:
        return Base64Field() if kind == "BinaryField" else JSONText()
    is_text = kind in {"FileField", "ImageField"} or not hasattr(models, kind)
    return (models.TextField if is_text else getattr(models, kind))(primary_key=is_key)


def read_rows(model: type[models.Model]) -> Iterator[bytes]:
    """Yield the names of a table's columns, then its rows, as lines of JSON."""
    table = plain_model(model)
    yield _line([field.name for field in table._meta.fields])
    rows = table._base_manager.order_by("pk").values_list()
    yield from map(_line, rows.iterator(chunk_size=CHUNK_ROWS))


def write_rows(model: type[models.Model], lines: Iterable[list]) -> None:
    """Insert rows, of which the first names the columns."""
    table, lines = plain_model(model), iter(lines)
    names = next(lines)
    while chunk := list(islice(lines, CHUNK_ROWS)):
        rows = [table(**dict(zip(names, row, strict=True))) for row in chunk]
        table._base_manager.bulk_create(rows)


def _line(values: Iterable) -> bytes:
    text = json.dumps(
        list(values), ensure_ascii=False, separators=(",", ":"), default=_as_text
    )
    return text.encode() + b"\n"


def _as_text(value) -> str:
    """Return a value as its field reads it again, to the microsecond."""
    if isinstance(value, timedelta):
        return duration_string(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
