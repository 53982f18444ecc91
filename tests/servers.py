"""Sites for tests and benchmarks, under gunicorn, and the time they take."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

# Pages of the sites that are compared.
SIZES = (1_000, 50_000)
BASE_DIR = Path(__file__).resolve().parents[1]


@dataclass
class Server:
    """A gunicorn with one worker; what to ask it for, and how often in a round."""

    name: str
    port: int
    path: str
    worker: psutil.Process
    requests: int
    headers: dict[str, str] = field(default_factory=dict)

    def cpu_ms(self) -> float:
        """Return the worker's CPU time for a request, in ms, over many of them."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        before = sum(self.worker.cpu_times()[:2])
        for _ in range(self.requests):
            connection.request("GET", self.path, headers=self.headers)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                sys.exit(f"{self.name}: {self.path} answered {response.status}")
        after = sum(self.worker.cpu_times()[:2])
        connection.close()
        return (after - before) * 1000 / self.requests


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_gunicorn(
    environment: dict, application: str, workers: int = 1, log: IO | None = None
) -> Iterator[tuple[psutil.Process, int]]:
    """Start gunicorn for an application; yield its master process and its port.

    It is yielded as soon as it listens, before anything is asked of it. It writes its
    log to stderr, or to the file that is given.
    """
    port = free_port()
    options = [f"--workers={workers}", "--max-requests=0", f"--bind=127.0.0.1:{port}"]
    master = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn"),
            *("--config", str(BASE_DIR / "deploy" / "gunicorn.conf.py")),
            *options,
            application,
        ],
        env={**os.environ, **environment},
        cwd=BASE_DIR,
        stderr=log,
    )
    try:
        wait_until_listening(port)
        yield psutil.Process(master.pid), port
    finally:
        master.terminate()
        master.wait(timeout=30)


@contextmanager
def serve(path: str, environment: dict) -> Iterator[tuple[int, psutil.Process]]:
    """Serve a settings module until the path is answered; yield port and worker."""
    application = "django.core.wsgi:get_wsgi_application()"
    with running_gunicorn(environment, application) as (master, port):
        wait_until_served(port, path)
        [worker] = master.children()
        yield port, worker


def wait_until_listening(port: int) -> None:
    """Wait until something listens on the port; give up after a minute."""
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("gunicorn did not listen within a minute")


def wait_until_served(port: int, path: str) -> None:
    """Wait until the path is answered with 200; give up after a minute."""
    for _ in range(120):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.5)
    sys.exit(f"gunicorn did not answer for {path} within a minute")


def site_environment(folder: Path) -> dict:
    """Return the settings of a site that keeps all its data in a folder."""
    return {
        "SECRET_KEY": "x" * 50,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "DATA_DIR": str(folder),
        "SITE_URL": "http://127.0.0.1:8000",
        "HTTPS": "false",
        "SECOND_STEP_REQUIRED": "false",
        "DEBUG": "false",
        "DJANGO_SETTINGS_MODULE": "stockton_cms.settings",
    }


def manage(environment: dict, *arguments: str, script: str = "") -> str:
    """Run a management command on a site; return what it printed."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={**os.environ, **environment},
        cwd=BASE_DIR,
        input=script,
        text=True,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout


def add_pages(environment: dict, pages: int) -> None:
    """Add so many pages to a site, each with a picture."""
    subprocess.run(
        [sys.executable, "-m", "tests.page_generator", str(pages), "--pictures"],
        env={**os.environ, **environment},
        cwd=BASE_DIR,
        check=True,
    )


def build_site(folder: Path, pages: int) -> dict:
    """Make a site with so many pages in a folder; return its settings."""
    environment = site_environment(folder)
    manage(environment, "migrate", "--verbosity=0")
    manage(environment, "load_demo_site")
    add_pages(environment, pages)
    manage(environment, "collectstatic", "--noinput", "--verbosity=0")
    return environment
