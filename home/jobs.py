"""Scheduled jobs: every app registers its own, and one command runs them all.

Each run leaves a heartbeat in the database, for `/-/status` and the admin home.
"""

import fcntl
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread

from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from django_guid import clear_guid, set_guid
from django_guid.utils import generate_guid

from home.content_version import get_next_scheduled_change

logger = logging.getLogger(__name__)

Job = Callable[[datetime], object]

# Unique among the advisory locks of this database.
JOBS_LOCK_ID = 7_301_002
LONG_JOBS_LOCK_ID = 7_301_006
# Without a heartbeat for this long, the jobs count as not running.
HEARTBEAT_TIMEOUT = timedelta(minutes=5)
RUN_INTERVAL = timedelta(minutes=1)
# How often the service looks for a new scheduled change.
POLL_INTERVAL = timedelta(seconds=5)
# Queries find what is due only after its time.
SAFETY_MARGIN = timedelta(milliseconds=20)

_jobs: dict[str, Job] = {}
_long_jobs: dict[str, Job] = {}


class JobRun(models.Model):
    name = models.CharField(max_length=100, unique=True)
    finished_at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True)
    # Only the type: the message may contain personal data.
    error = models.CharField(max_length=100, blank=True)

    def __str__(self):
        return self.name


@dataclass(frozen=True)
class JobsHealth:
    last_run_at: datetime | None
    is_running: bool
    failing: list[str]
    # Of each job that has run, by its name.
    runs: dict[str, JobRun] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        return self.is_running and not self.failing


def register_job(name: str, *, is_long: bool = False) -> Callable[[Job], Job]:
    """Register a function that is called every minute or so with the time.

    Long jobs may run for half a minute each time. One returns True if there is more to
    do, and is called again at once. Other jobs do not wait for them: they have a lock,
    and a thread in the service, of their own.
    """

    def register(job: Job) -> Job:
        (_long_jobs if is_long else _jobs)[name] = job
        return job

    return register


def get_jobs_health(at: datetime) -> JobsHealth:
    """Count a long job that has run before and is silent now as failing."""
    runs = JobRun.objects.filter(name__in=[*_jobs, *_long_jobs]).order_by("name")
    oldest = at - HEARTBEAT_TIMEOUT
    short = (run.finished_at for run in runs if run.name in _jobs)
    last = max(short, default=None)
    return JobsHealth(
        last_run_at=last,
        is_running=last is not None and last >= oldest,
        failing=[
            run.name
            for run in runs
            if run.error or (run.name in _long_jobs and run.finished_at < oldest)
        ],
        runs={run.name: run for run in runs},
    )


def run_due_jobs(at: datetime) -> list[str]:
    """Run every job; return the names of those that failed.

    Does nothing while another process runs them. Call it outside a transaction.
    """
    failed, _ = _run_all(_jobs, "jobs", JOBS_LOCK_ID, at)
    return failed


def run_long_jobs(at: datetime) -> tuple[list[str], bool]:
    """Return which long jobs failed, and whether there is more to do."""
    return _run_all(_long_jobs, "long-jobs", LONG_JOBS_LOCK_ID, at)


def _run_all(
    jobs: dict[str, Job], lock_name: str, lock_id: int, at: datetime
) -> tuple[list[str], bool]:
    failed, has_more = [], False
    # The log lines of one run share an id, as those of a request do.
    set_guid(generate_guid())
    with single_process_lock(lock_name, lock_id) as is_our_turn:
        for name in jobs if is_our_turn else ():
            error, has_lost_lock = "", False
            try:
                has_more |= jobs[name](at) is True
            except Exception as raised:
                logger.exception("The job '%s' failed.", name)
                failed.append(name)
                error, has_lost_lock = type(raised).__name__, _close_if_broken()
            _leave_heartbeat(name, error)
            if has_lost_lock:
                break
    clear_guid()
    return failed, has_more


def _close_if_broken() -> bool:
    """Close the connection if it no longer answers; return whether it did not.

    One that answers holds the lock, and must not return to the pool with it.
    """
    is_suspect = connection.errors_occurred and not connection.in_atomic_block
    if not is_suspect or connection.connection is None or connection.is_usable():
        return False
    connection.close()
    return True


def run_jobs_until(stop: Event) -> None:
    """Run the jobs every minute, and at each scheduled change, until stopped.

    Continues after any error, because outages end. Long jobs run beside them, without a
    pause while there is more to do.
    """
    due_at = timezone.now()

    def run_short(at: datetime) -> timedelta:
        nonlocal due_at
        if at >= due_at:
            run_due_jobs(at)
            due_at = at + RUN_INTERVAL
        if next_change_at := get_next_scheduled_change(at):
            due_at = min(due_at, next_change_at + SAFETY_MARGIN)
        return min(due_at - timezone.now(), POLL_INTERVAL)

    def run_long(at: datetime) -> timedelta:
        _, has_more = run_long_jobs(at)
        return timedelta(0) if has_more else RUN_INTERVAL

    def repeat_long() -> None:
        _repeat(run_long, stop)
        connection.close()

    beside = Thread(target=repeat_long, name="long jobs")
    if _long_jobs:
        beside.start()
    _repeat(run_short, stop)
    if _long_jobs:
        beside.join()


def _repeat(run: Callable[[datetime], timedelta], stop: Event) -> None:
    """Call a function that returns how long to pause, until stopped."""
    while not stop.is_set():
        try:
            pause = run(timezone.now())
        except Exception:
            logger.exception("The jobs could not be run; they are tried again.")
            pause = POLL_INTERVAL
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        stop.wait(max(pause.total_seconds(), 0))


def _leave_heartbeat(name: str, error: str) -> None:
    now = timezone.now()
    run = JobRun(name=name, finished_at=now, error=error)
    changed = ["finished_at", "error"]
    if not error:
        run.succeeded_at = now
        changed.append("succeeded_at")
    JobRun.objects.bulk_create(
        [run], update_conflicts=True, unique_fields=["name"], update_fields=changed
    )


def take_lock(lock_id: int) -> None:
    """Wait for a lock, which the current transaction has until its end.

    On SQLite every transaction is IMMEDIATE, which is the lock already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_id])


@contextmanager
def single_process_lock(name: str, lock_id: int) -> Iterator[bool]:
    """Yield whether this process got the lock, without waiting for it.

    `name` is that of the lock file on SQLite, `lock_id` the PostgreSQL lock.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock_id])
            (is_ours,) = cursor.fetchone()
        try:
            yield is_ours
        finally:
            if is_ours:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [lock_id])
        return
    # SQLite means one machine. The lock ends with the process.
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = True
        except BlockingIOError:
            is_ours = False
        yield is_ours
