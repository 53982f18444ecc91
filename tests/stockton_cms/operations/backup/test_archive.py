"""An archive that is not just as it was written is refused."""

import hashlib
import io
import json
import zipfile

import pytest

from stockton_cms.operations.backup.archive import (
    FORMAT,
    MANIFEST,
    ArchiveError,
    Manifest,
    new_archive,
    open_archive,
)


@pytest.fixture
def path(tmp_path, write_archive):
    """Return the path of a whole archive."""
    write_archive(tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def verify(path):
    """Read everything that the archive holds."""
    with open_archive(path) as archive:
        archive.verify()


def test_whole_archive_gives_back_what_was_written(path):
    verify(path)
    with open_archive(path) as archive:
        assert list(archive.rows("home_page")) == [["id"], [1], [2]]
        assert archive.open_file("images/a b.jpg").read() == b"picture" * 1000
        assert (archive.tables, archive.files) == (["home_page"], ["images/a b.jpg"])
        assert (archive.manifest.row_count, archive.manifest.file_count) == (2, 1)
    # Only its owner may read it.
    assert path.stat().st_mode & 0o077 == 0


def test_archive_of_an_earlier_release_is_read(path):
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries[MANIFEST])
    for name, entry in manifest["entries"].items():
        entry["size"] = len(entries[name])
    entries[MANIFEST] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
        archive.comment = hashlib.sha256(entries[MANIFEST]).hexdigest().encode()
    verify(path)


def test_a_changed_byte_is_noticed(path):
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        data = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        path.write_bytes(data)
        try:
            verify(path)
        except ArchiveError:
            continue
        # The dates and rights in the zip file's own headers mean nothing to a restore.
        assert _contents(data) == _contents(whole)


def _contents(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_archive_that_was_cut_off_is_refused(path):
    whole = path.read_bytes()
    for part in (0, 0.1, 0.5, 0.9, 0.999):
        path.write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(ArchiveError):
            verify(path)


def test_each_entry_is_compared_with_the_list_of_contents(path):
    with zipfile.ZipFile(path) as old:
        whole = {name: old.read(name) for name in old.namelist()}
        comment = old.comment
    without = {name: data for name, data in whole.items() if "a b.jpg" not in name}
    for entries, message in (
        # As where someone has exchanged a file and its CRC.
        (whole | {"rows/home_page.jsonl": b'["id"]\n[1]\n[3]\n'}, "jsonl has changed"),
        (whole | {"files/other.jpg": b""}, "missing or extra"),
        (without, "missing or extra"),
    ):
        with zipfile.ZipFile(path, "w") as new:
            for name, data in entries.items():
                new.writestr(name, data)
            new.comment = comment
        with pytest.raises(ArchiveError, match=message):
            verify(path)


def test_what_is_no_archive_is_refused(tmp_path, write_archive):
    path = tmp_path / "other.zip"
    write_archive(path, format=FORMAT + 1)
    with pytest.raises(ArchiveError, match="newer version"):
        verify(path)
    for data in (b"", b"no zip", b"{}"):
        path.write_bytes(data)
        with pytest.raises(ArchiveError, match="no archive"):
            verify(path)
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("a.txt", "a")
    with pytest.raises(ArchiveError, match="damaged"):
        verify(path)


def test_a_backup_that_fails_leaves_nothing(tmp_path):
    def rows():
        yield b'["id"]\n'
        raise OSError("The disk is full.")

    manifest = Manifest(FORMAT, "", "sqlite", [])
    writing = new_archive(tmp_path / "backup.zip", manifest)
    with pytest.raises(OSError, match="full"), writing as archive:
        archive.add_rows("home_page", rows())
    assert list(tmp_path.iterdir()) == []
