"""The drill: back the example site up, restore it elsewhere, and compare it all."""

import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from stockton_cms.operations.backup.archive import ArchiveReader
from tests.servers import BASE_DIR, manage, site_environment

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

# The one row that a restore raises, so that no cache shows pages of before.
VERSION = "home_contentversion"
# Pages, search and writing, for which keys go on after those of the backup.
USES_THE_SITE = """
from django.test import Client
from home.models import HomePage, StandardPage
from search.engine.index import page_index
client = Client(HTTP_HOST="127.0.0.1")
assert client.get("/").status_code == 200
assert b"food" in client.get("/search/?query=food").content.lower()
page = HomePage.objects.get().get_children().first()
page.add_child(instance=StandardPage(title="New", slug="new-page"))
print("works")
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Return the environment of an example site on SQLite, and a backup of it."""
    folder = tmp_path_factory.mktemp("example")
    environment = site_environment(folder)
    manage(environment, "migrate", "-v0")
    manage(environment, "load_demo_site")
    manage(environment, "generate_renditions")
    return environment, back_up(environment)


@pytest.fixture(scope="module")
def empty(tmp_path_factory, django_db_setup):
    """Return what makes sites with nothing on them, on the tests' database."""
    folder = tmp_path_factory.mktemp("empty")
    environment = site_environment(folder)
    if connection.vendor == "sqlite":
        manage(environment, "migrate", "-v0")

        def copy(number, environment, is_migrated=True):
            if not is_migrated:
                return
            with sqlite3.connect(folder / "db.sqlite3") as source:
                source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(folder / "db.sqlite3", Path(environment["DATA_DIR"]))

        yield copy
        return
    names = [f"drill_{os.getpid()}_{number}" for number in range(20)]
    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {names[0]}")
        manage({**environment, **postgresql(names[0])}, "migrate", "-v0")

        def copy(number, environment, is_migrated=True):
            template = names[0] if is_migrated else "template1"
            admin.execute(f"CREATE DATABASE {names[number]} TEMPLATE {template}")
            environment.update(postgresql(names[number]))

        yield copy
        for name in names:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def postgresql(name):
    """Return the address of a database beside that of the tests."""
    address = urlsplit(os.environ["TEST_DATABASE_URL"])
    return {"DATABASE_URL": address._replace(path=f"/{name}").geturl()}


@pytest.fixture
def elsewhere(empty, tmp_path):
    """Return the environment of a site with nothing on it but a picture."""
    environment = site_environment(tmp_path)
    empty(next(numbers), environment)
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "old.jpg").write_text("old")
    return environment


@pytest.fixture
def new_machine(empty, tmp_path):
    """Return the environment of a site that has not even tables yet."""
    environment = site_environment(tmp_path / "new")
    empty(next(numbers), environment, is_migrated=False)
    return environment


numbers = itertools.count(1)


def back_up(environment) -> Path:
    """Back a site up; return the archive."""
    said = manage(environment, "backup")
    return Path(said.rpartition(": ")[0].splitlines()[-1])


def contents(archive: Path) -> dict:
    """Return all rows and the checksums of all files, but for the content version."""
    with ArchiveReader(archive) as reader:
        found = {name: reader.checksum_of_file(name) for name in reader.files}
        for table in reader.tables:
            rows = ([plain(value) for value in row] for row in reader.rows(table))
            found[table] = list(rows)
    del found[VERSION]
    return found


def plain(value):
    """Return JSON as what it says: PostgreSQL keeps its keys in an order of its own."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        with suppress(ValueError):
            return json.loads(value)
    return value


def version(archive: Path) -> int:
    """Return the content version of a backed-up site."""
    with ArchiveReader(archive) as reader:
        names, values = reader.rows(VERSION)
        return values[names.index("number")]


def test_rows_and_files_are_equal_after_a_restore(example, new_machine, capsys):
    """From SQLite to the tests' database, from there to itself, and back to SQLite."""
    environment, archive = example
    started = time.monotonic()
    used = os.times().children_user
    assert "is whole" in manage(environment, "verify_backup", str(archive))
    said = manage(new_machine, "restore", "--no-input", str(archive))
    with capsys.disabled():
        seconds = time.monotonic() - started
        used = os.times().children_user - used
        print(f"\nVerified and restored in {seconds:.0f} s ({used:.0f} s of CPU)")
    assert "erase_personal_data" in said
    again = back_up(new_machine)
    assert contents(again) == contents(archive)
    assert version(again) > version(archive)
    if connection.vendor == "postgresql":
        manage(new_machine, "restore", "--no-input", str(again))
        assert contents(back_up(new_machine)) == contents(archive)
    manage(environment, "restore", "--no-input", str(again))
    assert contents(back_up(environment)) == contents(archive)
    manage(new_machine, "collectstatic", "--noinput", "-v0")
    assert "works" in manage(new_machine, "shell", script=USES_THE_SITE)


# Where a restore is killed: before which call of what, and whether it is the new site
# that is whole then, which is the negative control.
KILLED_BEFORE = {
    "rows are written": ("write_rows", 1, False),
    "files are written": ("FileSystemStorage._save", 3, False),
    "the database is exchanged": ("exchange_database", 1, False),
    "old files are set aside": ("_set_aside", 1, True),
}
RESTORES_AND_IS_KILLED = """
import os, signal
from django.core.management import call_command
from stockton_cms.operations.backup import restore
*holder, name = {name!r}.split(".")
place = getattr(restore, holder[0]) if holder else restore
original, calls = getattr(place, name), []
def killed(*args, **options):
    calls.append(1)
    if len(calls) == {times}:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*args, **options)
setattr(place, name, killed)
if name != "write_rows":
    # It takes long, and nothing of it matters for what follows.
    restore._fill = lambda archive: None
call_command("restore", {archive!r}, no_input=True)
"""
COUNTS_TABLES = """
from django.db import connection
print("tables:", len(connection.introspection.table_names()))
"""


@pytest.mark.parametrize("moment", KILLED_BEFORE)
def test_restore_that_is_killed_leaves_the_old_site_whole(example, elsewhere, moment):
    *what, is_new = KILLED_BEFORE[moment]
    killed = restore_until(example, elsewhere, *what)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    folder = Path(elsewhere["DATA_DIR"])
    said = manage(elsewhere, "shell", "-v0", script=COUNTS_TABLES)
    assert (said.strip() == "tables: 0") is is_new
    assert (folder / "media" / "old.jpg").exists()
    if moment == "rows are written":
        assert list(folder.glob("*.restoring-*")) or connection.vendor != "sqlite"
        assert restore_until(example, elsewhere, "beside", 0).stdout
        assert not list(folder.glob("*.restoring-*"))
        [old] = folder.glob("media.before-*")
        assert (old / "old.jpg").read_text() == "old"


def restore_until(example, elsewhere, name, times):
    """Restore, and be killed before a call of a function, if `times` is not 0."""
    script = RESTORES_AND_IS_KILLED.format(
        name=name, times=times, archive=str(example[1])
    )
    return run(elsewhere, "shell", "-v0", script=script)


def test_restore_is_refused_while_the_site_has_a_sqlite_database_open(
    example, elsewhere
):
    """On PostgreSQL it cannot know: see docs/operators.md."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL")
    _, archive = example
    with closing(sqlite3.connect(Path(elsewhere["DATA_DIR"]) / "db.sqlite3")) as site:
        site.execute("PRAGMA journal_mode=WAL")
        site.execute("SELECT count(*) FROM auth_user").fetchall()
        refused = run(elsewhere, "restore", "--no-input", str(archive))
    assert refused.returncode == 1
    assert "Stop it" in refused.stderr


def run(environment, *arguments, script=""):
    """Run a command that may end with an error."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        input=script,
        env={**os.environ, **environment},
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
