"""Scheduled work: every app registers its own, and one command runs it all."""

import fcntl
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.core.management import call_command
from django.db import connection

logger = logging.getLogger(__name__)

Job = Callable[[datetime], object]

# Any number will do that no other advisory lock of this database uses.
JOBS_LOCK_ID = 7_301_002

_jobs: dict[str, Job] = {}


def register_job(name: str) -> Callable[[Job], Job]:
    """Register a function that is called every minute or so with the time.

    It finds out by itself what is due. `name` is what operators read in the log.
    """

    def register(job: Job) -> Job:
        _jobs[name] = job
        return job

    return register


@register_job("scheduled publishing")
def publish_scheduled(at: datetime) -> None:
    """Put scheduled pages live, and take down those that have expired."""
    call_command("publish_scheduled")


def run_due_jobs(at: datetime) -> list[str]:
    """Run every job; return the names of those that failed, which the log explains.

    Does nothing while another process is at it. Call it outside a transaction.
    """
    failed = []
    with _one_process_at_a_time() as is_our_turn:
        for name, job in _jobs.items() if is_our_turn else ():
            try:
                job(at)
            except Exception:
                logger.exception("The job '%s' failed.", name)
                failed.append(name)
    return failed


@contextmanager
def _one_process_at_a_time() -> Iterator[bool]:
    """Yield whether it is this process's turn, without waiting for it."""
    if connection.vendor == "postgresql":
        with _lock_in_the_database() as is_ours:
            yield is_ours
        return
    # SQLite means one machine. The lock goes with the process, however it ends.
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / "jobs.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = True
        except BlockingIOError:
            is_ours = False
        yield is_ours


@contextmanager
def _lock_in_the_database() -> Iterator[bool]:
    """Yield whether this connection has the lock that all machines share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [JOBS_LOCK_ID])
        (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [JOBS_LOCK_ID])
