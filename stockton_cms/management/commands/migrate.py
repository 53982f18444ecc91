"""`manage.py migrate`: by one machine at a time, while visitors read the site."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connection

from home.jobs import single_process_lock
from stockton_cms.postgresql.base import SECONDS_FOR_AN_ANSWER

# Any number will do that no other advisory lock of this database uses.
MIGRATE_LOCK_ID = 7_301_005
# PostgreSQL's names of "not within `lock_timeout`" and "each waits for the other".
LOCKED = {"55P03", "40P01"}
SECONDS_BETWEEN_ATTEMPTS = 3


class Command(migrate.Command):
    """Migrate under a lock that all machines share, with time limits that fit it."""

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument(
            "--wait",
            type=float,
            default=600,
            metavar="SECONDS",
            help="how long to wait for another machine or a table (default: 600)",
        )

    def handle(self, *args, **options):
        # What only looks waits for no one.
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        deadline, said = time.monotonic() + options["wait"], ""
        while True:
            problem = "Another machine is migrating the database."
            with single_process_lock("migrate", MIGRATE_LOCK_ID) as is_ours:
                if is_ours:
                    problem = self._migrate(*args, **options)
            if not problem:
                return
            if time.monotonic() >= deadline:
                raise CommandError(
                    f"Gave up after {options['wait']:g} seconds. {problem} What is "
                    "applied stays applied, nothing is half done: run this again. "
                    "pg_stat_activity shows which session holds a table."
                )
            if problem != said and options["verbosity"]:
                self.stdout.write(f"{problem} Waiting.")
            said = problem
            time.sleep(min(SECONDS_BETWEEN_ATTEMPTS, options["wait"]))

    def _migrate(self, *args, **options) -> str:
        """Migrate what is left; return what is in the way, if it may pass."""
        with time_limits_for_migrations():
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) not in LOCKED:
                    raise
                return "A table is in use."
        return ""


@contextmanager
def time_limits_for_migrations() -> Iterator[None]:
    """Let a migration take its time, though not to wait long for a table.

    Everyone who wants a table queues behind who waits to change it, with three seconds
    of patience: it must be less than theirs. SQLite has no such limits.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    connection.connection.seconds = None
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET lock_timeout = '1s'")
        # Where this process is killed, so is what it has PostgreSQL do, with its locks.
        cursor.execute("SET client_connection_check_interval = '2s'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")
        cursor.execute("RESET lock_timeout")
        cursor.execute("RESET client_connection_check_interval")
    connection.connection.seconds = SECONDS_FOR_AN_ANSWER
