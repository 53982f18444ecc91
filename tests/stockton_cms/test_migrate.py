"""Machines that migrate at the same time take turns, and no one is cut off."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Event
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands import migrate as djangos
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.utils import timezone

from home.jobs import single_process_lock
from home.rate_limits import RateLimit
from stockton_cms.management.commands import migrate
from tests.servers import BASE_DIR, site_environment

pytestmark = pytest.mark.django_db


@pytest.fixture
def another_machine():
    """Yield an event that ends the migrating of another machine."""
    begun, end = Event(), Event()

    def hold():
        with single_process_lock("migrate", migrate.MIGRATE_LOCK_ID) as is_ours:
            assert is_ours
            begun.set()
            end.wait(10)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold)
        assert begun.wait(10)
        yield end
        end.set()
        held.result()


def test_second_machine_waits_for_the_first(another_machine, monkeypatch):
    with pytest.raises(CommandError, match=r"Gave up.*Another machine"):
        call_command("migrate", wait=0, stdout=StringIO())
    # What only looks waits for no one, and residents go on sending.
    call_command("migrate", check_unapplied=True, wait=0)
    call_command("migrate", plan=True, wait=0, stdout=StringIO())
    RateLimit("letters", per_address=1).hit(RequestFactory().post("/"), timezone.now())
    monkeypatch.setattr(migrate.time, "sleep", lambda seconds: another_machine.set())
    said = StringIO()
    call_command("migrate", stdout=said)
    assert said.getvalue().startswith("Another machine is migrating the database")
    assert said.getvalue().count("Another machine") == 1
    assert "No migrations to apply" in said.getvalue()


def test_no_two_locks_of_the_database_have_the_same_number():
    rooms = ("home", "community", "search", "stockton_cms")
    files = [path for room in rooms for path in (BASE_DIR / room).rglob("*.py")]
    text = "\n".join(path.read_text() for path in files)
    numbers = re.findall(r"^\w+_LOCK_ID = (\S+)$", text, re.M)
    assert len(set(numbers)) == len(numbers) >= 5


def limits() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'),"
            " current_setting('lock_timeout')"
        )
        return cursor.fetchone()


@pytest.fixture
def djangos_handle(monkeypatch):
    """Put something else in the place of Django's own command."""
    return lambda handle: monkeypatch.setattr(djangos.Command, "handle", handle)


def test_migration_may_take_long_but_not_wait_long_for_a_table(djangos_handle):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no such limits.")
    seen = []
    djangos_handle(lambda *args, **options: seen.append(limits()))
    before = limits()
    call_command("migrate")
    assert seen == [("0", "1s")]
    # As a request has it, before and after.
    assert before == limits() == ("5s", "3s")


def raises(error):
    failure = OperationalError("in use")
    failure.__cause__ = error
    raise failure


def test_table_in_use_is_tried_again_for_a_time_and_other_errors_are_not(
    djangos_handle, monkeypatch
):
    pauses = []
    monkeypatch.setattr(migrate.time, "sleep", pauses.append)
    # An hour passes at each pause.
    monkeypatch.setattr(migrate.time, "monotonic", lambda: 3600 * len(pauses))
    left = [psycopg.errors.LockNotAvailable(), psycopg.errors.DeadlockDetected()]
    djangos_handle(lambda *args, **options: left and raises(left.pop()))
    said = StringIO()
    call_command("migrate", wait=3 * 3600, stdout=said)
    assert said.getvalue().count("A table is in use") == 1
    assert len(pauses) == 2
    djangos_handle(lambda *a, **options: raises(psycopg.errors.LockNotAvailable()))
    with pytest.raises(CommandError, match="nothing is half done"):
        call_command("migrate", stdout=StringIO())
    assert len(pauses) == 3
    djangos_handle(lambda *a, **options: raises(psycopg.errors.DiskFull()))
    with pytest.raises(OperationalError):
        call_command("migrate", stdout=StringIO())
    assert len(pauses) == 3


HOLD = """
import time
from home.jobs import single_process_lock
from stockton_cms.management.commands.migrate import MIGRATE_LOCK_ID
with single_process_lock("migrate", MIGRATE_LOCK_ID) as is_ours:
    print(is_ours, flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_lock_goes_with_a_machine_that_is_killed(tmp_path, settings):
    address = urlsplit(os.environ["DATABASE_URL"])
    address = address._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    settings.DATA_DIR = tmp_path
    process = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--command", HOLD],
        env={**site_environment(tmp_path), "DATABASE_URL": address},
        cwd=BASE_DIR,
        text=True,
        stdout=subprocess.PIPE,
    )
    # The shell may say first what it has imported.
    assert any(line.strip() == "True" for line in process.stdout)
    with pytest.raises(CommandError):
        call_command("migrate", wait=0, stdout=StringIO())
    process.kill()
    process.wait()
    call_command("migrate", wait=10, stdout=StringIO())
