"""Making a backup while the site runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.core.files.storage import Storage, default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from stockton_cms.operations.backup.archive import (
    FORMAT,
    ArchiveWriter,
    Manifest,
    new_archive,
    progress,
)
from stockton_cms.operations.backup.serialisation import read_rows, tables_of


def make_backup(path: Path, at: datetime) -> Manifest:
    """Write all rows and files as they are at one point in time into an archive.

    The site goes on meanwhile. Files are read after the rows: one that was added in
    between is in the archive without a row, one that was deleted is left out.
    """
    manifest = Manifest(FORMAT, at.isoformat(timespec="seconds"), connection.vendor)
    with new_archive(path, manifest) as archive:
        with _snapshot():
            applied = MigrationRecorder(connection).applied_migrations()
            manifest.migrations.extend(sorted(map(".".join, applied)))
            for model in progress(tables_of(apps), "Tables"):
                archive.add_rows(model._meta.db_table, read_rows(model))
        # Not within it, as these may take hours.
        for name in progress(list(all_files(default_storage)), "Files"):
            _add_file(archive, name)
    return manifest


def _add_file(archive: ArchiveWriter, name: str) -> None:
    try:
        file = default_storage.open(name)
    except FileNotFoundError:
        return
    with file:
        archive.add_file(name, file)


def all_files(storage: Storage, folder: str = "") -> Iterator[str]:
    """Yield the names of all files of a store, those of one folder together."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    inside = f"{folder}/" if folder else ""
    yield from (f"{inside}{name}" for name in sorted(files))
    for name in sorted(folders):
        yield from all_files(storage, f"{inside}{name}")


@contextmanager
def _snapshot() -> Iterator[None]:
    """Let the database be read as it is now, and no one wait for it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Django's own transactions would keep all writers waiting.
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
            return
        with transaction.atomic():
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            yield
