"""The folder in which the workers of one gunicorn count together.

In memory where the machine has a place for that: what is counted is written through
`mmap`, by which a full disk would end the worker (SIGBUS) instead of raising an error.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - the folder is made by `mkdtemp`
PREFIX = "stockton-cms-metrics-"


def make_folder(parent: Path | None = None) -> str:
    """Make the folder for this process and those that it forks; return its path.

    Takes away what others have left that were killed. Several gunicorns may run at a
    time, as while one takes over from another: each has its own.
    """
    if parent is None:
        usable = os.access(MEMORY, os.W_OK)
        parent = MEMORY if usable else Path(tempfile.gettempdir())
    for other in parent.glob(f"{PREFIX}*"):
        _remove_if_abandoned(other)
    while True:
        folder = tempfile.mkdtemp(prefix=PREFIX, dir=parent)
        # Held open, and with it the lock, until the last of these processes has ended.
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)
        # Another process starting now may have removed it as an abandoned one.
        if os.path.isdir(folder):
            return folder


def _remove_if_abandoned(folder: Path) -> None:
    try:
        # What another user may have put there is no folder, or leads elsewhere: to
        # open a named pipe, this would wait for ever.
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        # Gone meanwhile, another user's, or none of ours.
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass  # Someone counts in it.
    finally:
        os.close(descriptor)
