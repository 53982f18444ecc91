"""What the site needs to be well, asked in bounded time (O2)."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from threading import Lock, Thread
from time import monotonic

from django.apps import apps
from django.conf import settings
from django.core.cache import cache as shared_cache
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Q

from home.content_version.counter import get_content_version
from home.jobs import JobsHealth, get_jobs_health
from home.notifications.sending import MailHealth, get_mail_health
from search.engine.index import page_index
from search.log.models import LoggedSearch
from stockton_cms.operations.backup.delivery import LastBackup, get_last_backup

logger = logging.getLogger(__name__)

# How long a caller waits at most. A database that hangs never says so.
SECONDS_TO_WAIT = 4
RECENT = timedelta(hours=1)


@dataclass(frozen=True)
class DatabaseFacts:
    """The state of the site, read from the database."""

    jobs: JobsHealth
    pending_migrations: list[str]
    content_version: int
    mails: MailHealth
    searches_1h: int
    searches_without_results_1h: int


@dataclass(frozen=True)
class Health:
    """The state of the site at a time, as one of its processes sees it.

    `facts` are None while the database does not answer, `has_cache` where there is no
    shared cache to answer.
    """

    at: datetime
    facts: DatabaseFacts | None
    has_media: bool
    has_cache: bool | None
    last_backup: LastBackup | None
    index_version: int | None

    @property
    def parts(self) -> dict[str, bool]:
        """What the site needs, by name, and whether it is well."""
        facts = self.facts
        parts = {
            "database": facts is not None,
            "media": self.has_media,
            "search_index": self.index_version is not None,
        }
        if self.has_cache is not None:
            parts["shared_cache"] = self.has_cache
        if settings.BACKUP_MAX_AGE_HOURS:
            oldest = self.at - timedelta(hours=settings.BACKUP_MAX_AGE_HOURS)
            last = self.last_backup
            parts["backups"] = last is not None and last.made_at >= oldest
        if facts:
            parts["jobs"] = facts.jobs.is_well
            parts["migrations"] = not facts.pending_migrations
            parts["mails"] = facts.mails.is_well(self.at)
        return parts

    @property
    def is_well(self) -> bool:
        return all(self.parts.values())

    def as_json(self) -> dict:
        """Return all of it for operators; it holds no secrets and no one's words."""
        last = self.last_backup
        said = {
            "status": "ok" if self.is_well else "degraded",
            "parts": {
                name: "ok" if is_well else "degraded"
                for name, is_well in sorted(self.parts.items())
            },
            "search_index": {"version": self.index_version},
            "last_backup": last
            and {"made_at": last.made_at, "bytes": last.bytes, "to": last.to},
        }
        if self.facts:
            said |= self._facts_as_json(self.facts)
        return said

    def _facts_as_json(self, facts: DatabaseFacts) -> dict:
        version = self.index_version
        return {
            "jobs": {
                "running": facts.jobs.is_running,
                "last_run_at": facts.jobs.last_run_at,
                "failing": facts.jobs.failing,
            },
            "mails": facts.mails.as_json(),
            "pending_migrations": facts.pending_migrations,
            "search_index": {
                "version": version,
                "content_version": facts.content_version,
                # It catches up when someone searches.
                "behind": None if version is None else facts.content_version - version,
            },
        }


def get_health(at: datetime) -> Health:
    """Ask all that the site needs at once; never raises, nor waits for long."""
    tasks = {
        "database": lambda: read_facts(at),
        "media": media_store_answers,
        "backup": get_last_backup,
    }
    if settings.CACHE_URL:
        tasks["cache"] = shared_cache_answers
    answers = call_with_timeout(tasks)
    return Health(
        at=at,
        facts=answers.get("database"),
        has_media=answers.get("media", False),
        has_cache=answers.get("cache", False) if settings.CACHE_URL else None,
        last_backup=answers.get("backup"),
        index_version=page_index.version,
    )


class Check(Thread):
    """A question in a thread of its own, whose answer may never come."""

    def __init__(self, name: str, task: Callable):
        super().__init__(name=f"check {name}", daemon=True)
        self._key, self._task = name, task
        # The answer, once there is one.
        self.answers = []

    def run(self) -> None:
        """Ask; an error is no answer, and may hold what must not be in the log."""
        try:
            self.answers.append(self._task())
        except Exception as error:
            kind = type(error).__name__
            logger.warning("The check '%s' failed: %s", self._key, kind)
        finally:
            _under_way.pop(self._key, None)
            connection.close()


_under_way: dict[str, Check] = {}
_beginning = Lock()


def call_with_timeout(tasks: dict[str, Callable]) -> dict:
    """Ask all at the same time; return the answers that have come in time, by name.

    Who asks what someone else is asking already waits for the same answer, so that
    what hangs is asked once.
    """
    checks = {}
    with _beginning:
        for name, task in tasks.items():
            checks[name] = _under_way.get(name)
            if checks[name] is None:
                checks[name] = _under_way[name] = Check(name, task)
                checks[name].start()
    deadline = monotonic() + SECONDS_TO_WAIT
    for check in checks.values():
        check.join(max(0, deadline - monotonic()))
    return {name: check.answers[0] for name, check in checks.items() if check.answers}


def read_facts(at: datetime) -> DatabaseFacts:
    """Read the state of the site from the database, with a few quick queries."""
    searches = LoggedSearch.objects.filter(searched_at__gt=at - RECENT, page_number=1)
    counts = searches.aggregate(
        all=Count("pk"), in_vain=Count("pk", filter=Q(result_count=0))
    )
    return DatabaseFacts(
        jobs=get_jobs_health(at),
        pending_migrations=get_pending_migrations(),
        content_version=get_content_version(),
        mails=get_mail_health(at),
        searches_1h=counts["all"],
        searches_without_results_1h=counts["in_vain"],
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
    found = set()
    for config in apps.get_app_configs():
        package, _ = MigrationLoader.migrations_module(config.label)
        try:
            folders = import_module(package).__path__ if package else []
        except ModuleNotFoundError:
            continue
        found |= {
            (config.label, module.name)
            for module in iter_modules(folders)
            if not module.ispkg and module.name[0] not in "_~"
        }
    return frozenset(found)


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
