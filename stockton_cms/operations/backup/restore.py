"""Restoring a backup: made whole beside what is there, then put in its place.

What is being made is called `restoring`; what was there, `before` from then on.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.core.management.color import no_style
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from home.content_version import ContentVersion
from stockton_cms.operations.backup.archive import (
    LEFT_OUT,
    ArchiveError,
    ArchiveReader,
    progress,
    tables_of,
    write_rows,
)
from stockton_cms.operations.backup.create import all_files, alone

RESTORING, BEFORE = "restoring", "before"


def restore(archive: ArchiveReader, at: datetime) -> list[str]:
    """Put an archive's rows and files in the place of the site's own.

    The database is made beside the old one and exchanged at the end, once all files are
    there, so a restore that fails has changed nothing that the site shows. Returns
    where the old rows and files are, as text. Raises `CommandError`.
    """
    refuse_newer(archive)
    archive.verify()
    with alone():
        close_alone()
        suffix = f"{at:%Y%m%d%H%M%S}"
        remove_leftovers()
        try:
            with new_database(suffix):
                _fill(archive)
            others = _add_files(archive)
            about_database = exchange_database(suffix)
        except BaseException:
            remove_leftovers()
            raise
        # Sessions and pages that others than this database know.
        cache.clear()
        return [about_database, _set_aside(others, suffix)]


def refuse_newer(archive: ArchiveReader) -> None:
    """Raise `ArchiveError` where the archive knows migrations that this code lacks."""
    migrations = MigrationLoader(None).disk_migrations
    replaced = {key for each in migrations.values() for key in each.replaces}
    known = {f"{app}.{name}" for app, name in {*migrations, *replaced}}
    newer = sorted(set(archive.manifest.migrations) - known)
    if newer:
        raise ArchiveError(
            f"{archive.path} was made by a newer version of this site, which knows "
            f"{newer[0]}. Restore it with that version."
        )


def _fill(archive: ArchiveReader) -> None:
    applied = {tuple(name.split(".", 1)) for name in archive.manifest.migrations}
    executor = MigrationExecutor(connection)
    nodes = executor.loader.graph.node_map
    last_ones = [
        key
        for key in sorted(applied & set(nodes))
        if not any(
            child.key in applied and child.key[0] == key[0]
            for child in nodes[key].children
        )
    ]
    tables = tables_of(executor.migrate(last_ones).apps)
    unknown = set(archive.tables) - {each._meta.db_table for each in tables} - LEFT_OUT
    for name in sorted(unknown):
        raise ArchiveError(f"{archive.path} holds an unknown table: {name}.")
    with transaction.atomic():
        _empty([model._meta.db_table for model in tables])
        for model in progress(tables, "Tables"):
            if model._meta.db_table in archive.tables:
                _write(model, archive)
        _raise_version()
        with connection.cursor() as cursor:
            for sql in connection.ops.sequence_reset_sql(no_style(), tables):
                cursor.execute(sql)
        connection.check_constraints()
    # Which may hold the keys of the site that is replaced.
    ContentType.objects.clear_cache()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("update_index", verbosity=0)


def _write(model, archive: ArchiveReader) -> None:
    table = model._meta.db_table
    try:
        write_rows(model, archive.rows(table))
    except (DatabaseError, ValidationError, ValueError) as error:
        # All else quotes the row, with what people have written.
        is_safe = isinstance(error, DatabaseError)
        reason = str(error).partition("\n")[0] if is_safe else "values of another kind"
        raise ArchiveError(f"This database does not take {table}: {reason}.") from None


def _empty(tables: list[str]) -> None:
    """Delete what migrations have put there; tables with triggers hold nothing yet."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {quote(table)})")  # noqa: S608
            if cursor.fetchone()[0]:
                cursor.execute(f"DELETE FROM {quote(table)}")  # noqa: S608


def _raise_version() -> None:
    """Let no cache take its pages for those of the restored site.

    A counter that goes on from the backup would repeat numbers of other pages. Seconds
    since 1970 are ahead of it and of earlier restores.
    """
    numbers = ContentVersion.objects.values_list("number", flat=True)
    number = max([int(time.time()), *(each + 1 for each in numbers)])
    ContentVersion.objects.update_or_create(
        pk=1, defaults={"number": number, "last_removal_version": number}
    )


def _add_files(archive: ArchiveReader) -> set[str]:
    """Add the archive's files to the site's own; return the names of the others.

    None of those is deleted: a restore that is killed has harmed nothing.
    """
    there = set(all_files(default_storage))
    for name in progress(archive.files, "Files"):
        if name in there:
            with default_storage.open(name) as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            if digest == archive.checksum_of_file(name):
                continue
            default_storage.delete(name)
        with archive.open_file(name) as file:
            # A plain `save` would write pictures again.
            default_storage._save(name, File(file))
    return there - set(archive.files)


def _set_aside(names: set[str], suffix: str) -> str:
    """Move files that the archive lacks beside the others; in a bucket they stay."""
    if not isinstance(default_storage, FileSystemStorage):
        return (
            f"Files that are not in the backup but still in the store: {len(names):,}."
        )
    if not names:
        return "All files are in the backup."
    root = Path(settings.MEDIA_ROOT)
    aside = beside(root, BEFORE, suffix)
    aside.mkdir()
    shutil.copymode(root, aside)
    for name in names:
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).rename(aside / name)
    return f"Files that are not in the backup: {len(names):,}, in {aside}."


@contextmanager
def _connected_to(**settings) -> Iterator[None]:
    """Let the default connection, models and migrations lead somewhere else.

    Wagtail's migrations write by the default connection, whatever they are passed.
    """
    before = connection.settings_dict
    _reconnect({**before, **settings})
    try:
        yield
    finally:
        _reconnect(before)


def _reconnect(settings: dict) -> None:
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    connection.settings_dict = settings


def beside(place: Path, word: str, suffix: str) -> Path:
    return place.with_name(f"{place.name}.{word}-{suffix}")


@contextmanager
def new_database(suffix: str) -> Iterator[None]:
    if connection.vendor == "sqlite":
        new = beside(_sqlite_file(), RESTORING, suffix)
        # Before there is anything in it that others on the machine may not read.
        new.touch()
        shutil.copymode(_sqlite_file(), new)
        with _connected_to(NAME=str(new)):
            yield
            close_alone()
        return
    new = f"{RESTORING}_{suffix}"
    options = connection.settings_dict["OPTIONS"]
    longer = f"{options.get('options', '')} -c search_path={new} -c statement_timeout=0"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {new}")
    with _connected_to(OPTIONS={**options, "options": longer}):
        yield


def exchange_database(suffix: str) -> str:
    """Put the new database in the place of the old one; say where that is now."""
    if connection.vendor == "sqlite":
        close_alone()
        place = _sqlite_file()
        old = beside(place, BEFORE, suffix)
        # The old one gets a second name, so that its place is never empty.
        os.link(place, old)
        beside(place, RESTORING, suffix).replace(place)
        return f"The old database is {old}."
    old, new = f"{BEFORE}_{suffix}", f"{RESTORING}_{suffix}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        place = connection.ops.quote_name(cursor.fetchone()[0])
        cursor.execute(f"ALTER SCHEMA {place} RENAME TO {old}")
        cursor.execute(f"ALTER SCHEMA {new} RENAME TO {place}")
    return (
        f"The old tables are in the schema {old}; DROP SCHEMA {old} CASCADE frees it."
    )


def close_alone() -> None:
    """Close a SQLite database so that one file is all of it, or `CommandError`."""
    if connection.vendor != "sqlite":
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1000")
            # Which takes that no one else has it open; connecting turns it on again.
            cursor.execute("PRAGMA journal_mode = DELETE")
    except OperationalError as error:
        raise CommandError(
            "The site still uses its database. Stop it and its jobs first."
        ) from error
    finally:
        connection.close()


def remove_leftovers() -> None:
    if connection.vendor == "sqlite":
        place = _sqlite_file()
        for path in place.parent.glob(f"{place.name}.{RESTORING}-*"):
            path.unlink(missing_ok=True)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace")
        names = [name for (name,) in cursor if name.startswith(f"{RESTORING}_")]
    for name in names:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(f"DROP SCHEMA {name} CASCADE")


def _sqlite_file() -> Path:
    return Path(connection.settings_dict["NAME"])
