"""What one machine carries: the CPU time of each kind of request, and a mixed load.

`make capacity` runs the example site with 5,000 more pages as in production, nginx,
gunicorn and PostgreSQL on this machine, and prints two tables: what a request of each
kind costs all of them together, and what visitors wait at growing loads. Whoever sends
the load shares the machine, so a machine that only serves carries more.
"""

import http.client
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

import psutil
import psycopg

from tests.deployment import Deployment, deployed_site
from tests.run import postgresql
from tests.servers import add_pages

PAGES = 5_000
# For each kind; the clock of CPU time ticks every 10 ms.
REQUESTS = 400
# Asked before, so that each worker of gunicorn has made and kept what it can.
WARMING = 100
SECONDS_TO_SETTLE = 20
# Visits in a second that are tried, each for so long, from so many connections.
LOADS, LOAD_SECONDS, SENDERS = (50, 100, 200, 400, 800, 1_600), 20, 16
# Of 100 requests of residents, how many are of each kind.
MIX = {"page": 84, "search": 10, "suggestions": 5, "page made anew": 1}
WORDS = [
    "food",
    "bank",
    "warm",
    "space",
    "grant",
    "volunteer",
    "youth",
    "club",
    "bins",
    "housing",
    "parking",
    "dementia",
    "carers",
    "library",
    "allotment",
    "advice",
    "debt",
    "transport",
    "jobs",
    "training",
]
OFFICER = """
from django.contrib.auth import get_user_model
from django.test import Client
client = Client()
client.force_login(get_user_model().objects.create_superuser("capacity"))
print("cookie", client.cookies.output([], header="").strip())
# Neither nginx nor the page cache has anything for a user.
visitor = Client()
visitor.force_login(get_user_model().objects.create_user("visitor"))
print("visitor", visitor.cookies.output([], header="").strip())
from home.models import StandardPage
print("page", StandardPage.objects.live().order_by("-pk").first().pk)
"""


@dataclass(frozen=True)
class Kind:
    """What is asked, in turn, of which port and with which headers."""

    name: str
    port: int
    paths: Iterator[str]
    headers: dict[str, str]


def connect(port: int) -> http.client.HTTPConnection:
    """Return a connection that is kept for many requests."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def ask(connection, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """Return the status and the body; nginx takes each for somebody else's request."""
    address = f"10.{random.randrange(250)}.{random.randrange(250)}.1"
    connection.request("GET", path, headers={"X-Real-IP": address, **headers})
    response = connection.getresponse()
    return response.status, response.read()


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """Return the CPU time that the processes have used so far."""
    return sum(sum(each.cpu_times()[:2]) for each in processes if each.is_running())


def serving_processes(site: Deployment) -> list[psutil.Process]:
    """Return gunicorn's processes, nginx's and PostgreSQL's."""
    found = psutil.Process(site.machines[0].gunicorn.pid).children(recursive=True)
    names = ("nginx", "postgres")
    return found + [
        each for each in psutil.process_iter(["name"]) if each.info["name"] in names
    ]


def cost(site: Deployment, kind: Kind) -> tuple[float, float]:
    """Return the CPU ms and the median ms of one request of a kind."""
    connection, times = connect(kind.port), []
    for _ in range(WARMING):
        ask(connection, next(kind.paths), kind.headers)
    processes = serving_processes(site)
    before = cpu_seconds(processes)
    for _ in range(REQUESTS):
        started = time.perf_counter()
        status, _ = ask(connection, next(kind.paths), kind.headers)
        times.append((time.perf_counter() - started) * 1000)
        if status != 200:
            sys.exit(f"{kind.name} answered {status}")
    used = cpu_seconds(processes) - before
    return used * 1000 / REQUESTS, statistics.median(times)


def searches() -> Iterator[str]:
    """Yield searches in residents' words, none of them twice."""
    chooser = random.Random(1)
    for number in count():
        words = " ".join(chooser.sample(WORDS, 2))
        yield f"/search/?query={quote_plus(f'{words} {number}')}"


def suggestions() -> Iterator[str]:
    """Yield what the search box asks while somebody types."""
    for number, word in enumerate(cycle(WORDS)):
        yield f"/search/suggestions/?query={word[: 2 + number % 4]}"


def kinds(site: Deployment, paths: list[str], printed: str) -> list[Kind]:
    """Return what is measured, from the cheapest to the dearest."""
    cookie = {"Cookie": re.search(r"cookie (\S+)", printed)[1]}
    page = re.search(r"page (\d+)", printed)[1]
    nginx, gunicorn = site.port, site.machines[0].port
    return [
        Kind("page, kept by nginx", nginx, cycle(["/"]), {}),
        Kind("page, kept by the application", gunicorn, cycle(paths[:10]), {}),
        Kind("page, made anew", nginx, cycle(paths), past_caches(printed)),
        Kind("suggestions", nginx, suggestions(), {}),
        Kind("search", nginx, searches(), {}),
        Kind("admin: list of pages", nginx, cycle(["/admin/pages/"]), cookie),
        Kind("admin: editor", nginx, cycle([f"/admin/pages/{page}/edit/"]), cookie),
    ]


def past_caches(printed: str) -> dict[str, str]:
    """Return the headers of a request whose page is made for it."""
    return {"Cookie": re.search(r"visitor (\S+)", printed)[1]}


def send(
    port: int, paths: list[str], rate: float, sender: int, uncached: dict[str, str]
) -> list[tuple]:
    """Ask at an even rate, whether answers come or not; return status and seconds."""
    chooser, answers, connection = random.Random(sender), [], connect(port)
    streams = {"search": searches(), "suggestions": suggestions()}
    for _ in range(sender * 1_000):
        next(streams["search"])
    started = time.monotonic()
    for number in range(int(rate * LOAD_SECONDS)):
        [kind] = chooser.choices(list(MIX), MIX.values())
        # Most visitors want the same few pages.
        path = paths[min(int(chooser.paretovariate(0.6)) - 1, len(paths) - 1)]
        path = next(streams[kind]) if kind in streams else path
        headers = uncached if kind == "page made anew" else {}
        due = started + number / rate
        time.sleep(max(0, due - time.monotonic()))
        status, _ = ask(connection, path, headers)
        # From when it was due, so that a queue counts as waiting.
        answers.append((status, time.monotonic() - due))
    return answers


def load(
    site: Deployment, paths: list[str], rate: int, pool: Callable, uncached: dict
) -> bool:
    """Send a mixed load and print what it took; return whether it was carried."""
    processes = serving_processes(site)
    before, started = cpu_seconds(processes), time.monotonic()
    futures = [
        pool.submit(send, site.port, paths, rate / SENDERS, number, uncached)
        for number in range(SENDERS)
    ]
    answers = [each for future in futures for each in future.result()]
    taken = time.monotonic() - started
    times = [seconds * 1000 for _, seconds in answers]
    hundredths = statistics.quantiles(times, n=100)
    cores = (cpu_seconds(processes) - before) / taken
    print(
        f"| {rate:,} | {len(answers) / taken:,.0f} | {statistics.median(times):.1f} | "
        f"{hundredths[94]:.1f} | {hundredths[98]:.1f} | {cores:.2f} | "
        f"{dict(Counter(status for status, _ in answers))} |",
        flush=True,
    )
    return hundredths[94] < 1_000


def settle(address: str) -> None:
    """Wait until all that follows so many new pages is done, as after a night."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    time.sleep(SECONDS_TO_SETTLE)


def main() -> None:
    """Build the site, serve it and print both tables."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgresql() as address,
        deployed_site(Path(folder), address) as site,
    ):
        add_pages(site.machines[0].environment, PAGES)
        settle(address)
        sitemap = ask(connect(site.port), "/sitemap.xml", {})[1].decode()
        found = re.findall(r"<loc>(.*?)</loc>", sitemap)
        paths = [urlsplit(each).path for each in found]
        print(f"{len(paths):,} pages\n\n| request | CPU ms | ms |\n| --- | --- | --- |")
        printed = site.machines[0].manage("shell", "--verbosity=0", script=OFFICER)
        for kind in kinds(site, paths, printed):
            used, waited = cost(site, kind)
            print(f"| {kind.name} | {used:.2f} | {waited:.1f} |", flush=True)
        print(
            "\n| asked a second | answered | median ms | p95 | p99 | cores | status |"
        )
        print("| --- | --- | --- | --- | --- | --- | --- |")
        with ProcessPoolExecutor(SENDERS) as pool:
            for rate in LOADS:
                if not load(site, paths, rate, pool, past_caches(printed)):
                    break


if __name__ == "__main__":
    main()
