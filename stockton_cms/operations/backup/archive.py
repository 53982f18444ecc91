"""The archive: a zip file of rows and files, with a manifest that vouches for each."""

import base64
import hashlib
import json
import os
import socket
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import IO

from django.apps.registry import Apps
from django.core.management.base import CommandError
from django.db import models
from django.utils.duration import duration_string
from tqdm import tqdm

# Raised when what is written can no longer be read by an older version of this code.
FORMAT = 1
MANIFEST = "manifest.json"
ROWS, FILES = "rows/", "files/"
CHUNK_BYTES = 1024 * 1024
CHUNK_ROWS = 2000
# What is not backed up: what ends with a restore (sessions, who has what open, links
# to confirm an address, half-typed forms), counters that are over within a day, and
# Wagtail's own search index, which is made again and differs between databases.
LEFT_OUT = {
    *("account_emailconfirmation", "django_session", "home_ratelimithit"),
    *("wagtailadmin_editingsession", "wagtailadmin_formstate"),
    *("wagtailsearch_indexentry", "wagtailsearch_indexentry_fts"),
}


def progress(steps: Iterable, what: str) -> tqdm:
    """Show a bar on a terminal, and nothing elsewhere."""
    return tqdm(steps, what, disable=None, leave=False)


class ArchiveError(CommandError):
    """The archive is damaged, newer than this code, or none of ours; says which."""

    def __init__(self, message: str):
        super().__init__(message, returncode=3)


@dataclass(frozen=True)
class Manifest:
    """What an archive holds and where it comes from; times are ISO 8601."""

    format: int
    made_at: str
    database: str
    # All migrations that had been applied, as "app.name".
    migrations: list[str] = field(default_factory=list)
    # By its name in the archive, the `sha256` and the number of `rows` of each.
    entries: dict[str, dict] = field(default_factory=dict)

    def __str__(self) -> str:
        rows = sum(entry["rows"] for entry in self.entries.values())
        files = sum(name.startswith(FILES) for name in self.entries)
        return f"{rows:,} rows and {files:,} files"


@contextmanager
def new_archive(path: Path, manifest: Manifest) -> Iterator["ArchiveWriter"]:
    """Write an archive beside its place, and put it there once it is whole."""
    # The same each time, so that one that was killed does not stay.
    part = path.with_name(f".stockton-cms-{socket.gethostname()}.part")
    # No one else on the machine may read it.
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                yield ArchiveWriter(archive, manifest)
                text = json.dumps(asdict(manifest), indent=1).encode()
                archive.writestr(MANIFEST, text)
                archive.comment = _sha256(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _sha256(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()


@dataclass
class ArchiveWriter:
    archive: zipfile.ZipFile
    manifest: Manifest

    def add_rows(self, table: str, lines: Iterable[bytes]) -> None:
        self._add(f"{ROWS}{table}.jsonl", lines, zipfile.ZIP_DEFLATED)

    def add_file(self, name: str, file: IO[bytes]) -> None:
        """Add a file as it is: pictures and documents are compressed already."""
        chunks = iter(lambda: file.read(CHUNK_BYTES), b"")
        self._add(f"{FILES}{name}", chunks, zipfile.ZIP_STORED)

    def _add(self, name: str, parts: Iterable[bytes], compression: int) -> None:
        digest, count = hashlib.sha256(), 0
        info = zipfile.ZipInfo(name)
        info.compress_type = compression
        with self.archive.open(info, "w", force_zip64=True) as target:
            for part in parts:
                target.write(part)
                digest.update(part)
                count += 1
        rows = count - 1 if name.startswith(ROWS) else 0
        self.manifest.entries[name] = {"sha256": digest.hexdigest(), "rows": rows}


class ArchiveReader:
    """Reads the archive at a path, or in `file` where its address is no path.

    Raises `ArchiveError` where it cannot be read, is no archive of ours, or a newer
    one; Python's zip reader raises errors of many kinds for bytes that have changed.
    """

    def __init__(self, path: Path | str, file: IO[bytes] | None = None):
        self.path = path
        try:
            self._zip = zipfile.ZipFile(file or path)
        except Exception as error:
            raise ArchiveError(
                f"{path} is missing, no archive, or cut off: {error}"
            ) from error
        try:
            text = self._zip.read(MANIFEST)
            is_as_written = _sha256(text) == self._zip.comment
            values = json.loads(text)
        except Exception as error:
            raise self._damaged(error) from error
        if not is_as_written:
            raise self._damaged("its list of contents differs")
        if values["format"] > FORMAT:
            raise ArchiveError(
                f"{path} was made by a newer version of this site. Restore it with "
                "that version."
            )
        self.manifest = Manifest(**values)
        self.tables = self._names(ROWS)
        # By their names in the media store.
        self.files = self._names(FILES)

    def __enter__(self) -> "ArchiveReader":
        return self

    def __exit__(self, *error) -> None:
        self._zip.close()

    def _names(self, folder: str) -> list[str]:
        names = [name for name in self.manifest.entries if name.startswith(folder)]
        suffix = ".jsonl" if folder == ROWS else ""
        return [name.removeprefix(folder).removesuffix(suffix) for name in names]

    def _damaged(self, why: object) -> ArchiveError:
        return ArchiveError(f"{self.path} is damaged: {why}.")

    def verify(self) -> None:
        """Compare each entry with what the manifest says of it.

        Raises `ArchiveError` where one is missing, too many or not as it was written.
        """
        names = set(self._zip.namelist()) - {MANIFEST}
        for name in names ^ set(self.manifest.entries):
            raise self._damaged(f"{name} is missing or extra")
        for name, entry in progress(self.manifest.entries.items(), "Checked"):
            try:
                with self._zip.open(name) as source:
                    digest = hashlib.file_digest(source, "sha256").hexdigest()
            except Exception as error:
                raise self._damaged(f"{name}: {error}") from error
            if digest != entry["sha256"]:
                raise self._damaged(f"{name} has changed")

    def open_file(self, name: str) -> IO[bytes]:
        return self._zip.open(f"{FILES}{name}")

    def checksum_of_file(self, name: str) -> str:
        return self.manifest.entries[f"{FILES}{name}"]["sha256"]

    def rows(self, table: str) -> Iterator[list]:
        with self._zip.open(f"{ROWS}{table}.jsonl") as lines:
            yield from map(json.loads, lines)


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
        return super().get_db_prep_value(self.to_python(value), connection, prepared)


class JSONText(models.JSONField):
    """JSON by its text, since JSON's own null is something else than no value."""

    def from_db_value(self, value, expression, connection):
        return value

    def get_db_prep_value(self, value, connection, prepared=False):
        if value is not None:
            value = connection.ops.adapt_json_value(json.loads(value), None)
        return value


def _plain_model(model: type[models.Model]) -> type[models.Model]:
    """Return a model of just the table's columns, each a field of Django's own.

    Values pass through neither the site's models nor signals: what the database holds
    is what the archive holds, from SQLite and from PostgreSQL, and what it gets back.
    """
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
    table = _plain_model(model)
    yield _line([field.name for field in table._meta.fields])
    rows = table._base_manager.order_by("pk").values_list()
    yield from map(_line, rows.iterator(chunk_size=CHUNK_ROWS))


def write_rows(model: type[models.Model], lines: Iterable[list]) -> None:
    """Insert rows, of which the first names the columns."""
    table, lines = _plain_model(model), iter(lines)
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
