"""What load balancers and monitors ask: is it alive, ready, well (O2)."""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from ipaddress import ip_address
from pathlib import Path
from threading import Lock, Thread
from types import SimpleNamespace

from django.apps import apps
from django.conf import settings
from django.core.cache import cache as shared_cache
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from home.content_version import get_content_version
from home.jobs import get_jobs_health
from home.notifications.sending import get_mail_health
from search.engine.index import page_index
from search.log.models import LoggedSearch
from stockton_cms.monitoring.metrics import render_metrics
from stockton_cms.operations.backup.create import LastBackup, get_last_backup

logger = logging.getLogger(__name__)

# How long a caller waits at most. A database that hangs never says so.
SECONDS_TO_WAIT = 4
# Whatever has passed a proxy says so with one of these; a visitor can only add them.
PASSED_ON = (
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
)


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("live\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    is_ready = call_with_timeout({"ready": get_pending_migrations})["ready"] == []
    text, status = ("ready\n", 200) if is_ready else ("not ready\n", 503)
    response = HttpResponse(text, status=status, content_type="text/plain")
    return _unlogged(response)


@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    health = get_health(timezone.now())
    is_well = all(health.parts.values())
    said = {"status": "ok" if is_well else "degraded"}
    if is_internal(request):
        said |= health.as_json()
    return _unlogged(JsonResponse(said, status=200 if is_well else 503))


def _unlogged(response: HttpResponse) -> HttpResponse:
    # Monitors ask each minute: no error in Django's log each time.
    response._has_been_logged = True
    return response


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not is_internal(request):
        raise Http404
    text = render_metrics(get_health(timezone.now()))
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def is_internal(request: HttpRequest) -> bool:
    """Say whether a program of our own asks, directly: no proxy has passed it on.

    So no one from outside is taken for internal, whatever `X-Forwarded-For` says.
    """
    meta = request.META
    if any(name in meta for name in PASSED_ON):
        return False
    try:
        address = ip_address(meta.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.METRICS_ALLOWED_FROM)


@dataclass(frozen=True, eq=False)
class Health:
    """The state of the site at a time, as one of its processes sees it.

    `parts` says of what the site needs whether it is well; `facts` are None while the
    database does not answer. None of it is secret or anyone's words.
    """

    at: datetime
    parts: dict[str, bool]
    facts: SimpleNamespace | None = None
    last_backup: LastBackup | None = None

    def as_json(self) -> dict:
        facts, version = self.facts, page_index.version
        said = {
            "parts": {
                name: "ok" if is_well else "degraded"
                for name, is_well in sorted(self.parts.items())
            },
            "search_index": {"version": version},
            "last_backup": self.last_backup and asdict(self.last_backup),
        }
        if facts:
            newest, jobs = facts.content_version, facts.jobs
            # It catches up when someone searches.
            behind = None if version is None else newest - version
            said["search_index"] |= {"content_version": newest, "behind": behind}
            said["jobs"] = {
                "running": jobs.is_running,
                "last_run_at": jobs.last_run_at,
                "failing": jobs.failing,
            }
            said["mails"] = facts.mails.as_json()
            said["pending_migrations"] = facts.pending_migrations
        return said

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield it for Prometheus; nothing of the database while it does not answer."""
        about = "Whether what the site needs is well, as in /-/status."
        gauges = [("component_up", about, self.parts, "component")]
        if self.last_backup:
            name, about = "last_backup_timestamp_seconds", "When it was made."
            gauges.append((name, about, self.last_backup.made_at.timestamp()))
        if facts := self.facts:
            mails, runs = facts.mails, facts.jobs.runs
            waits = (self.at - mails.since).total_seconds() if mails.since else 0
            failed = {name: bool(run.error) for name, run in runs.items()}
            ended = {
                name: run.succeeded_at.timestamp()
                for name, run in runs.items()
                if run.succeeded_at
            }
            name, pending = "job_last_success_timestamp_seconds", "pending_migrations"
            gauges += [
                ("content_version", "Of the site.", facts.content_version),
                (pending, "Of this code.", len(facts.pending_migrations)),
                ("mails_waiting", "Emails that are due.", mails.waiting),
                ("mails_waiting_seconds", "How long the first of them waits.", waits),
                ("mails_blocked", "Whether none is accepted.", bool(mails.outage)),
                ("searches_1h", "In the last hour.", facts.searches_1h),
                ("searches_without_results_1h", "Part of them.", facts.failed_1h),
                ("job_failing", "Whether a job failed the last time.", failed, "job"),
                (name, "When a job last succeeded.", ended, "job"),
            ]
        for name, about, value, *label in gauges:
            family = GaugeMetricFamily(f"stockton_{name}", about, labels=label)
            for each, number in value.items() if label else [("", value)]:
                family.add_metric([each] if label else [], number)
            yield family


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
    facts, backup = answers.pop("database"), answers.pop("backup")
    parts = {
        "database": facts is not None,
        "search_index": page_index.version is not None,
        **{name: bool(answer) for name, answer in answers.items()},
    }
    if settings.BACKUP_MAX_AGE_HOURS:
        oldest = at - timedelta(hours=settings.BACKUP_MAX_AGE_HOURS)
        parts["backups"] = backup is not None and backup.made_at >= oldest
    if facts:
        parts["jobs"] = facts.jobs.is_well
        parts["migrations"] = not facts.pending_migrations
        parts["mails"] = facts.mails.is_well(at)
    return Health(at, parts, facts, backup)


_under_way: dict[str, Future] = {}
_beginning = Lock()


def call_with_timeout(tasks: dict[str, Callable]) -> dict:
    """Ask all at the same time; return the answers by name, None without one in time.

    Who asks what is being asked already waits for the same answer.
    """
    answers = {}
    with _beginning:
        for name, task in tasks.items():
            answers[name] = _under_way.get(name)
            if answers[name] is None:
                answers[name] = _under_way[name] = Future()
                Thread(target=_ask, args=(name, task), daemon=True).start()
    wait(answers.values(), SECONDS_TO_WAIT)
    return {
        name: answer.result() if answer.done() else None
        for name, answer in answers.items()
    }


def _ask(name: str, task: Callable) -> None:
    result = None
    try:
        result = task()
    except Exception as error:
        # What it says may be nothing for the log.
        logger.warning("The check '%s' failed: %s", name, type(error).__name__)
    connection.close()
    _under_way.pop(name).set_result(result)


def read_facts(at: datetime) -> SimpleNamespace:
    hour_ago = at - timedelta(hours=1)
    searches = LoggedSearch.objects.filter(searched_at__gt=hour_ago, page_number=1)
    return SimpleNamespace(
        jobs=get_jobs_health(at),
        pending_migrations=get_pending_migrations(),
        content_version=get_content_version(),
        mails=get_mail_health(at),
        **searches.aggregate(
            searches_1h=Count("pk"), failed_1h=Count("pk", filter=Q(result_count=0))
        ),
    )


def get_pending_migrations() -> list[str]:
    """Return those of this code that the database has not had, as app.name."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(".".join(each) for each in own_migrations() - applied.keys())


@cache
def own_migrations() -> frozenset[tuple[str, str]]:
    # From the names of files: to read them all takes each process a second and memory.
    return frozenset(
        (config.label, file.stem)
        for config in apps.get_app_configs()
        for file in Path(config.path, "migrations").glob("[!_~]*.py")
    )


def media_store_answers() -> bool:
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
    # Its errors are otherwise silent.
    shared_cache.set("health", 1, timeout=10)
    return shared_cache.get("health") == 1
