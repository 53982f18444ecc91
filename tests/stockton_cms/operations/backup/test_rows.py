"""Every table is backed up or left out on purpose, and no row is quoted in an error."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection

from stockton_cms.operations.backup.archive import ArchiveError
from stockton_cms.operations.backup.restore import _write
from stockton_cms.operations.backup.serialisation import LEFT_OUT, tables_of
from tests.servers import manage, site_environment

# What no model stands for: the manifest lists migrations, and counts of sign-in end.
OF_NO_MODEL = {"django_migrations", "sign_in_tries"}


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
    assert backed_up <= there
    assert not backed_up & LEFT_OUT


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


def test_database_that_is_filled_is_as_private_as_the_sites_own(tmp_path):
    script = FILLS_A_NEW_DATABASE
    said = manage(site_environment(tmp_path), "shell", script=script).splitlines()
    assert {line for line in said if line.startswith("mode")} == {"mode 600"}
