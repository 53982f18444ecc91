"""Uploaded files on a disk that may be full."""

import errno
import os
import shutil

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

# As SQLite says it, and as the operating system does, which PostgreSQL quotes.
FULL = ("disk is full", os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))


def says_disk_full(error: Exception) -> bool:
    """Say whether an error of the database or of a file is about a full disk."""
    return any(words in str(error) for words in FULL)


class WholeFileStorage(FileSystemStorage):
    """Begins no file for which there is no room: Django leaves what it has begun."""

    def _save(self, name: str, content: File) -> str:
        os.makedirs(self.location, exist_ok=True)
        if content.size > shutil.disk_usage(self.location).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super()._save(name, content)
