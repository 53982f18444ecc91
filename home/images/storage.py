"""Uploaded files: their names, and a disk that may be full."""

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

# As SQLite says it, and as the operating system does, which PostgreSQL quotes.
FULL = ("disk is full", os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
# Where Wagtail puts pictures as they were uploaded.
ORIGINALS = "original_images/"
# Nobody finds one of 36 ** 12 names by asking.
LETTERS = 12
OWN_FOLDER = rf"/[0-9a-z]{{{LETTERS}}}/"


def is_disk_full_error(error: Exception) -> bool:
    """Say whether an error of the database or of a file is about a full disk."""
    return any(words in str(error) for words in FULL)


class MediaMixin:
    """For a storage: nobody can guess where a file is, and pictures tell nothing more.

    Each file has a folder of its own, so that residents read the name that it had.
    """

    def generate_filename(self, filename: str) -> str:
        """Return where a new file belongs."""
        path = PurePosixPath(super().generate_filename(filename))
        folder = get_random_string(LETTERS, ascii_lowercase + digits)
        return str(path.parent / folder / path.name)

    def save(self, name: str, content: File, max_length: int | None = None) -> str:
        """Store a file; a picture without its metadata, whoever hands it in."""
        if str(name).startswith(ORIGINALS):
            # Of what cannot be read no size can be made, so nobody ever gets it.
            with suppress(*UNREADABLE):
                plain = without_metadata(content)
                # Django measures what it has handed in.
                content.file, content.size = plain.file, plain.size
                content = plain
        return super().save(name, content, max_length)


class AtomicFileStorage(MediaMixin, FileSystemStorage):
    """Begins no file for which there is no room: Django leaves what it has begun."""

    def _save(self, name: str, content: File) -> str:
        os.makedirs(self.location, exist_ok=True)
        if content.size > shutil.disk_usage(self.location).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super()._save(name, content)

    def delete(self, name: str) -> None:
        """Delete a file, and the folder that was its own."""
        super().delete(name)
        with suppress(OSError):
            os.rmdir(os.path.dirname(self.path(name)))
