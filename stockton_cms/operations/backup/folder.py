"""Archives in a folder, which may be on another disk or machine."""

import os
from dataclasses import dataclass
from pathlib import Path

from stockton_cms.operations.backup.archive import CHUNK_BYTES
from stockton_cms.operations.backup.progress import shown_bytes


@dataclass(frozen=True)
class Folder:
    """A folder that archives are put into."""

    path: Path

    def address_of(self, name: str) -> str:
        """Return the path of an archive."""
        return str(self.path / name)

    def send(self, archive: Path) -> int:
        """Put an archive into the folder; return how many bytes were written for it.

        What is in the folder already, from an attempt that was broken off, is compared
        and not written again.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self.path / archive.name
        if target.exists():
            # Broken off after it was put there.
            return 0
        try:
            os.link(archive, target)
        except OSError:
            # Another disk, or one without links.
            return _copy(archive, target)
        return 0

    def abandon(self, name: str) -> None:
        """Forget what has been sent of an archive that is not sent any more."""
        _part(self.path / name).unlink(missing_ok=True)


def _part(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def _copy(archive: Path, target: Path) -> int:
    size, written = archive.stat().st_size, 0
    handle = os.open(_part(target), os.O_RDWR | os.O_CREAT, 0o600)
    with (
        os.fdopen(handle, "r+b") as copy,
        archive.open("rb") as source,
        shown_bytes(size, "copied") as bar,
    ):
        while chunk := source.read(CHUNK_BYTES):
            place = copy.tell()
            if copy.read(len(chunk)) != chunk:
                copy.seek(place)
                written += copy.write(chunk)
            bar.update(len(chunk))
        copy.truncate(size)
        copy.flush()
        os.fsync(copy.fileno())
    _part(target).replace(target)
    return written
