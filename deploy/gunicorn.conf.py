"""How gunicorn serves the site, here and in production; the environment may differ."""

import itertools
import os
import shutil
import tempfile
from pathlib import Path

from django.conf import settings

# Reading one setting loads them all. Here, so that what `.env` says holds for the lines
# below too, and one that is missing stops us in one line, before there are workers.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stockton_cms.settings")
settings.ALLOWED_HOSTS  # noqa: B018

bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
# No header of a request moves its path, under which pages are stored.
forwarder_headers = ""
timeout = 25
# Cached pages answer most requests, in a fifth of a millisecond; a new worker
# takes seconds to start, and begins without any.
max_requests = 50_000
max_requests_jitter = 5_000
# It would open a socket in the home folder of the person who starts it.
control_socket_disable = True
# No access log; and its own lines, which may quote a request, as the site writes all.
errorlog = "-"
loglevel = "warning"
_lines = {"level": "WARNING", "handlers": ["error_console"]}
logconfig_dict = {
    "root": _lines,
    "loggers": {"gunicorn.error": {**_lines, "propagate": False}},
    "formatters": {
        "generic": {
            "()": "stockton_cms.monitoring.logs.FormatterWithoutPersonalData",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s %(process)d",
        }
    },
}


def on_starting(server):
    """Make the folder in which the workers count together, in memory if possible.

    What is counted is written through `mmap`, by which a full disk would end the worker
    instead of raising an error. systemd removes /run/… with a service that is killed.
    """
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(
        prefix="stockton-cms-metrics-",
        dir=os.environ.get("RUNTIME_DIRECTORY") or memory,
    )


def pre_fork(server, worker):
    """Give each worker a place, so that its counts go on when another takes it."""
    taken = {other.place for other in server.WORKERS.values()}
    worker.place = next(place for place in itertools.count() if place not in taken)


def post_fork(server, worker):
    os.environ["METRICS_PLACE"] = str(worker.place)


def child_exit(server, worker):
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.place)


def on_exit(server):
    shutil.rmtree(os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""), ignore_errors=True)


def post_worker_init(worker):
    """Tell `deploy/release.sh` that a worker answers, by a file that goes with us."""
    if folder := os.environ.get("RUNTIME_DIRECTORY"):
        (Path(folder) / "answers").touch()
