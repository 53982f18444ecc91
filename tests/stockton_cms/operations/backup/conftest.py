"""A store like S3, on this machine only, and small archives."""

import io

import pytest

from stockton_cms.operations.backup.archive import FORMAT, Manifest, new_archive


@pytest.fixture
def write_archive():
    """Return a function that writes an archive with a table and files."""

    def write(path, **values):
        defaults = {
            "format": FORMAT,
            "made_at": "2026-11-23T12:00:00+00:00",
            "database": "sqlite",
        }
        manifest = Manifest(**defaults | values)
        with new_archive(path, manifest) as archive:
            archive.add_rows("home_page", iter([b'["id"]\n', b"[1]\n", b"[2]\n"]))
            archive.add_file("images/a b.jpg", io.BytesIO(b"picture" * 1000))
        return manifest

    return write


@pytest.fixture
def s3(create_bucket):
    """Return a client with an empty bucket `backups`, as the environment names it."""
    return create_bucket("backups")
