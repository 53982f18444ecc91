"""What is counted for Prometheus: no words, addresses, paths or names of anyone (O2).

Workers count in files of the folder that `deploy/gunicorn.conf.py` makes, so any
worker answers for all of them.
"""

import os
import sys
from collections.abc import Callable
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
from prometheus_client.multiprocess import MultiProcessCollector

from search.engine.index import page_index

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
COUNT_PAGE = {
    result: PAGE_CACHE.labels(result).inc
    for result in ("hit", "stale", "miss", "bypass")
}
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

AREAS = {"wagtail_serve": "page", "search": "search", "search_suggestions": "search"}
SECONDS_BETWEEN_SAMPLES = 5


class MetricsMiddleware:
    """Counts and times what the page cache passes on; cached pages cost too little."""

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
        is_usual = request.method in {"GET", "HEAD", "POST"}
        method = request.method if is_usual else "other"
        REQUESTS.labels(route, method, f"{response.status_code // 100}xx").inc()
        is_admin = request.path_info.startswith("/admin/")
        area = "admin" if is_admin else AREAS.get(route, "other")
        SECONDS.labels(area).observe(now - started)
        if now - self._sampled_at > SECONDS_BETWEEN_SAMPLES:
            self._sampled_at = now
            take_sample()
        return response


def take_sample() -> None:
    # For whichever worker is asked.
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


def render_metrics(*collectors) -> bytes:
    """Return what all workers have counted, and what these collect."""
    registry = CollectorRegistry()
    if FOLDER:
        MultiProcessCollector(registry, FOLDER)
    else:
        registry.register(REGISTRY)
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)
