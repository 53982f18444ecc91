"""Speed, beside a Django hello-world view under the same gunicorn in the same run.

`make bench` prints a table. Times on a shared machine are noisy: the CPU time of the
worker is measured, in turns, and medians and ratios are given.
"""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

BASE_DIR = Path(__file__).resolve().parents[2]
SIZES = (1_000, 50_000)
HELLO = "stockton_cms.operations.hello"
CARDS_PATH = "/seeded-pages/twenty-cards/"
REQUESTS = 150
# The clock of CPU time ticks every 10 ms, so a quick view needs more of them.
HELLO_REQUESTS = 3_000
ROUNDS = 7

COUNT_QUERIES = f"""
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
client = Client(headers={{"host": "127.0.0.1"}})
client.get("{CARDS_PATH}")
with CaptureQueriesContext(connection) as queries:
    response = client.get("{CARDS_PATH}")
cards = response.content.count(b'class="card"')
print(response.status_code, cards, len(queries))
"""


@dataclass
class Server:
    """A gunicorn with one worker, and the address to ask it for."""

    name: str
    port: int
    path: str
    worker: psutil.Process
    requests: int

    def cpu_ms(self) -> float:
        """Return the worker's CPU time for a request, in ms, over many of them."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        before = sum(self.worker.cpu_times()[:2])
        for _ in range(self.requests):
            connection.request("GET", self.path)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                sys.exit(f"{self.name}: {self.path} answered {response.status}")
        after = sum(self.worker.cpu_times()[:2])
        connection.close()
        return (after - before) * 1000 / self.requests


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_gunicorn(
    environment: dict, application: str, workers: int = 1
) -> Iterator[tuple[psutil.Process, int]]:
    """Start gunicorn for an application; yield its master process and its port.

    It is yielded as soon as it listens, before anything is asked of it.
    """
    port = free_port()
    options = [f"--workers={workers}", "--max-requests=0", f"--bind=127.0.0.1:{port}"]
    master = subprocess.Popen(  # noqa: S603 - our own arguments
        [
            *(sys.executable, "-m", "gunicorn"),
            *("--config", str(BASE_DIR / "deploy" / "gunicorn.conf.py")),
            *options,
            application,
        ],
        env={**os.environ, **environment},
        cwd=BASE_DIR,
    )
    try:
        wait_until_listening(port)
        yield psutil.Process(master.pid), port
    finally:
        master.terminate()
        master.wait(timeout=30)


@contextmanager
def serve(name: str, path: str, environment: dict) -> Iterator[Server]:
    """Serve a settings module with one worker; stop it afterwards."""
    application = "django.core.wsgi:get_wsgi_application()"
    with running_gunicorn(environment, application) as (master, port):
        wait_until_served(port, path)
        [worker] = master.children()
        requests = HELLO_REQUESTS if path == "/" else REQUESTS
        yield Server(name, port, path, worker, requests)


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
        "DEBUG": "false",
        "DJANGO_SETTINGS_MODULE": "stockton_cms.settings",
    }


def manage(environment: dict, *arguments: str, script: str = "") -> str:
    """Run a management command on a site; return what it printed."""
    return subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "manage.py", *arguments],
        env={**os.environ, **environment},
        cwd=BASE_DIR,
        input=script,
        text=True,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout


def build_site(folder: Path, pages: int) -> dict:
    """Make a site with so many pages in a folder; return its settings."""
    environment = site_environment(folder)
    manage(environment, "migrate", "--verbosity=0")
    manage(environment, "example_site")
    manage(environment, "seed_pages", str(pages), "--pictures")
    manage(environment, "collectstatic", "--noinput", "--verbosity=0")
    return environment


def main() -> None:
    """Build the sites, serve them side by side, and print what was measured."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                serve("hello world", "/", {"DJANGO_SETTINGS_MODULE": HELLO})
            )
        ]
        for pages in SIZES:
            print(f"Building a site of {pages:,} pages on SQLite", flush=True)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            environment = build_site(folder, pages)
            counted = manage(
                environment, "shell", "--verbosity=0", script=COUNT_QUERIES
            ).split()
            name = f"section of 20 cards, {pages:,} pages"
            print(
                f"{name}: status {counted[0]}, {counted[1]} cards, "
                f"{counted[2]} queries (bar: 12)"
            )
            servers.append(stack.enter_context(serve(name, CARDS_PATH, environment)))
        print_comparison(measure(servers))


def measure(servers: list[Server]) -> dict[str, list[float]]:
    """Return each server's CPU ms a request, a figure a round, in turns."""
    for server in servers:
        server.cpu_ms()
    figures = {server.name: [] for server in servers}
    for _ in range(ROUNDS):
        for server in servers:
            figures[server.name].append(server.cpu_ms())
    return figures


def print_comparison(figures: dict[str, list[float]]) -> None:
    """Print medians, spreads and ratios."""
    medians = {name: statistics.median(values) for name, values in figures.items()}
    yardstick, small, large = medians.values()
    print(f"\n{'CPU ms a request, uncached':40} median  lowest highest  x hello")
    for name, values in figures.items():
        print(
            f"{name:40} {medians[name]:6.2f} {min(values):7.2f} {max(values):7.2f}"
            f" {medians[name] / yardstick:8.1f}"
        )
    print(f"\nAt {SIZES[0]:,} pages: {small:.2f} ms (bar: 12)")
    print(f"At {SIZES[1]:,} pages: {large / small:.2f} times that (bar: 1.3)")


if __name__ == "__main__":
    main()
