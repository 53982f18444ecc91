"""Identifies this release, from what it consists of.

The same on all machines and in all processes that run it, wherever it lies.
"""

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
ROOMS = ("stockton_cms", "home", "community", "search")


@cache
def get_release() -> str:
    """Return the name of all that makes an answer: code, templates, files, packages."""
    return _digest(*ROOMS)


@cache
def get_static_release() -> str:
    """Return the name of all static files, ours and those of packages."""
    return _digest("stockton_cms/static")


def key_for_this_release(key: str, prefix: str, version: int) -> str:
    """Return a cache's key for objects of ours, which may mean nothing to another."""
    return f"{prefix}:{version}:{get_release()}:{key}"


def _digest(*folders: str) -> str:
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(_files(folders)):
        digest.update(f"{path.relative_to(BASE_DIR)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(folders: tuple[str, ...]) -> Iterator[Path]:
    requirements = BASE_DIR / "requirements.txt"
    if requirements.exists():
        yield requirements
    for room in folders:
        for folder, _, names in os.walk(BASE_DIR / room):
            # Beside the code, Python keeps it compiled.
            yield from (Path(folder, name) for name in names if name[-4:] != ".pyc")
