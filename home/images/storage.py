"""Storage of uploaded files: unguessable names, no metadata, full disks."""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import PurePosixPath
from string import ascii_lowercase, digits

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils.crypto import get_random_string

from home.images.metadata import UNREADABLE, without_metadata

# SQLite's message, and the operating system's, which PostgreSQL quotes.
FULL = ("disk is full", os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
# Where Wagtail stores uploaded images, and uploads that are still incomplete.
ORIGINALS = ("original_images/", "wagtail_uploads/")
# One of 36 ** 12 names cannot be guessed.
FOLDER_NAME_LENGTH = 12
FILE_FOLDER = rf"/[0-9a-z]{{{FOLDER_NAME_LENGTH}}}/"


def is_disk_full_error(error: Exception) -> bool:
    return any(message in str(error) for message in FULL)


class MediaStorageUnavailableError(OSError):
    """A store of another machine does not answer, or not as it should."""


class MediaMixin:
    """A storage whose file paths cannot be guessed, and whose images have no metadata.

    Each file has a folder of its own, so that residents see the original file name.
    """

    def generate_filename(self, filename: str) -> str:
        path = PurePosixPath(super().generate_filename(filename))
        folder = get_random_string(FOLDER_NAME_LENGTH, ascii_lowercase + digits)
        return str(path.parent / folder / path.name)

    def save(self, name: str, content: File, max_length: int | None = None) -> str:
        if str(name).startswith(ORIGINALS):
            # Unreadable files have no renditions, so they are never served.
            with suppress(*UNREADABLE):
                plain = without_metadata(content)
                # Django reads the size of the file it passed in.
                content.file, content.size = plain.file, plain.size
                content = plain
        return super().save(name, content, max_length)


class AtomicFileStorage(MediaMixin, FileSystemStorage):
    """Starts no file that does not fit on the disk: Django leaves partial files."""

    def _save(self, name: str, content: File) -> str:
        os.makedirs(self.location, exist_ok=True)
        if content.size > shutil.disk_usage(self.location).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super()._save(name, content)

    def delete(self, name: str) -> None:
        """Delete a file and its folder."""
        super().delete(name)
        with suppress(OSError):
            os.rmdir(os.path.dirname(self.path(name)))
