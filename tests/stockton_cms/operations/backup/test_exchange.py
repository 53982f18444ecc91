"""What a restore makes is for no one who may not read the site's own data."""

import pytest

from stockton_cms.operations.backup import swap
from stockton_cms.operations.backup.swap import create_staging_dir
from tests.servers import manage, site_environment

FILLS_A_NEW_DATABASE = """
import os
from pathlib import Path
from django.db import connection
from stockton_cms.operations.backup.swap import new_database
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


def modes_of_a_new_database(folder):
    said = manage(site_environment(folder), "shell", script=FILLS_A_NEW_DATABASE)
    return {line for line in said.splitlines() if line.startswith("mode")}


def test_database_that_is_filled_is_as_private_as_the_sites_own(tmp_path):
    assert modes_of_a_new_database(tmp_path) == {"mode 600"}


@pytest.fixture
def place(tmp_path):
    place = tmp_path / "media"
    place.mkdir()
    place.chmod(0o700)
    return place


def test_folder_that_is_filled_is_as_private_as_the_sites_own(place):
    assert create_staging_dir(place, "1").stat().st_mode & 0o777 == 0o700


def test_without_its_mode_others_could_read_what_is_restored(place, monkeypatch):
    monkeypatch.setattr(swap.shutil, "copymode", lambda *args: None)
    assert create_staging_dir(place, "1").stat().st_mode & 0o007


def test_folder_is_made_where_the_site_has_none_yet(tmp_path):
    new = create_staging_dir(tmp_path / "data" / "media", "1")
    assert new.parent == tmp_path / "data"
    assert new.is_dir()
