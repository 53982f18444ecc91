"""Only one backup or restore at a time on a machine."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


class AlreadyRunning(Exception):  # noqa: N818 - it is no error of ours
    """Another backup or restore is running on this machine."""

    def __str__(self):
        return "Another backup or restore is running. Wait until it has ended."


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock, which goes with the process however it ends.

    Not an advisory lock of the database: a restore connects to it again.

    Raises:
        AlreadyRunning: at once, where another process holds it.

    """
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / "backup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        yield
