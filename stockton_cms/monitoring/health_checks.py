"""What the site needs to be well, asked in bounded time (O2)."""

import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from threading import Lock, Thread

from django.apps import apps
from django.conf import settings
from django.core.cache import cache as shared_cache
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Q

from home.content_version import get_content_version
from home.jobs import JobsHealth, get_jobs_health
from home.notifications.sending import MailHealth, get_mail_health
from search.engine.index import page_index
from search.log.models import LoggedSearch
from stockton_cms.operations.backup.create import LastBackup, get_last_backup

logger = logging.getLogger(__name__)

# How long a caller waits at most. A database that hangs never says so.
SECONDS_TO_WAIT = 4
RECENT = timedelta(hours=1)


@dataclass(frozen=True)
class DatabaseFacts:
    jobs: JobsHealth
    pending_migrations: list[str]
    content_version: int
    mails: MailHealth
    searches_1h: int
    searches_without_results_1h: int


@dataclass(frozen=True)
class Health:
    """The state of the site at a time, as one of its processes sees it.

    `parts` says of what the site needs whether it is well; `facts` are None while the
    database does not answer.
    """

    at: datetime
    parts: dict[str, bool]
    facts: DatabaseFacts | None = None
    last_backup: LastBackup | None = None
    index_version: int | None = None

    @property
    def is_well(self) -> bool:
        return all(self.parts.values())


def get_health(at: datetime) -> Health:
    """Ask all that the site needs at once; never raises, nor waits for long."""
    tasks = {
        "database": partial(read_facts, at),
        "media": media_store_answers,
        "backup": get_last_backup,
    }
    if settings.CACHE_URL:
        tasks["shared_cache"] = shared_cache_answers
    answers = call_with_timeout(tasks)
    facts, last_backup = answers.get("database"), answers.get("backup")
    parts = {
        "database": facts is not None,
        "media": answers.get("media", False),
        "search_index": page_index.version is not None,
    }
    if settings.CACHE_URL:
        parts["shared_cache"] = answers.get("shared_cache", False)
    if settings.BACKUP_MAX_AGE_HOURS:
        oldest = at - timedelta(hours=settings.BACKUP_MAX_AGE_HOURS)
        parts["backups"] = last_backup is not None and last_backup.made_at >= oldest
    if facts:
        parts["jobs"] = facts.jobs.is_well
        parts["migrations"] = not facts.pending_migrations
        parts["mails"] = facts.mails.is_well(at)
    return Health(at, parts, facts, last_backup, page_index.version)


_under_way: dict[str, Future] = {}
_beginning = Lock()


def call_with_timeout(tasks: dict[str, Callable]) -> dict:
    """Ask all at the same time; return the answers that have come in time, by name.

    Who asks what someone else is asking already waits for the same answer, so that
    what hangs is asked once.
    """
    answers = {}
    with _beginning:
        for name, task in tasks.items():
            answers[name] = _under_way.get(name)
            if answers[name] is None:
                answers[name] = _under_way[name] = Future()
                asked = (name, task, answers[name])
                Thread(target=_ask, args=asked, daemon=True).start()
    in_time, _ = wait(answers.values(), SECONDS_TO_WAIT)
    return {
        name: answer.result()
        for name, answer in answers.items()
        if answer in in_time and not answer.exception()
    }


def _ask(name: str, task: Callable, answer: Future) -> None:
    """Ask; an error is no answer, and may hold what must not be in the log."""
    try:
        result = task()
    except Exception as error:
        logger.warning("The check '%s' failed: %s", name, type(error).__name__)
        done = partial(answer.set_exception, error)
    else:
        done = partial(answer.set_result, result)
    del _under_way[name]
    connection.close()
    done()


def read_facts(at: datetime) -> DatabaseFacts:
    searches = LoggedSearch.objects.filter(searched_at__gt=at - RECENT, page_number=1)
    return DatabaseFacts(
        jobs=get_jobs_health(at),
        pending_migrations=get_pending_migrations(),
        content_version=get_content_version(),
        mails=get_mail_health(at),
        **searches.aggregate(
            searches_1h=Count("pk"),
            searches_without_results_1h=Count("pk", filter=Q(result_count=0)),
        ),
    )


def get_pending_migrations() -> list[str]:
    """Return the migrations of this code that the database has not had, as app.name.

    Those that it has had and this code does not know are newer code's, and no fault.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(".".join(each) for each in own_migrations() - applied.keys())


@cache
def own_migrations() -> frozenset[tuple[str, str]]:
    """Return app and name of each migration, from the names of files alone.

    Django's loader reads them all, which takes every process a second and memory.
    """
    return frozenset(
        (config.label, file.stem)
        for config in apps.get_app_configs()
        for file in Path(config.path, "migrations").glob("[!_~]*.py")
    )


def media_store_answers() -> bool:
    """Say whether files can be stored; raises what the store raises."""
    try:
        folder = Path(default_storage.path(""))
    except NotImplementedError:
        # It is no folder, but a service that says no, or raises an error.
        default_storage.exists("health")
        return True
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


def shared_cache_answers() -> bool:
    """Say whether the cache stores values; its errors are otherwise silent."""
    shared_cache.set("health", 1, timeout=10)
    return shared_cache.get("health") == 1
