"""Makes a backup while the site runs, in a folder or a bucket; opens one there."""

import fcntl
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from stockton_cms.operations.backup.archive import (
    FORMAT,
    ArchiveReader,
    ArchiveWriter,
    Manifest,
    new_archive,
    progress,
    read_rows,
    tables_of,
)

SCHEME = "s3://"
RETRIES = {"mode": "standard", "total_max_attempts": 5}
WAITS = Config(connect_timeout=10, read_timeout=60, retries=RETRIES)


@contextmanager
def alone() -> Iterator[None]:
    """Let only one backup or restore run at a time on a machine, else `CommandError`.

    No advisory lock of the database, as a restore connects to it again.
    """
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / "backup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                "Another backup or restore is running. Wait until it has ended."
            ) from None
        yield


def default_folder() -> Path:
    return settings.DATA_DIR / "backups"


def checked_destination(text: str) -> str:
    """Return where archives go: `s3://bucket/prefix` or the path of a folder.

    Raises `CommandError` where visitors may read, or where there is no folder: a disk
    that is not mounted is not to end in a backup beside the site.
    """
    if text.startswith(SCHEME):
        bucket = text.removeprefix(SCHEME).partition("/")[0]
        if bucket == getattr(default_storage, "bucket_name", None):
            raise CommandError(
                f"The bucket {bucket} holds the site's pictures, which visitors see. "
                "Keep backups in a bucket of their own."
            )
        return text.rstrip("/")
    path = Path(text).resolve()
    for public in (settings.MEDIA_ROOT, settings.STATIC_ROOT):
        if public and path.is_relative_to(Path(public).resolve()):
            raise CommandError(
                f"Visitors may download what is in {public}. Choose another folder."
            )
    if path == default_folder():
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.is_dir():
        raise CommandError(
            f"There is no folder {path}. Make it, or mount the disk that holds it; a "
            "bucket begins with s3://."
        )
    return str(path)


def back_up(to: str, at: datetime) -> tuple[Manifest, str]:
    to = checked_destination(to)
    address = f"{to}/stockton-cms-{at:%Y%m%d-%H%M%S}.zip"
    is_remote = to.startswith(SCHEME)
    path = settings.DATA_DIR / "outgoing_backup.zip" if is_remote else Path(address)
    with alone():
        manifest = make_backup(path, at)
        size = path.stat().st_size
        if is_remote:
            try:
                with _bucket(address) as (client, place):
                    client.upload_file(str(path), *place)
            finally:
                path.unlink()
        record_backup(LastBackup(at, size, address))
    return manifest, address


@contextmanager
def _bucket(address: str) -> Iterator[tuple]:
    place = address.removeprefix(SCHEME).split("/", 1)
    try:
        yield boto3.client("s3", config=WAITS), place
    except (BotoCoreError, Boto3Error, ClientError) as error:
        raise CommandError(f"{address} cannot be reached: {error}") from error


@contextmanager
def opened(address: str) -> Iterator[ArchiveReader]:
    if not address.startswith(SCHEME):
        with ArchiveReader(Path(address).resolve()) as reader:
            yield reader
        return
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    # Without a name, so that nothing stays of it however this ends.
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
        with _bucket(address) as (client, place):
            client.download_fileobj(*place, file)
        file.seek(0)
        with ArchiveReader(address, file) as reader:
            yield reader


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
        add_files(archive, list(all_files(default_storage)))
    return manifest


def add_files(archive: ArchiveWriter, names: list[str]) -> None:
    for name in progress(names, "Files"):
        with suppress(FileNotFoundError), default_storage.open(name) as file:
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


@dataclass(frozen=True)
class LastBackup:
    """The last backup of this machine that arrived whole, at a path or in a bucket."""

    made_at: datetime
    bytes: int
    to: str
    # When `verify_backup` last found it whole.
    verified_at: datetime | None = None


def get_last_backup() -> LastBackup | None:
    """Return the last backup; nothing where there is none, or its file is damaged."""
    try:
        values = json.loads(_last_backup_file().read_bytes())
        for name in ("made_at", "verified_at"):
            values[name] = values[name] and datetime.fromisoformat(values[name])
        return LastBackup(**values)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def record_backup(last: LastBackup) -> None:
    file = _last_backup_file()
    part = file.with_suffix(".part")
    part.write_text(json.dumps(asdict(last), default=datetime.isoformat, indent=1))
    part.replace(file)


def record_verified(to: str, at: datetime) -> None:
    last = get_last_backup()
    if last and last.to == to:
        record_backup(replace(last, verified_at=at))


def _last_backup_file() -> Path:
    return settings.DATA_DIR / "last_backup.json"
