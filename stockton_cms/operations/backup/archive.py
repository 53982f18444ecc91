"""The archive: a zip file of rows and files, with a manifest that vouches for each."""

import hashlib
import json
import os
import socket
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
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
    """One table or file of the archive: its length in bytes and its SHA-256."""

    size: int
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


class ArchiveWriter:
    """Writes an archive beside its place, and puts it there once it is whole."""

    def __init__(self, path: Path, manifest: Manifest):
        self._path = path
        # The same each time, so that one that was killed does not stay.
        self._part = path.with_name(f".stockton-cms-{socket.gethostname()}.part")
        self._manifest = manifest

    def __enter__(self) -> "ArchiveWriter":
        """Open the archive; no one else on the machine may read it."""
        handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(handle, "wb")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)
        return self

    def __exit__(self, kind, error, trace) -> None:
        try:
            if error is None:
                text = json.dumps(asdict(self._manifest), indent=1).encode()
                self._zip.writestr(MANIFEST, text)
                self._zip.comment = hashlib.sha256(text).hexdigest().encode()
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            if error is None:
                self._part.replace(self._path)
        finally:
            self._file.close()
            self._part.unlink(missing_ok=True)

    def add_rows(self, table: str, lines: Iterable[bytes]) -> None:
        """Add a table's rows, one line of JSON each, after a line with its columns."""
        self._add(f"{ROWS}{table}.jsonl", lines, zipfile.ZIP_DEFLATED)

    def add_file(self, name: str, file: IO[bytes]) -> None:
        """Add a file as it is: pictures and documents are compressed already."""
        chunks = iter(lambda: file.read(CHUNK_BYTES), b"")
        self._add(f"{FILES}{name}", chunks, zipfile.ZIP_STORED)

    def _add(self, name: str, parts: Iterable[bytes], compression: int) -> None:
        digest, size, count = hashlib.sha256(), 0, 0
        info = zipfile.ZipInfo(name)
        info.compress_type = compression
        with self._zip.open(info, "w", force_zip64=True) as target:
            for part in parts:
                target.write(part)
                digest.update(part)
                size += len(part)
                count += 1
        rows = count - 1 if name.startswith(ROWS) else 0
        self._manifest.entries[name] = Entry(size, digest.hexdigest(), rows)


class Reader:
    """Reads an archive. Open it as a context manager.

    Raises:
        ArchiveError: it cannot be read, is no archive of ours, or a newer one.

    """

    def __init__(self, path: Path | str, file: IO[bytes] | None = None):
        """Take where it is, and the file itself where that is somewhere else."""
        self.path = path
        self._source = file or path

    def __enter__(self) -> "Reader":
        """Open the archive and read its manifest."""
        try:
            self._zip = zipfile.ZipFile(self._source)
        except FileNotFoundError as error:
            raise ArchiveError(f"There is no file {self.path}.") from error
        except BROKEN as error:
            raise ArchiveError(
                f"{self.path} is no archive, or it was cut off: {error}"
            ) from error
        try:
            self.manifest = self._read_manifest()
        except BaseException:
            self._zip.close()
            raise
        return self

    def __exit__(self, *error) -> None:
        self._zip.close()

    def _read_manifest(self) -> Manifest:
        try:
            text = self._zip.read(MANIFEST)
            is_whole = hashlib.sha256(text).hexdigest().encode() == self._zip.comment
            values = json.loads(text) if is_whole else None
        except BROKEN as error:
            raise ArchiveError(f"{self.path} is damaged: {error}") from error
        if values is None:
            raise ArchiveError(f"{self.path} is damaged: its list of contents differs.")
        if values.get("format", 0) > FORMAT:
            raise ArchiveError(
                f"{self.path} was made by a newer version of this site. "
                "Restore it with that version."
            )
        entries = {name: Entry(**entry) for name, entry in values["entries"].items()}
        return Manifest(**{**values, "entries": entries})

    def verify(self) -> None:
        """Compare each entry with what the manifest says of it.

        Raises:
            ArchiveError: an entry is missing, too many or not as it was written.

        """
        names = set(self._zip.namelist()) - {MANIFEST}
        for name in names ^ set(self.manifest.entries):
            raise ArchiveError(f"{self.path} is damaged: {name} is missing or extra.")
        for name, entry in progress(self.manifest.entries.items(), "Checked"):
            digest, size = hashlib.sha256(), 0
            for chunk in self.chunks(name):
                digest.update(chunk)
                size += len(chunk)
            if (size, digest.hexdigest()) != (entry.size, entry.sha256):
                raise ArchiveError(f"{self.path} is damaged: {name} has changed.")

    def chunks(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(name) as source:
                while chunk := source.read(CHUNK_BYTES):
                    yield chunk
        except BROKEN as error:
            raise ArchiveError(f"{self.path} is damaged: {name}: {error}") from error

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

    @property
    def tables(self) -> list[str]:
        return [
            name.removeprefix(ROWS).removesuffix(".jsonl")
            for name in self.manifest.entries
            if name.startswith(ROWS)
        ]

    @property
    def files(self) -> list[str]:
        """All files that are in the archive, by their names in the media store."""
        return [
            name.removeprefix(FILES)
            for name in self.manifest.entries
            if name.startswith(FILES)
        ]
