"""Exchanging the site's database for a new one, in one step.

It is made beside the old one, under a name with `restoring`, and gets its place by
renaming; what was there is called `before` from then on.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import OperationalError, connection, transaction

RESTORING, BEFORE = "restoring", "before"


@contextmanager
def alone() -> Iterator[None]:
    """Let only one backup or restore run at a time on a machine.

    The lock goes with the process however it ends. It is not an advisory lock of the
    database, as a restore connects to it again.

    Raises `CommandError` at once where another process holds it.
    """
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / "backup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                "Another backup or restore is running. Wait until it has ended."
            ) from None
        yield


@contextmanager
def connected_to(**settings) -> Iterator[None]:
    """Let the default connection, models and migrations lead somewhere else.

    Migrations of Wagtail's write by the default connection whatever they are passed, so
    a second one beside it would not do. The process must do nothing else meanwhile.
    """
    before = connection.settings_dict
    _reconnect({**before, **settings})
    try:
        yield
    finally:
        _reconnect(before)


def _reconnect(settings: dict) -> None:
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    connection.settings_dict = settings


def beside(place: Path, word: str, suffix: str) -> Path:
    return place.with_name(f"{place.name}.{word}-{suffix}")


@contextmanager
def new_database(suffix: str) -> Iterator[None]:
    """Lead the connection to an empty database beside the site's own."""
    if connection.vendor == "sqlite":
        new = beside(_sqlite_file(), RESTORING, suffix)
        # Before there is anything in it that others on the machine may not read.
        new.touch()
        shutil.copymode(_sqlite_file(), new)
        with connected_to(NAME=str(new)):
            yield
            close_alone()
        return
    new = f"{RESTORING}_{suffix}"
    options = connection.settings_dict["OPTIONS"]
    longer = f"{options.get('options', '')} -c search_path={new} -c statement_timeout=0"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {new}")
    with connected_to(OPTIONS={**options, "options": longer}):
        yield


def exchange_database(suffix: str) -> str:
    """Put the new database in the place of the old one; say where that is now."""
    if connection.vendor == "sqlite":
        close_alone()
        place = _sqlite_file()
        old = beside(place, BEFORE, suffix)
        # The old one gets a second name, so that its place is never empty.
        os.link(place, old)
        beside(place, RESTORING, suffix).replace(place)
        return f"The old database is {old}."
    old, new = f"{BEFORE}_{suffix}", f"{RESTORING}_{suffix}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        place = connection.ops.quote_name(cursor.fetchone()[0])
        cursor.execute(f"ALTER SCHEMA {place} RENAME TO {old}")
        cursor.execute(f"ALTER SCHEMA {new} RENAME TO {place}")
    return (
        f"The old tables are in the schema {old}; DROP SCHEMA {old} CASCADE frees it."
    )


def close_alone() -> None:
    """Close a SQLite database so that its one file is all of it.

    Raises `CommandError` where the site, or one of its jobs, still has it open.
    """
    if connection.vendor != "sqlite":
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1000")
            # Which takes that no one else has it open; connecting turns it on again.
            cursor.execute("PRAGMA journal_mode = DELETE")
    except OperationalError as error:
        raise CommandError(
            "The site still uses its database. Stop it and its jobs first."
        ) from error
    finally:
        connection.close()


def remove_leftovers() -> None:
    """Delete what restores have left that were refused, failed or were killed."""
    if connection.vendor == "sqlite":
        place = _sqlite_file()
        for path in place.parent.glob(f"{place.name}.{RESTORING}-*"):
            path.unlink(missing_ok=True)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace")
        names = [name for (name,) in cursor if name.startswith(f"{RESTORING}_")]
    for name in names:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(f"DROP SCHEMA {name} CASCADE")


def _sqlite_file() -> Path:
    return Path(connection.settings_dict["NAME"])
