"""A table's rows as lines of JSON, the same from SQLite and from PostgreSQL.

Values pass through neither models nor signals: what the database holds is what the
archive holds, and what it gets back.
"""

import base64
import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice

from django.db import connection, models

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


def plain(field: models.Field) -> models.Field:
    """Return a field of Django's own that reads and writes the same kind of column."""
    while field.remote_field:
        field = field.target_field
    kind = field.get_internal_type()
    if kind.endswith("AutoField"):
        return models.BigIntegerField()
    if kind in {"FileField", "ImageField"} or not hasattr(models, kind):
        return models.TextField()
    if kind == "DecimalField":
        return models.DecimalField(field.max_digits, field.decimal_places)
    return getattr(models, kind)()


def read_rows(model: type[models.Model]) -> Iterator[bytes]:
    """Yield the names of a table's columns, then its rows, as lines of JSON."""
    fields = model._meta.local_concrete_fields
    yield _line([field.column for field in fields])
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
    converters = [_converters(field) for field in fields]
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} ORDER BY {key}")  # noqa: S608
        while rows := cursor.fetchmany(CHUNK_ROWS):
            for row in rows:
                yield _line(
                    [read(value) for read, value in zip(converters, row, strict=True)]
                )


def write_rows(model: type[models.Model], lines: Iterable[list]) -> int:
    """Insert rows, of which the first names the columns; return how many there are."""
    lines = iter(lines)
    by_column = {field.column: field for field in model._meta.local_concrete_fields}
    fields = [by_column[column] for column in next(lines)]
    writers = [_writer(plain(field)) for field in fields]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    table = quote(model._meta.db_table)
    sql = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608
    count = 0
    with connection.cursor() as cursor:
        while chunk := list(islice(lines, CHUNK_ROWS)):
            values = (
                [write(value) for write, value in zip(writers, row, strict=True)]
                for row in chunk
            )
            cursor.executemany(sql, list(values))
            count += len(chunk)
    return count


def _converters(field: models.Field):
    """Return what turns a column's value into one for JSON."""
    column = plain(field)
    expression = models.expressions.Col("t", column)
    steps = connection.ops.get_db_converters(expression)

    def read(value):
        for step in steps:
            value = step(value, expression, connection)
        return _for_json(value)

    return read


def _for_json(value):
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, Decimal | uuid.UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value


def _writer(column: models.Field):
    """Return what turns a value of the archive into one for the database."""

    def write(value):
        if value is None:
            return None
        if isinstance(column, models.BinaryField):
            value = base64.b64decode(value)
        elif isinstance(column, models.DurationField):
            value = timedelta(microseconds=value)
        elif isinstance(column, models.JSONField):
            # By its text, since JSON's own null is something else than no value.
            return connection.ops.adapt_json_value(json.loads(value), None)
        else:
            value = column.to_python(value)
        return column.get_db_prep_save(value, connection)

    return write


def _line(values: list) -> bytes:
    return (
        json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    )
