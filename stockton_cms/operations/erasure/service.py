"""Erases an email address everywhere, or reports where it was found."""

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from re import Pattern

from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.core.validators import validate_email
from django.db import connection, models, transaction
from django.utils.text import capfirst
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import Page
from wagtail.search import index
from wagtail.search.models import IndexEntry

from home.content.email_addresses import normalise_email
from home.content_version import bump_content_version
from home.dashboard import counted
from search.indexing.documents import IndexedText
from search.log.redaction import REDACTED
from search.log.retention import delete_with_history
from stockton_cms.operations.erasure.finder import NOTES, Found, find, held_in, is_json
from stockton_cms.operations.erasure.matching import pattern_of, without

MAX_NAMED = 50
ACCOUNTS = {
    "account.EmailAddress",
    "account.EmailConfirmation",
    "auth.User",
    "mfa.Authenticator",
    "socialaccount.SocialAccount",
}
# Tables whose rows are a person's own, and the field that says whose.
OWN_ROWS = {
    "community.Subscriber": "email",
    "search.Enquiry": "email",
    "sessions.Session": "session_data",
}
# What visitors read beside a page.
PUBLIC_SIDE_TABLES = {"community.PublishedVersion", "home.ChangeNote"}


class ErasureAction(StrEnum):
    """What is done with a row, as the report says it."""

    ACCOUNT = (
        "Not erased: an administrator must first delete the account in Settings, Users"
    )
    DELETED = "Deleted, with everything that belongs to it"
    REMOVED = "Address removed, the rest stays"
    SHOWN = "Not changed: it is public, so check whether it should be"
    FILE = "Not changed: upload the file again without the address"
    ALERT_HISTORY = "Not changed: alert history is a permanent record"
    LEFT = "Not erased because of an error: contact your site administrator"


# After which someone has to look at the rows.
NAMED = {
    ErasureAction.SHOWN,
    ErasureAction.FILE,
    ErasureAction.ACCOUNT,
    ErasureAction.LEFT,
}
Decided = list[tuple[Found, ErasureAction]]


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
    is_done: bool = False
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
            rows = counted(self.left, "row still has", "rows still have")
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
    if connection.vendor == "postgresql":
        # Reading all tables takes longer than a page may.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '10min'")
    pattern = pattern_of(address)
    decided = _decide(find(address, pattern), everywhere)
    report = Report(_lines(decided, pattern))
    if dry_run or report.has_account:
        return report
    _apply(decided, pattern)
    report.is_done = True
    left = _decide(find(address, pattern), everywhere)
    report.left = len(left)
    # What should be gone, and is not.
    gone = {ErasureAction.DELETED, ErasureAction.REMOVED}
    failed = [(row, ErasureAction.LEFT) for row, action in left if action in gone]
    report.lines += _lines(failed, pattern)
    return report


def _decide(found, everywhere: bool) -> Decided:
    """Decide for each row that was found.

    What is part of the site stays unless `everywhere`, with its drafts and all that
    follows it.
    """
    rows = list(found)
    shown = set()
    if not everywhere:
        shown = {_key(row.owner) for row in rows if row.is_of_public_content}
    return [(row, _action_for(row, shown)) for row in rows]


def _action_for(row: Found, shown: set) -> ErasureAction:
    if row.label in ACCOUNTS:
        return ErasureAction.ACCOUNT
    if row.label == "community.AlertHistoryEntry":
        return ErasureAction.ALERT_HISTORY
    is_file_name = any(isinstance(each, models.FileField) for each in row.fields)
    if row.label == "search.SearchFile" or is_file_name:
        return ErasureAction.FILE
    if OWN_ROWS.get(row.label) in {each.name for each in row.fields}:
        return ErasureAction.DELETED
    if shown and row.label not in NOTES and row.owner and _key(row.owner) in shown:
        return ErasureAction.SHOWN
    return ErasureAction.REMOVED


def _key(thing: models.Model) -> tuple[int, str]:
    """Return what Wagtail knows an object by, whichever of its classes it has."""
    concrete = Page if isinstance(thing, Page) else type(thing)
    return ContentType.objects.get_for_model(concrete).pk, str(thing.pk)


def _lines(decided: Decided, pattern: Pattern) -> list[Line]:
    lines: dict[tuple, Line] = {}
    for row, action in decided:
        names = ", ".join(str(each.verbose_name) for each in row.fields)
        table = capfirst(str(row.model._meta.verbose_name_plural))
        line = Line(table, names, action)
        line = lines.setdefault((row.label, names, action), line)
        line.rows += 1
        if action in NAMED and line.rows <= MAX_NAMED:
            address = AdminURLFinder().get_edit_url(row.owner) or ""
            line.places.append((without(str(row.owner), pattern), address))
    return list(lines.values())


def _apply(decided: Decided, pattern: Pattern) -> None:
    to_delete = defaultdict(list)
    for row, action in decided:
        if action == ErasureAction.DELETED:
            to_delete[row.model].append(row.pk)
    changed = [row for row, action in decided if action == ErasureAction.REMOVED]
    # Visitors or their searches read what is in them.
    is_seen = any(
        row.label in PUBLIC_SIDE_TABLES
        or issubclass(row.model, IndexedText)
        or row.is_of_public_content
        for row in changed
    )
    for row in changed:
        _rewrite(row, pattern)
    for model, keys in to_delete.items():
        delete_with_history(model._base_manager.filter(pk__in=keys))
    _reindex([row for row in changed if index.class_is_indexed(row.model)])
    if is_seen:
        version = bump_content_version(is_removal=True)
        for row in changed:
            if issubclass(row.model, IndexedText):
                row.model.objects.filter(pk=row.pk).update(version=version)
        transaction.on_commit(caches["last_known"].clear)


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
    held = this.select_for_update().values_list(*map(held_in, row.fields)).first()
    if held is not None:
        values = zip(row.fields, held, strict=True)
        this.update(
            **{
                each.name: _value_without(each, value, row.pk, pattern)
                for each, value in values
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
