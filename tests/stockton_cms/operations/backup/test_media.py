"""Files in a store without folders, such as S3, are backed up and restored too."""

from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import CommandError

from stockton_cms.media_storage import MediaStore
from stockton_cms.operations.backup.archive import ArchiveReader, Manifest, new_archive
from stockton_cms.operations.backup.create import (
    add_files,
    all_files,
    checked_destination,
)
from stockton_cms.operations.backup.restore import _add_files, _set_aside
from stockton_cms.settings import environment

FILES = {
    "images/a b.jpg": b"picture" * 1000,
    "images/2026/b.webp": b"other" * 1000,
    "documents/c.pdf": b"document",
    "empty.txt": b"",
}


@pytest.fixture
def media(store_media):
    """Keep the site's files in the bucket, as in production; return its client."""
    client = store_media("s3://backups")
    for name, data in FILES.items():
        default_storage.save(name, ContentFile(data))
    return client


@pytest.fixture
def archive(media, tmp_path):
    """Return the path of an archive of the files in the bucket."""
    path = tmp_path / "backup.zip"
    manifest = Manifest(1, "2026-11-23T12:00:00+00:00", "sqlite")
    with new_archive(path, manifest) as writer:
        # The last one was deleted after the names were read, and is left out.
        add_files(writer, [*all_files(default_storage), "images/gone.jpg"])
    return path


def contents():
    """Return what the store holds."""
    found = {}
    for name in all_files(default_storage):
        with default_storage.open(name) as file:
            found[name] = file.read()
    return found


def restore(path):
    """Put the archive's files into the store; return what is said about it."""
    with ArchiveReader(path) as archive:
        return _set_aside(_add_files(archive), "1")


@pytest.fixture
def stored(monkeypatch):
    """Note the names of the files that are stored; the second one may fail."""
    save, stored = MediaStore._save, SimpleNamespace(names=[], fails=False)

    def note(store, name, file):
        if stored.names and stored.fails:
            raise KeyboardInterrupt
        stored.names.append(name)
        return save(store, name, file)

    monkeypatch.setattr(MediaStore, "_save", note)
    return stored


def test_files_are_equal_after_a_restore_into_a_bucket(
    archive, media, stored, monkeypatch
):
    # No transaction is there for it to wait for.
    monkeypatch.setattr(MediaStore, "delete", MediaStore._delete)
    with ArchiveReader(archive) as reader:
        assert {n: reader.open_file(n).read() for n in reader.files} == FILES
    media.delete_object(Bucket="backups", Key="documents/c.pdf")
    media.put_object(Bucket="backups", Key="images/a b.jpg", Body=b"changed")
    assert contents() != FILES
    assert "in the store: 0." in restore(archive)
    assert contents() == FILES
    # What was the same is not written again.
    assert sorted(stored.names) == ["documents/c.pdf", "images/a b.jpg"]


def test_restore_that_breaks_off_goes_on_the_next_time(archive, media, stored):
    """And until then, what was there is there."""
    for name in ("documents/c.pdf", "images/a b.jpg"):
        media.delete_object(Bucket="backups", Key=name)
    media.put_object(Bucket="backups", Key="images/new.jpg", Body=b"new")
    before = contents()
    stored.fails = True
    with pytest.raises(KeyboardInterrupt):
        restore(archive)
    after = contents()
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 1
    stored.fails = False
    assert "in the store: 1." in restore(archive)
    assert contents() == {**FILES, "images/new.jpg": b"new"}


def test_files_on_disk_that_are_too_many_are_set_aside(archive, settings, tmp_path):
    """For those only who may read the others."""
    settings.STORAGES = {**settings.STORAGES, "default": environment.media("")}
    root = settings.MEDIA_ROOT = tmp_path / "media"
    (root / "images").mkdir(parents=True)
    root.chmod(0o700)
    (root / "images/new.jpg").write_bytes(b"new")
    assert "media.before-1" in restore(archive)
    assert contents() == FILES
    aside = tmp_path / "media.before-1"
    assert (aside / "images/new.jpg").read_bytes() == b"new"
    assert aside.stat().st_mode & 0o777 == 0o700


def test_backups_do_not_go_into_the_bucket_of_pictures(media):
    with pytest.raises(CommandError):
        checked_destination("s3://backups/site")
    checked_destination("s3://others/site")
