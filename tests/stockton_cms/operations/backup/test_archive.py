"""An archive that is not just as it was written is refused."""

import io
import json
import zipfile

import pytest

from stockton_cms.operations.backup.archive import (
    FORMAT,
    ArchiveError,
    ArchiveWriter,
    Manifest,
    Reader,
)


def write(path, **values):
    """Write an archive with a table of two rows and a file."""
    defaults = {
        "format": FORMAT,
        "made_at": "2026-11-23T12:00:00+00:00",
        "database": "sqlite",
        "migrations": [],
    }
    with ArchiveWriter(path, Manifest(**defaults | values)) as archive:
        archive.add_rows("home_page", iter([b'["id"]\n', b"[1]\n", b"[2]\n"]))
        archive.add_file("images/a b.jpg", io.BytesIO(b"picture" * 1000))
    return path


@pytest.fixture
def path(tmp_path):
    """Return the path of a whole archive."""
    return write(tmp_path / "backup.zip")


def verify(path):
    """Read everything that the archive holds."""
    with Reader(path) as archive:
        archive.verify()


def test_whole_archive_gives_back_what_was_written(path):
    verify(path)
    with Reader(path) as archive:
        assert list(archive.rows("home_page")) == [["id"], [1], [2]]
        assert archive.open_file("images/a b.jpg").read() == b"picture" * 1000
        assert (archive.tables, archive.files) == (["home_page"], ["images/a b.jpg"])
        assert (archive.manifest.row_count, archive.manifest.file_count) == (2, 1)


def test_only_its_owner_may_read_an_archive(path):
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("tenth", range(10))
def test_a_changed_byte_is_noticed(path, tenth):
    """A tenth of the places at a time, one byte each."""
    whole = path.read_bytes()
    unnoticed = []
    for place in range(tenth * len(whole) // 10, (tenth + 1) * len(whole) // 10, 7):
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        )
        try:
            verify(path)
        except ArchiveError:
            continue
        unnoticed.append(place)
    # The dates and rights in the zip file's own headers mean nothing to a restore.
    contents = _contents(whole)
    for place in unnoticed:
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        )
        assert _contents(path.read_bytes()) == contents


def _contents(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.9, 0.999])
def test_archive_that_was_cut_off_is_refused(path, kept):
    whole = path.read_bytes()
    length = int(kept * len(whole)) if isinstance(kept, float) else kept
    path.write_bytes(whole[:length])
    with pytest.raises(ArchiveError):
        verify(path)


def test_checksum_of_each_entry_is_compared(path):
    """As where someone has exchanged a file and its CRC."""
    with zipfile.ZipFile(path) as old:
        entries = {name: old.read(name) for name in old.namelist()}
        comment = old.comment
    with zipfile.ZipFile(path, "w") as new:
        for name, data in entries.items():
            new.writestr(name, data.replace(b"[2]", b"[3]"))
        new.comment = comment
    with pytest.raises(ArchiveError, match=r"home_page\.jsonl has changed"):
        verify(path)


@pytest.mark.parametrize("change", ["missing", "extra"])
def test_missing_and_extra_entries_are_noticed(path, change):
    with zipfile.ZipFile(path) as old:
        entries = {name: old.read(name) for name in old.namelist()}
        comment = old.comment
    if change == "missing":
        del entries["files/images/a b.jpg"]
    else:
        entries["files/other.jpg"] = b""
    with zipfile.ZipFile(path, "w") as new:
        for name, data in entries.items():
            new.writestr(name, data)
        new.comment = comment
    with pytest.raises(ArchiveError, match="missing or extra"):
        verify(path)


def test_newer_format_is_refused(tmp_path):
    path = write(tmp_path / "newer.zip", format=FORMAT + 1)
    with pytest.raises(ArchiveError, match="newer version"):
        verify(path)


@pytest.mark.parametrize("data", [b"", b"no zip", json.dumps({}).encode()])
def test_what_is_no_archive_is_refused(tmp_path, data):
    path = tmp_path / "other.zip"
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="no archive"):
        verify(path)


def test_zip_file_of_somebody_else_is_refused(tmp_path):
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("a.txt", "a")
    with pytest.raises(ArchiveError):
        verify(path)


def test_a_backup_that_fails_leaves_nothing(tmp_path):
    def rows():
        yield b'["id"]\n'
        raise OSError("The disk is full.")

    manifest = Manifest(FORMAT, "", "sqlite", [])
    archive = ArchiveWriter(tmp_path / "backup.zip", manifest)
    with pytest.raises(OSError, match="full"), archive:
        archive.add_rows("home_page", rows())
    assert list(tmp_path.iterdir()) == []
