"""Static files of several releases side by side, in one folder (ADR 26)."""

import hashlib
import os
import re
from functools import cache
from pathlib import Path
from uuid import uuid4

from whitenoise.storage import CompressedManifestStaticFilesStorage

ROOMS = ("stockton_cms", "home", "community", "search")
BASE_DIR = Path(__file__).resolve().parent.parent
# Names that change with their content, which therefore never changes.
HASHED = re.compile(r"\.[0-9a-f]{12}(\.|$)")


@cache
def get_release() -> str:
    """Return the name of all that makes an answer: code, templates, files, packages."""
    return digest_of(*ROOMS)


def key_for_this_release(key: str, prefix: str, version: int) -> str:
    """Return a cache's key for objects of ours, which may mean nothing to another."""
    return f"{prefix}:{version}:{get_release()}:{key}"


def digest_of(*folders: str) -> str:
    """Return a name for all files in the folders, and for the packages."""
    found = (path for folder in folders for path in (BASE_DIR / folder).rglob("*"))
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted([BASE_DIR / "requirements.txt", *found]):
        # Beside the code, Python keeps it compiled.
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(BASE_DIR)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


class ReleaseStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Keeps a manifest for each release, and replaces files instead of deleting them.

    Django deletes each hashed style sheet before it writes it again, with a server in
    front that gives out what is there, or half of it, "immutable, for a year".
    """

    manifest_name = f"staticfiles-{digest_of('stockton_cms/static')}.json"
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
        new = (path for path in paths if not self.exists(f"{path}.gz"))
        return super().compress_files(new)
