"""Erases an email address everywhere, or reports where it was found."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from re import Pattern

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.validators import validate_email
from django.db import connection, models, transaction
from django.utils.text import capfirst
from modelcluster.fields import ParentalKey
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.contrib.settings.models import BaseSiteSetting
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.log_actions import log
from wagtail.models import Page, Revision
from wagtail.search import index
from wagtail.search.models import IndexEntry
from wagtail.snippets.models import get_snippet_models

from home.content.fields import normalise_email
from home.content_version import bump_content_version
from home.dashboard import counted
from home.models import SiteSettings
from search.indexing.documents import IndexedText
from search.log.redaction import REDACTED
from search.log.retention import delete_with_history
from stockton_cms.operations.erasure.matching import may_hold, pattern_of, without

# What cannot hold a word. Every other kind of field is looked at, new ones too.
NO_TEXT = (
    *(models.BooleanField, models.DecimalField, models.FloatField, models.IntegerField),
    *(models.DateField, models.DurationField, models.TimeField, models.UUIDField),
)
# Made from other tables, and made again when those change.
REBUILDABLE_TABLES = {"wagtailsearch.IndexEntry", "wagtailsearch.SQLiteFTSIndexEntry"}
ACCOUNT_APPS = {"account", "auth", "mfa", "socialaccount"}
# Tables whose rows are a person's own, and the field that says whose.
OWN_ROWS = {
    "community.Subscriber": "email",
    "search.Enquiry": "email",
    "sessions.Session": "session_data",
}
# Tables that follow a page and name it by `page_id`.
DERIVED_FROM_PAGE = {
    *("community.PublishedVersion", "home.ChangeNote", "home.PageLink"),
    *("home.ContentIssue", "home.PageReview", "search.SearchDocument"),
}
# Belong to a page as its parts do, and are nothing that visitors see.
NOTES = {"wagtailcore.Comment", "wagtailcore.CommentReply"}
MAX_NAMED = 50
ACTION = "account.erased_personal_data"


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


GONE = {ErasureAction.DELETED, ErasureAction.REMOVED}


@dataclass(frozen=True)
class Found:
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
        for column in self.model._meta.local_concrete_fields:
            if isinstance(column, ParentalKey):
                return getattr(row, column.name)
        return row

    @property
    def owner_key(self) -> tuple[int, str]:
        """What Wagtail knows the owner by, whichever of its classes it has."""
        concrete = Page if isinstance(self.owner, Page) else type(self.owner)
        return ContentType.objects.get_for_model(concrete).pk, str(self.owner.pk)

    @cached_property
    def is_of_public_content(self) -> bool:
        if self.model is Revision or self.label in DERIVED_FROM_PAGE | NOTES:
            return False
        kinds = (
            *(Page, BaseSiteSetting, get_image_model(), get_document_model()),
            *get_snippet_models(),
        )
        return isinstance(self.owner, kinds) and getattr(self.owner, "live", True)


@dataclass
class Line:
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
    def advice(self) -> str:
        return (
            "Messages sent without an email address cannot be found by it. Also search "
            "the enquiries for the person's name, phone number and street."
        )

    @property
    def summary(self) -> str:
        if not self.lines:
            return "This email address was not found in any record."
        if self.has_account:
            return "Nothing can be erased, because an account uses this email address."
        if not self.is_done:
            return "Nothing has been erased yet. This is what will happen."
        if not self.left:
            return "The email address was erased. A second check found it nowhere."
        rows = counted(self.left, "row still has", "rows still have")
        return f"The email address was erased where the report says so. {rows} it."


@transaction.atomic
def erase(
    address: str, everywhere: bool = False, dry_run: bool = False, user=None
) -> Report:
    """Erase an address; with `everywhere`, also from what visitors see.

    The site history says that it was done, by which user if any, and not for whom.
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
    decided = _decide(address, pattern, everywhere)
    report = Report(_lines(decided, pattern))
    if dry_run or report.has_account:
        return report
    _apply(decided, pattern)
    report.is_done = True
    left = _decide(address, pattern, everywhere)
    report.left = len(left)
    failed = [(row, ErasureAction.LEFT) for row, action in left if action in GONE]
    report.lines += _lines(failed, pattern)
    if count := sum(line.rows for line in report.lines):
        # Of no object: who may change the settings of the whole site can read it.
        title = "Personal data of someone who asked"
        log(SiteSettings(pk=0), ACTION, user=user, title=title, data={"rows": count})
    return report


def tables() -> list[type[models.Model]]:
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if not model._meta.proxy]


def word_fields(model: type[models.Model]) -> list[models.Field]:
    return [
        field
        for field in model._meta.local_concrete_fields
        if field.remote_field is None and not isinstance(field, NO_TEXT)
    ]


def _is_json(field: models.Field) -> bool:
    return field.get_internal_type() == "JSONField"


def _stored(field: models.Field) -> models.Expression:
    """Return what the database holds in a field, without making blocks of it."""
    kind = models.JSONField() if _is_json(field) else models.TextField()
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
            stored = map(_stored, fields)
            rows = model._base_manager.order_by("pk").values_list("pk", *stored)
            for pk, *values in rows.iterator(chunk_size=200):
                held = zip(fields, values, strict=True)
                found = [
                    each
                    for each, value in held
                    if value
                    and may_hold(value, address)
                    and _holds(each, value, pattern)
                ]
                if found:
                    yield Found(model, pk, tuple(found))


def _holds(field: models.Field, value, pattern: Pattern) -> bool:
    # A field for one address holds this one or another, of which it may be a part.
    if isinstance(field, models.EmailField):
        return bool(pattern.fullmatch(normalise_email(value)))
    return without(value, pattern) != value


Decided = list[tuple[Found, ErasureAction]]


def _decide(address: str, pattern: Pattern, everywhere: bool) -> Decided:
    # What is part of the site stays unless `everywhere`, with its drafts and all that
    # follows it.
    rows = list(find(address, pattern))
    shown = {
        row.owner_key for row in rows if not everywhere and row.is_of_public_content
    }
    return [(row, _action_for(row, shown)) for row in rows]


def _action_for(row: Found, shown: set) -> ErasureAction:
    if row.model._meta.app_label in ACCOUNT_APPS:
        return ErasureAction.ACCOUNT
    if row.label == "community.AlertHistoryEntry":
        return ErasureAction.ALERT_HISTORY
    is_file_name = any(isinstance(each, models.FileField) for each in row.fields)
    if row.label == "search.SearchFile" or is_file_name:
        return ErasureAction.FILE
    if OWN_ROWS.get(row.label) in {each.name for each in row.fields}:
        return ErasureAction.DELETED
    if shown and row.label not in NOTES and row.owner and row.owner_key in shown:
        return ErasureAction.SHOWN
    return ErasureAction.REMOVED


def _lines(decided: Decided, pattern: Pattern) -> list[Line]:
    lines: dict[tuple, Line] = {}
    for row, action in decided:
        names = ", ".join(str(each.verbose_name) for each in row.fields)
        table = capfirst(str(row.model._meta.verbose_name_plural))
        key = row.label, names, action
        line = lines.setdefault(key, Line(table, names, action))
        line.rows += 1
        if action not in GONE and line.rows <= MAX_NAMED:
            address = AdminURLFinder().get_edit_url(row.owner) or ""
            line.places.append((without(str(row.owner), pattern), address))
    return list(lines.values())


def _apply(decided: Decided, pattern: Pattern) -> None:
    to_delete = defaultdict(list)
    for row, action in decided:
        if action == ErasureAction.DELETED:
            to_delete[row.model].append(row.pk)
    changed = [row for row, action in decided if action == ErasureAction.REMOVED]
    for row in changed:
        _rewrite(row, pattern)
    for model, keys in to_delete.items():
        delete_with_history(model._base_manager.filter(pk__in=keys))
    _reindex([row for row in changed if index.class_is_indexed(row.model)])
    version = bump_content_version(is_removal=True)
    for row in changed:
        if issubclass(row.model, IndexedText):
            row.model.objects.filter(pk=row.pk).update(version=version)
    transaction.on_commit(caches["last_known"].clear)


def _reindex(rows: list[Found]) -> None:
    for row in rows:
        index.insert_or_update_object(row.model._base_manager.get(pk=row.pk))
    if rows and connection.vendor == "sqlite":
        # SQLite keeps the words of old texts until it tidies its index up.
        table = f"{IndexEntry._meta.db_table}_fts"
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")  # noqa: S608


def _rewrite(row: Found, pattern: Pattern) -> None:
    this = row.model._base_manager.filter(pk=row.pk)
    stored = this.select_for_update().values_list(*map(_stored, row.fields)).first()
    if stored is not None:
        for column, value in zip(row.fields, stored, strict=True):
            this.update(**{column.name: _cleaned(column, value, row.pk, pattern)})


def _cleaned(column: models.Field, value, pk, pattern: Pattern):
    cleaned = without(value, pattern)
    if _is_json(column):
        return models.Value(cleaned, output_field=models.JSONField())
    if column.unique:
        # Two who were taken out are still two.
        return cleaned.replace(REDACTED, f"[removed {pk}]")[: column.max_length]
    if isinstance(column, models.EmailField) and cleaned == REDACTED:
        return ""
    return cleaned[: column.max_length]
