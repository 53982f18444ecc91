"""Static files of several releases side by side, in one folder.

While a release takes the place of another, and after it went back, both name files of
theirs; and pages of the old one stay in browsers and caches. So nothing is ever taken
away from those who may be reading it.
"""

import os
import re
from uuid import uuid4

from whitenoise.storage import CompressedManifestStaticFilesStorage

from stockton_cms.release_fingerprint import get_static_release

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
