"""The archive: a zip file of rows and files, with a manifest that vouches for each."""

import hashlib
import json
import os
import socket
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError
from tqdm import tqdm

# A bar on a terminal, and nothing elsewhere.
progress = partial(tqdm, disable=None, leave=False)

# Raised when what is written can no longer be read by an older version of this code.
FORMAT = 1
MANIFEST = "manifest.json"
ROWS, FILES = "rows/", "files/"
CHUNK_BYTES = 1024 * 1024
# What Python's zip reader raises for bytes that have changed, wherever they are.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    KeyError,
    ValueError,
    RuntimeError,
)


class ArchiveError(CommandError):
    """The archive is damaged, newer than this code, or none of ours; says which."""

    def __init__(self, message: str):
        super().__init__(message, returncode=3)


@dataclass(frozen=True)
class Entry:
    """One table or file of the archive."""

    sha256: str
    rows: int = 0


@dataclass(frozen=True)
class Manifest:
    """What an archive holds and where it comes from; times are ISO 8601."""

    format: int
    made_at: str
    database: str
    # All migrations that had been applied, as "app.name".
    migrations: list[str] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        return sum(entry.rows for entry in self.entries.values())

    @property
    def file_count(self) -> int:
        return sum(name.startswith(FILES) for name in self.entries)


@contextmanager
def new_archive(path: Path, manifest: Manifest) -> Iterator["ArchiveWriter"]:
    """Write an archive beside its place, and put it there once it is whole.

    No one else on the machine may read it.
    """
    # The same each time, so that one that was killed does not stay.
    part = path.with_name(f".stockton-cms-{socket.gethostname()}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                yield ArchiveWriter(archive, manifest)
                text = json.dumps(asdict(manifest), indent=1).encode()
                archive.writestr(MANIFEST, text)
                archive.comment = hashlib.sha256(text).hexdigest().encode()
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@dataclass
class ArchiveWriter:
    archive: zipfile.ZipFile
    manifest: Manifest

    def add_rows(self, table: str, lines: Iterable[bytes]) -> None:
        """Add a table's rows, one line of JSON each, after a line with its columns."""
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
        self.manifest.entries[name] = Entry(digest.hexdigest(), rows)


@contextmanager
def open_archive(
    path: Path | str, file: IO[bytes] | None = None
) -> Iterator["ArchiveReader"]:
    """Open an archive, from `file` where its address is no path.

    Raises:
        ArchiveError: it cannot be read, is no archive of ours, or a newer one.

    """
    try:
        archive = zipfile.ZipFile(file or path)
    except FileNotFoundError as error:
        raise ArchiveError(f"There is no file {path}.") from error
    except BROKEN as error:
        raise ArchiveError(
            f"{path} is no archive, or it was cut off: {error}"
        ) from error
    with archive:
        yield ArchiveReader(path, archive)


class ArchiveReader:
    def __init__(self, path: Path | str, archive: zipfile.ZipFile):
        self.path = path
        self._zip = archive
        try:
            text = archive.read(MANIFEST)
            if hashlib.sha256(text).hexdigest().encode() != archive.comment:
                raise self._damaged("its list of contents differs")
            values = json.loads(text)
        except BROKEN as error:
            raise self._damaged(error) from error
        if values["format"] > FORMAT:
            raise ArchiveError(
                f"{path} was made by a newer version of this site. Restore it with "
                "that version."
            )
        # Archives of earlier releases say more of each.
        entries = {
            name: Entry(entry["sha256"], entry["rows"])
            for name, entry in values["entries"].items()
        }
        self.manifest = Manifest(**{**values, "entries": entries})
        self.tables = self._names(ROWS, ".jsonl")
        # By their names in the media store.
        self.files = self._names(FILES)

    def _names(self, folder: str, suffix: str = "") -> list[str]:
        return [
            name.removeprefix(folder).removesuffix(suffix)
            for name in self.manifest.entries
            if name.startswith(folder)
        ]

    def _damaged(self, why: object) -> ArchiveError:
        return ArchiveError(f"{self.path} is damaged: {why}.")

    def verify(self) -> None:
        """Compare each entry with what the manifest says of it.

        Raises:
            ArchiveError: an entry is missing, too many or not as it was written.

        """
        names = set(self._zip.namelist()) - {MANIFEST}
        for name in names ^ set(self.manifest.entries):
            raise self._damaged(f"{name} is missing or extra")
        for name, entry in progress(self.manifest.entries.items(), "Checked"):
            try:
                with self._zip.open(name) as source:
                    digest = hashlib.file_digest(source, "sha256").hexdigest()
            except BROKEN as error:
                raise self._damaged(f"{name}: {error}") from error
            if digest != entry.sha256:
                raise self._damaged(f"{name} has changed")

    def open_file(self, name: str) -> IO[bytes]:
        """Open one of the files that were in the media store."""
        return self._zip.open(f"{FILES}{name}")

    def checksum_of_file(self, name: str) -> str:
        """Return the SHA-256 of one of the files."""
        return self.manifest.entries[f"{FILES}{name}"].sha256

    def rows(self, table: str) -> Iterator[list]:
        """Yield a table's rows; the first one names the columns."""
        with self._zip.open(f"{ROWS}{table}.jsonl") as lines:
            yield from map(json.loads, lines)
