"""An archive that is not just as it was written is refused, and no row is quoted."""

import hashlib
import io
import json
import zipfile

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection

from stockton_cms.operations.backup.archive import (
    FORMAT,
    LEFT_OUT,
    MANIFEST,
    ArchiveError,
    ArchiveReader,
    Manifest,
    new_archive,
    tables_of,
)
from stockton_cms.operations.backup.restore import _write
from tests.servers import manage, site_environment

# What no model stands for: the manifest lists migrations, and counts of sign-in end.
OF_NO_MODEL = {"django_migrations", "sign_in_tries"}


@pytest.fixture
def path(tmp_path, write_archive):
    """Return the path of a whole archive."""
    write_archive(tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def verify(path):
    """Read everything that the archive holds."""
    with ArchiveReader(path) as archive:
        archive.verify()


def contents(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, entries, comment):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
        archive.comment = comment


def test_whole_archive_gives_back_what_was_written(path):
    verify(path)
    with ArchiveReader(path) as archive:
        assert list(archive.rows("home_page")) == [["id"], [1], [2]]
        assert archive.open_file("images/a b.jpg").read() == b"picture" * 1000
        assert (archive.tables, archive.files) == (["home_page"], ["images/a b.jpg"])
        assert str(archive.manifest) == "2 rows and 1 files"
    # Only its owner may read it.
    assert path.stat().st_mode & 0o077 == 0


def test_archive_of_an_earlier_release_is_read(path):
    entries = contents(path.read_bytes())
    manifest = json.loads(entries[MANIFEST])
    for name, entry in manifest["entries"].items():
        entry["size"] = len(entries[name])
    entries[MANIFEST] = json.dumps(manifest).encode()
    write(path, entries, hashlib.sha256(entries[MANIFEST]).hexdigest().encode())
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
        assert contents(data) == contents(whole)


def test_archive_that_was_cut_off_is_refused(path):
    whole = path.read_bytes()
    for part in (0, 0.1, 0.5, 0.9, 0.999):
        path.write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(ArchiveError):
            verify(path)


def test_each_entry_is_compared_with_the_list_of_contents(path):
    with zipfile.ZipFile(path) as old:
        comment = old.comment
    whole = contents(path.read_bytes())
    without = {name: data for name, data in whole.items() if "a b.jpg" not in name}
    for entries, message in (
        # As where someone has exchanged a file and its CRC.
        (whole | {"rows/home_page.jsonl": b'["id"]\n[1]\n[3]\n'}, "jsonl has changed"),
        (whole | {MANIFEST: whole[MANIFEST] + b" "}, "list of contents differs"),
        (whole | {"files/other.jpg": b""}, "missing or extra"),
        (without, "missing or extra"),
        ({"a.txt": b"a"}, "damaged"),
    ):
        write(path, entries, comment)
        with pytest.raises(ArchiveError, match=message):
            verify(path)
    path.write_bytes(b"no zip")
    with pytest.raises(ArchiveError, match="no archive"):
        verify(path)


def test_a_backup_that_fails_leaves_nothing(tmp_path):
    def rows():
        yield b'["id"]\n'
        raise OSError("The disk is full.")

    manifest = Manifest(FORMAT, "", "sqlite")
    writing = new_archive(tmp_path / "backup.zip", manifest)
    with pytest.raises(OSError, match="full"), writing as archive:
        archive.add_rows("home_page", rows())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_every_table_is_backed_up_or_left_out_on_purpose():
    """A new table is backed up by itself; whatever has no model is noticed here."""
    backed_up = {model._meta.db_table for model in tables_of(apps)}
    there = {
        name
        for name in connection.introspection.table_names()
        # What SQLite's full-text search keeps for itself.
        if not name.startswith("wagtailsearch_indexentry_fts_")
    }
    assert there - backed_up - LEFT_OUT == OF_NO_MODEL
    assert backed_up <= there - LEFT_OUT


@pytest.mark.django_db
@pytest.mark.parametrize(
    "row", [["not a number", "Jane Doe"], [1, "Jane Doe", 2], [1, None]]
)
def test_row_that_the_database_does_not_take_is_refused_without_quoting_it(row):
    class Archive:
        def rows(self, table):
            return iter([["id", "name"], row])

    with pytest.raises(ArchiveError, match="auth_group") as error:
        _write(Group, Archive())
    assert "Jane" not in str(error.value)


FILLS_A_NEW_DATABASE = """
import os
from pathlib import Path
from django.db import connection
from stockton_cms.operations.backup.restore import new_database
def fill():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE message (text TEXT)")
fill()
place = Path(connection.settings_dict["NAME"])
place.chmod(0o600)
os.umask(0o022)
with new_database("1"):
    fill()
    for path in place.parent.glob(f"{place.name}.restoring-1*"):
        print(f"mode {path.stat().st_mode & 0o777:o}")
"""


def test_database_that_is_filled_is_as_private_as_the_sites_own(tmp_path):
    script = FILLS_A_NEW_DATABASE
    said = manage(site_environment(tmp_path), "shell", script=script).splitlines()
    assert {line for line in said if line.startswith("mode")} == {"mode 600"}
