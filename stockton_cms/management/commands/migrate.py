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
MAX_ATTEMPTS = 20
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
            help="how long to wait while another machine migrates (default: 600)",
        )

    def handle(self, *args, **options):
        """Wait for our turn, then migrate; what only looks waits for no one."""
        self.verbosity = options["verbosity"]
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        with self._our_turn(options["wait"]), time_limits_for_migrations():
            self._migrate(MAX_ATTEMPTS, *args, **options)

    @contextmanager
    def _our_turn(self, seconds: float) -> Iterator[None]:
        """Hold the lock; it goes with the process, however that ends."""
        deadline = time.monotonic() + seconds
        is_announced = False
        while True:
            with single_process_lock("migrate", MIGRATE_LOCK_ID) as is_ours:
                if is_ours:
                    yield
                    return
            if time.monotonic() >= deadline:
                raise CommandError(
                    f"Another migrate has been running for {seconds:g} seconds. "
                    "Nothing was done here: run this again when that one has ended."
                )
            if not is_announced:
                self._say("Another machine is migrating the database: waiting for it.")
                is_announced = True
            time.sleep(min(0.5, seconds))

    def _migrate(self, attempts: int, *args, **options) -> None:
        """Migrate; begin again with what is left where a table could not be locked."""
        for number in range(1, attempts + 1):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) not in LOCKED:
                    raise
                self._say(f"\nA table is in use (attempt {number} of {attempts}).")
            else:
                return
            if number < attempts:
                time.sleep(SECONDS_BETWEEN_ATTEMPTS)
        raise CommandError(
            "Gave up. Could not get a table lock: another session holds it (see "
            "pg_stat_activity). What is applied stays applied, nothing is half done: "
            "run this again."
        )

    def _say(self, text: str) -> None:
        if self.verbosity:
            self.stdout.write(text)


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
