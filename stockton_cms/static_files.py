"""Static files of several releases side by side, in one folder.

While a release takes the place of another, and after it went back, both name files of
theirs; and pages of the old one stay in browsers and caches. So nothing is ever taken
away from those who may be reading it.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

from whitenoise.storage import CompressedManifestStaticFilesStorage

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


# Names that change with their content, which therefore never changes.
HASHED = re.compile(r"\.[0-9a-f]{12}(\.|$)")


class ReleaseStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Keeps a manifest for each release, and replaces files instead of deleting them.

    Django deletes each hashed style sheet before it writes it again, with a server in
    front that gives out what is there, or half of it, "immutable, for a year".
    """

    manifest_name = f"staticfiles-{get_static_release()}.json"
    keep_only_hashed_files = True

    def delete(self, name):
        """Keep what a page or a process may name, even from `collectstatic --clear`."""
        if not HASHED.search(name) and not name.startswith("staticfiles"):
            super().delete(name)

    def _save(self, name, content):
        """Write the file beside where it belongs, then put it there whole."""
        beside = super()._save(f"{name}.{uuid4().hex}", content)
        os.replace(self.path(beside), self.path(name))
        return name

    def compress_files(self, paths):
        """Compress what is new; what is there may be read."""
        return super().compress_files(
            path for path in paths if not self.exists(f"{path}.gz")
        )
