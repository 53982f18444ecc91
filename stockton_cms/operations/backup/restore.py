"""Restoring a backup: made whole beside what is there, then put in its place."""

import hashlib
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
from django.core.management.color import no_style
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from home.content_version.counter import ContentVersion
from stockton_cms.operations.backup.archive import (
    ArchiveError,
    ArchiveReader,
    progress,
)
from stockton_cms.operations.backup.create import all_files
from stockton_cms.operations.backup.serialisation import LEFT_OUT, tables_of, write_rows
from stockton_cms.operations.backup.swap import (
    alone,
    close_alone,
    create_staging_dir,
    exchange_database,
    exchanged_folders,
    new_database,
    remove_leftovers,
    restore_previous_files,
)


def restore(archive: ArchiveReader, at: datetime) -> list[str]:
    """Put an archive's rows and files in the place of the site's own.

    Everything is made ready beside what is there and exchanged at the end, so a restore
    that fails has changed nothing. Returns where the old rows and files are, as text.

    Raises:
        ArchiveError: it is damaged, or from a newer version of this site.
        AlreadyRunning: another backup or restore is running.
        SiteRunsError: the site has not been stopped.

    """
    refuse_newer(archive)
    archive.verify()
    with alone():
        restore_previous_files()
        close_alone()
        suffix = f"{at:%Y%m%d%H%M%S}"
        remove_leftovers()
        try:
            with new_database(suffix):
                _fill(archive)
            with _new_files(archive, suffix) as about_files:
                about_database = exchange_database(suffix)
        except BaseException:
            remove_leftovers()
            raise
        # Sessions and pages that others than this database know.
        cache.clear()
        return [about_database, about_files]


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
    """Make the tables as they were at the backup, fill them, bring them up to date."""
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
        raise ArchiveError(
            f"{archive.path} holds a table that this site lacks: {name}."
        )
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

    A counter that goes on from the backup would come to numbers again that stood for
    other pages. Seconds since 1970 are ahead of it and of earlier restores.
    """
    number = int(time.time())
    for version in ContentVersion.objects.all():
        number = max(number, version.number + 1)
    ContentVersion.objects.update_or_create(
        pk=1, defaults={"number": number, "last_removal_version": number}
    )


@contextmanager
def _new_files(archive: ArchiveReader, suffix: str) -> Iterator[str]:
    """Put the archive's files in their place; take them back if what follows fails."""
    if not isinstance(default_storage, FileSystemStorage):
        yield _add_files(archive)
        return
    place = Path(settings.MEDIA_ROOT)
    store = FileSystemStorage(location=create_staging_dir(place, suffix))
    for name in progress(archive.files, "Files"):
        with archive.open_file(name) as file:
            store.save(name, File(file))
    with exchanged_folders(place, suffix) as said:
        yield said


def _add_files(archive: ArchiveReader) -> str:
    """Add the archive's files to a store that knows no folders to exchange, as S3.

    What is there with the same contents stays as it is, and nothing is deleted. So one
    that is killed has changed only files whose name was used for another one since.
    """
    there = set(all_files(default_storage))
    for name in progress(archive.files, "Files"):
        if name in there and _digest(name) == archive.checksum_of_file(name):
            continue
        with archive.open_file(name) as file:
            # A plain `save` would take another name where this one is taken.
            default_storage.replace(name, File(file))
    extra = len(there - set(archive.files))
    return f"Files that are not in the backup but still in the store: {extra:,}."


def _digest(name: str) -> str:
    with default_storage.open(name) as file:
        return hashlib.sha256(file.read()).hexdigest()
