"""Makes a backup and brings it to its destination, in as many attempts as it takes."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from stockton_cms.operations.backup.archive import Manifest, Reader
from stockton_cms.operations.backup.create import Progress, make_backup
from stockton_cms.operations.backup.destinations import SCHEME, Bucket, Folder, fetch
from stockton_cms.operations.backup.lock import alone
from stockton_cms.operations.backup.status import LastBackup, record_backup
from stockton_cms.operations.backup.swap import restore_previous_files

# A backup that was broken off is brought to its end as long as it still counts as the
# one that was asked for; after that another one is made.
GOES_ON_FOR = timedelta(hours=12)


class PublicPlaceError(Exception):
    """Visitors could download the backup from where it was to be put."""


class NotDeliveredError(Exception):
    """The backup was made, but has not arrived where it is to be stored."""


@dataclass(frozen=True)
class Delivered:
    """A backup that has arrived: where, what it holds, and what that took."""

    manifest: Manifest
    to: str
    bytes: int
    bytes_sent: int
    went_on: bool


def destination(text: str) -> Folder | Bucket:
    """Return where archives go: `s3://bucket/prefix` or a folder.

    Raises:
        PublicPlaceError: it is where the site's public files are.
        NotADirectoryError: it is a file.
        FileNotFoundError: there is none; a slip, or a disk that is not mounted, is not
            to end in a backup beside the site.

    """
    if text.startswith(SCHEME):
        bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
        if bucket == getattr(default_storage, "bucket_name", None):
            raise PublicPlaceError(
                f"The bucket {bucket} holds the site's pictures, which visitors see. "
                "Keep backups in a bucket of their own."
            )
        return Bucket(bucket, prefix)
    path = Path(text).resolve()
    for public in (settings.MEDIA_ROOT, settings.STATIC_ROOT):
        if public and path.is_relative_to(Path(public).resolve()):
            raise PublicPlaceError(
                f"Visitors may download what is in {public}. Choose another folder."
            )
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"{path} is a file. Name a folder, or a bucket.")
    if not path.exists() and path != default_folder():
        raise FileNotFoundError(
            f"There is no folder {path}. Make it, or mount the disk that holds it; a "
            "bucket begins with s3://."
        )
    return Folder(path)


def default_folder() -> Path:
    """Return where archives go if no one says where, and which is made then."""
    return settings.DATA_DIR / "backups"


def back_up(to: Folder | Bucket, at: datetime, progress: Progress) -> Delivered:
    """Make a backup and bring it to its place, or go on with one that was broken off.

    Raises:
        AlreadyRunning: another backup or restore is running.
        OSError: it could not be made.
        NotDeliveredError: it could not be brought there; the next call goes on with it.

    """
    with alone():
        restore_previous_files()
        archive = _unfinished(to, at)
        went_on = archive is not None
        if archive is None:
            archive = _staging_dir(to) / f"stockton-cms-{at:%Y%m%d-%H%M%S}.zip"
            archive.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            make_backup(archive, at, progress)
        with Reader(archive) as reader:
            manifest = reader.manifest
        try:
            bytes_sent = to.send(archive)
        except OSError as error:
            raise NotDeliveredError(str(error)) from error
        size, address = archive.stat().st_size, to.address_of(archive.name)
        record_backup(LastBackup(_made_at(archive), size, address))
        archive.unlink()
        return Delivered(manifest, address, size, bytes_sent, went_on)


def _unfinished(to: Folder | Bucket, at: datetime) -> Path | None:
    """Return the archive that was not brought to its place; forget those too old."""
    found = None
    for path in sorted(_staging_dir(to).parent.glob("*/*")):
        is_ours = path.parent == _staging_dir(to)
        if path.suffix == ".zip" and at - _made_at(path) < GOES_ON_FOR:
            found = path if is_ours else found
            continue
        path.unlink()
        if is_ours:
            # What stays of it where S3 is unavailable, the bucket's own rule deletes.
            with suppress(OSError):
                to.abandon(path.name)
    return found


def _made_at(archive: Path) -> datetime:
    made_at = datetime.strptime(archive.stem[-15:], "%Y%m%d-%H%M%S")
    return made_at.replace(tzinfo=UTC)


def _staging_dir(to: Folder | Bucket) -> Path:
    """Return the folder for archives that are on their way to one destination."""
    name = hashlib.sha256(to.address_of("").encode()).hexdigest()[:16]
    return settings.DATA_DIR / "outgoing_backups" / name


@contextmanager
def opened(address: str) -> Iterator[Reader]:
    """Open an archive that is in a folder or in a bucket.

    Raises:
        ArchiveError: there is none, or it is damaged.
        OSError: the bucket cannot be reached.

    """
    if not address.startswith(SCHEME):
        with Reader(Path(address).resolve()) as reader:
            yield reader
        return
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    # Without a name, so that nothing stays of it however this ends.
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
        fetch(address, file)
        with Reader(address, file) as reader:
            yield reader
