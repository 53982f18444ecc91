"""Erases an email address everywhere, or reports where it was found."""

from collections import defaultdict
from dataclasses import dataclass, field
from importlib import import_module
from re import Pattern

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.validators import validate_email
from django.db import connection, models, transaction
from django.utils.text import capfirst
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.search import index
from wagtail.search.models import IndexEntry

from home.content.email_addresses import normalise_email
from home.content_version.counter import bump_content_version
from search.indexing.documents import IndexedText
from search.log.redaction import REDACTED
from search.log.retention import delete_with_history
from stockton_cms.operations.erasure.finder import Found, find, held_in, is_json
from stockton_cms.operations.erasure.matching import pattern_of, without
from stockton_cms.operations.erasure.policy import (
    PUBLIC_SIDE_TABLES,
    ErasureAction,
    ErasurePolicy,
    owner_of,
    shown_object,
)

MAX_NAMED = 50
NAMED = {
    ErasureAction.SHOWN,
    ErasureAction.FILE,
    ErasureAction.ACCOUNT,
    ErasureAction.LEFT,
}


@dataclass
class Line:
    """What was found in one table, and what became of it."""

    table: str
    fields: str
    done: ErasureAction
    rows: int = 0
    # Names and addresses in the admin of what someone has to look at.
    places: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Report:
    """What was found and done; it never holds the address itself."""

    lines: list[Line]
    is_done: bool
    # How many rows still have it, read after all was done.
    left: int = 0

    @property
    def has_account(self) -> bool:
        """Whether nothing was erased because an account has the address."""
        return any(line.done == ErasureAction.ACCOUNT for line in self.lines)

    @property
    def summary(self) -> str:
        if not self.lines:
            return "This email address was not found in any record."
        if self.has_account:
            return "Nothing was erased, because an account uses this email address."
        if self.is_done and self.left:
            rows = (
                "1 row still has" if self.left == 1 else f"{self.left} rows still have"
            )
            return f"The email address was erased where the report says so. {rows} it."
        if self.is_done:
            return "The email address was erased. A second check found it nowhere."
        return "Nothing has been erased yet. This is what will happen."


@transaction.atomic
def erase(address: str, everywhere: bool = False, dry_run: bool = False) -> Report:
    """Erase an address; with `everywhere`, also from what visitors see.

    Raises `ValidationError` where it is not an email address. While an account has
    it, nothing is erased: it is still someone's here.
    """
    address = normalise_email(address)
    validate_email(address)
    _extend_statement_timeout()
    pattern = pattern_of(address)
    rows = list(find(address, pattern))
    policy = ErasurePolicy(rows, everywhere)
    decided = [(row, policy.action_for(row)) for row in rows]
    report = Report(_lines(decided, pattern), is_done=False)
    if dry_run or report.has_account:
        return report
    _apply(decided, pattern)
    report.is_done = True
    _report_rows_left(report, policy, address, pattern)
    return report


def _report_rows_left(
    report: Report, policy: ErasurePolicy, address: str, pattern: Pattern
) -> None:
    """Say what still has the address, also where it should be gone."""
    left = list(find(address, pattern))
    report.left = len(left)
    gone = {ErasureAction.DELETED, ErasureAction.REMOVED}
    failed = [
        (row, ErasureAction.LEFT) for row in left if policy.action_for(row) in gone
    ]
    report.lines += _lines(failed, pattern)


def _extend_statement_timeout() -> None:
    """Let reading all tables take longer than a page may."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '10min'")


def _lines(decided: list[tuple[Found, ErasureAction]], pattern: Pattern) -> list[Line]:
    lines: dict[tuple, Line] = {}
    for row, action in decided:
        meta = row.model._meta
        names = [str(meta.get_field(name).verbose_name) for name in row.fields]
        key = (meta.label, row.fields, action)
        line = lines.setdefault(
            key, Line(capfirst(str(meta.verbose_name_plural)), ", ".join(names), action)
        )
        line.rows += 1
        if action in NAMED and line.rows <= MAX_NAMED:
            line.places.append(_place(row, pattern))
    return list(lines.values())


def _place(row: Found, pattern: Pattern) -> tuple[str, str]:
    owner = owner_of(row)
    address = AdminURLFinder().get_edit_url(owner) or ""
    return without(str(owner), pattern), address


def _apply(decided: list[tuple[Found, ErasureAction]], pattern: Pattern) -> None:
    seen, to_index = False, []
    to_delete = defaultdict(list)
    for row, action in decided:
        if action == ErasureAction.DELETED:
            to_delete[row.model].append(row.pk)
        elif action == ErasureAction.REMOVED:
            seen = seen or _is_seen(row)
            _rewrite(row, pattern)
            if index.class_is_indexed(row.model):
                to_index.append(row)
    for model, keys in to_delete.items():
        _delete(model, keys)
    _reindex(to_index)
    if seen:
        version = bump_content_version(is_removal=True)
        for row, action in decided:
            if action == ErasureAction.REMOVED and issubclass(row.model, IndexedText):
                row.model.objects.filter(pk=row.pk).update(version=version)
        transaction.on_commit(caches["last_known"].clear)


def _is_seen(row: Found) -> bool:
    """Say whether visitors or their searches read what is in a row."""
    is_read = row.model._meta.label in PUBLIC_SIDE_TABLES
    is_indexed = issubclass(row.model, IndexedText)
    return is_read or is_indexed or shown_object(row) is not None


def _reindex(rows: list[Found]) -> None:
    """Let the search of the admin forget the address too."""
    for row in rows:
        index.insert_or_update_object(row.model._base_manager.get(pk=row.pk))
    if rows and connection.vendor == "sqlite":
        # SQLite keeps the words of old texts until it tidies its index up.
        table = f"{IndexEntry._meta.db_table}_fts"
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")  # noqa: S608


def _rewrite(row: Found, pattern: Pattern) -> None:
    """Write the fields of a row, as they are now, without the address."""
    this = row.model._base_manager.filter(pk=row.pk)
    fields = [row.model._meta.get_field(name) for name in row.fields]
    held = this.select_for_update().values_list(*map(held_in, fields)).first()
    if held is None:
        return
    this.update(
        **{
            each.name: _value_without(each, value, row.pk, pattern)
            for each, value in zip(fields, held, strict=True)
        }
    )


def _value_without(column: models.Field, value, pk, pattern: Pattern):
    cleaned = without(value, pattern)
    if is_json(column):
        return models.Value(cleaned, output_field=models.JSONField())
    if column.unique:
        # Two who were taken out are still two.
        return cleaned.replace(REDACTED, f"[removed {pk}]")[: column.max_length]
    if isinstance(column, models.EmailField) and cleaned == REDACTED:
        return ""
    return cleaned[: column.max_length]


def _delete(model: type[models.Model], keys: list) -> None:
    if model is Session:
        store = import_module(settings.SESSION_ENGINE).SessionStore
        for key in keys:
            # Also from the cache in front of the table.
            store().delete(key)
    else:
        delete_with_history(model._base_manager.filter(pk__in=keys))
