"""What is counted for Prometheus: no words, addresses, paths or names of anyone (O2).

Workers count in files of the folder that `deploy/gunicorn.conf.py` makes, so any
worker answers for all of them.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

from django.core.signals import got_request_exception
from django.db import Error
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from search.engine.index import page_index
from stockton_cms.monitoring.health_checks import Health

FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
PLACE = os.environ.get("METRICS_PLACE", "0")
if FOLDER:
    # By place and not by process: who takes it over goes on counting in its files.
    values.ValueClass = values.MultiProcessValue(lambda: PLACE)

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "stockton_requests",
    "Requests that were not answered with a cached page, by the name of their route.",
    ["route", "method", "status"],
    registry=REGISTRY,
)
SECONDS = Histogram(
    "stockton_request_seconds",
    "Seconds until the answer to such a request was there.",
    ["area"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
PAGE_CACHE = Counter(
    "stockton_page_cache",
    "Requests by what the page cache did.",
    ["result"],
    registry=REGISTRY,
)
# Finding a counter by its labels takes longer than counting.
count_hit, count_stale, count_miss, count_bypass = (
    PAGE_CACHE.labels(result).inc for result in ("hit", "stale", "miss", "bypass")
)
DATABASE_ERRORS = Counter(
    "stockton_database_errors",
    "Requests that failed because of the database, by kind of error.",
    ["kind"],
    registry=REGISTRY,
)
MEMORY = Gauge(
    "stockton_process_resident_memory_bytes",
    "Memory of a worker, when it last did more than give out a cached page.",
    registry=REGISTRY,
    multiprocess_mode="liveall",
)
INDEX_VERSION = Gauge(
    "stockton_search_index_version",
    "Content version that a worker's search index is at; -1 before it is built.",
    registry=REGISTRY,
    multiprocess_mode="liveall",
)

METHODS = frozenset({"GET", "HEAD", "POST"})
AREAS = {"wagtail_serve": "page", "search": "search", "search_suggestions": "search"}
SECONDS_BETWEEN_SAMPLES = 5


class MetricsMiddleware:
    """Counts and times what the page cache passes on.

    It never sees cached pages: timing them would cost a twentieth of what they take.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        self._sampled_at = float("-inf")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = monotonic()
        response = self.get_response(request)
        now = monotonic()
        match = request.resolver_match
        # Files, and redirects to https, are answered before anyone looks for a route.
        route = match.view_name if match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, f"{response.status_code // 100}xx").inc()
        is_admin = request.path_info.startswith("/admin/")
        area = "admin" if is_admin else AREAS.get(route, "other")
        SECONDS.labels(area).observe(now - started)
        if now - self._sampled_at > SECONDS_BETWEEN_SAMPLES:
            self._sampled_at = now
            take_sample()
        return response


def take_sample() -> None:
    """Record the state of this process, for whichever worker is asked."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
        MEMORY.set(int(pages) * os.sysconf("SC_PAGE_SIZE"))
    except OSError:
        pass  # No Linux.
    version = page_index.version
    INDEX_VERSION.set(-1 if version is None else version)


@receiver(got_request_exception, dispatch_uid="database-errors")
def count_database_error(sender, **kwargs) -> None:
    error = sys.exc_info()[1]
    if isinstance(error, Error):
        DATABASE_ERRORS.labels(type(error).__name__).inc()


def render_metrics(health: Health) -> bytes:
    registry = CollectorRegistry()
    if FOLDER:
        MultiProcessCollector(registry, FOLDER)
    else:
        registry.register(REGISTRY)
    registry.register(HealthCollector(health))
    return generate_latest(registry)


class HealthCollector:
    def __init__(self, health: Health):
        self._health = health

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, samples in get_samples(self._health).items():
            help_text, *labels = GAUGES[name]
            family = GaugeMetricFamily(f"stockton_{name}", help_text, labels=labels)
            for label, sample in samples.items() if labels else [(None, samples)]:
                family.add_metric([label] if labels else [], sample)
            yield family


# What the gauges of the site mean, and the label of those that have one.
GAUGES = {
    "component_up": (
        "Whether what the site needs is well, as in /-/status.",
        "component",
    ),
    "last_backup_timestamp_seconds": ("When the last backup was made.",),
    "content_version": ("Content version of the site.",),
    "pending_migrations": ("Migrations of this code that the database has not had.",),
    "mails_waiting": ("Emails that are due.",),
    "mails_waiting_seconds": ("How long the first of them waits.",),
    "mails_blocked": ("Whether the mail server accepts no emails.",),
    "searches_1h": ("Searches in the last hour.",),
    "searches_without_results_1h": ("Those of them without results.",),
    "job_failing": ("Whether a job failed the last time.", "job"),
    "job_last_success_timestamp_seconds": ("When a job last succeeded.", "job"),
}


def get_samples(health: Health) -> dict[str, float | dict[str, float]]:
    """Return the value of each gauge, by its label where it has one.

    There are none of the database while it is unavailable.
    """
    samples = {"component_up": health.parts}
    if health.last_backup:
        made_at = health.last_backup.made_at
        samples["last_backup_timestamp_seconds"] = made_at.timestamp()
    if facts := health.facts:
        mails, runs = facts.mails, facts.jobs.runs.values()
        waits = (health.at - mails.since).total_seconds() if mails.since else 0
        samples |= {
            "content_version": facts.content_version,
            "pending_migrations": len(facts.pending_migrations),
            "mails_waiting": mails.waiting,
            "mails_waiting_seconds": waits,
            "mails_blocked": bool(mails.outage),
            "searches_1h": facts.searches_1h,
            "searches_without_results_1h": facts.searches_without_results_1h,
            "job_failing": {run.name: bool(run.error) for run in runs},
            "job_last_success_timestamp_seconds": {
                run.name: run.succeeded_at.timestamp()
                for run in runs
                if run.succeeded_at
            },
        }
    return samples
