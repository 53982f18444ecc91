"""What one machine carries: the CPU time of each kind of request, and a mixed load.

`make capacity` runs the example site with 5,000 more pages as in production, nginx,
gunicorn and PostgreSQL on this machine, and prints two tables: what a request of each
kind costs all of them together, and what visitors wait at growing loads. Whoever sends
the load shares the machine, so a machine that only serves carries more.
"""

import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import count, cycle
from pathlib import Path
from urllib.parse import quote_plus

import psutil
import psycopg

from tests.deployment import Deployment, deployed_site
from tests.faults.readers import Answer, Reader, pages_of
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
    *("food", "bank", "warm", "space", "grant", "volunteer", "youth", "club", "bins"),
    *("housing", "parking", "dementia", "carers", "library", "allotment", "advice"),
    *("debt", "transport", "jobs", "training"),
]
# Neither nginx nor the page cache has anything for a user.
SIGN_IN = """
from django.contrib.auth import get_user_model
from django.test import Client
from home.models import StandardPage
for user in (
    get_user_model().objects.create_superuser("capacity"),
    get_user_model().objects.create_user("visitor"),
):
    client = Client()
    client.force_login(user)
    print(client.cookies.output([], header="").strip())
print(StandardPage.objects.live().order_by("-pk").first().pk)
"""


def ask(reader: Reader, path: str, cookie: str = "") -> Answer:
    """Ask for a path; nginx takes each for someone else's request."""
    address = f"10.{random.randrange(250)}.{random.randrange(250)}.1"
    cookies = {"Cookie": cookie} if cookie else {}
    return reader.ask(path, headers={"X-Real-IP": address, **cookies})


def serving_processes(site: Deployment) -> list[psutil.Process]:
    """Return gunicorn's processes, nginx's and PostgreSQL's."""
    gunicorn = psutil.Process(site.machines[0].gunicorn.pid)
    names, others = {"nginx", "postgres"}, psutil.process_iter(["name"])
    others = [each for each in others if each.info["name"] in names]
    return gunicorn.children(recursive=True) + others


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """Return the CPU time that the processes have used so far."""
    return sum(sum(each.cpu_times()[:2]) for each in processes if each.is_running())


def searches() -> Iterator[str]:
    """Yield searches in residents' words, none of them twice."""
    chooser = random.Random(1)
    for number in count():
        words = " ".join(chooser.sample(WORDS, 2))
        yield f"/search/?query={quote_plus(f'{words} {number}')}"


def suggestions() -> Iterator[str]:
    """Yield what the search box asks while someone types."""
    for number, word in enumerate(cycle(WORDS)):
        yield f"/search/suggestions/?query={word[: 2 + number % 4]}"


def print_cost(site: Deployment, name: str, port: int, paths, cookie: str) -> None:
    """Print the CPU ms and the median ms of one request of a kind."""
    reader = Reader(port)
    for _ in range(WARMING):
        ask(reader, next(paths), cookie)
    processes = serving_processes(site)
    before = cpu_seconds(processes)
    answers = [ask(reader, next(paths), cookie) for _ in range(REQUESTS)]
    used = cpu_seconds(processes) - before
    if {answer.status for answer in answers} != {200}:
        sys.exit(f"{name} was not always answered")
    waited = statistics.median(answer.seconds for answer in answers)
    print(
        f"| {name} | {used * 1000 / REQUESTS:.2f} | {waited * 1000:.1f} |", flush=True
    )


def send(port: int, paths: list[str], rate: float, sender: int, cookie: str) -> list:
    """Ask at an even rate, whether answers come or not; return status and seconds."""
    chooser, answers, reader = random.Random(sender), [], Reader(port)
    streams = {"search": searches(), "suggestions": suggestions()}
    for _ in range(sender * 1_000):
        next(streams["search"])
    started = time.monotonic()
    for number in range(int(rate * LOAD_SECONDS)):
        [kind] = chooser.choices(list(MIX), MIX.values())
        # Most visitors want the same few pages.
        path = paths[min(int(chooser.paretovariate(0.6)) - 1, len(paths) - 1)]
        path = next(streams[kind]) if kind in streams else path
        due = started + number / rate
        time.sleep(max(0, due - time.monotonic()))
        status = ask(reader, path, cookie if kind == "page made anew" else "").status
        # From when it was due, so that a queue counts as waiting.
        answers.append((status, time.monotonic() - due))
    return answers


def is_carried(site: Deployment, paths: list[str], rate: int, pool, cookie) -> bool:
    """Send a mixed load and print what it took."""
    processes = serving_processes(site)
    before, started = cpu_seconds(processes), time.monotonic()
    futures = [
        pool.submit(send, site.port, paths, rate / SENDERS, number, cookie)
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


def main() -> None:
    """Build the site, serve it and print both tables."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgresql() as address,
        deployed_site(Path(folder), address) as site,
        ProcessPoolExecutor(SENDERS) as pool,
    ):
        machine, nginx = site.machines[0], site.port
        add_pages(machine.environment, PAGES)
        # Let all that follows so many new pages be done, as after a night.
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        time.sleep(SECONDS_TO_SETTLE)
        paths = pages_of(nginx, count=None)
        said = machine.manage("shell", "-v0", script=SIGN_IN).splitlines()
        officer, visitor, page = (line.split(";")[0] for line in said[-3:])
        print(f"{len(paths):,} pages\n\n| request | CPU ms | ms |\n| --- | --- | --- |")
        # From the cheapest to the dearest.
        for name, port, asked, cookie in (
            ("page, kept by nginx", nginx, cycle(["/"]), ""),
            ("page, kept by the application", machine.port, cycle(paths[:10]), ""),
            ("page, made anew", nginx, cycle(paths), visitor),
            ("suggestions", nginx, suggestions(), ""),
            ("search", nginx, searches(), ""),
            ("admin: list of pages", nginx, cycle(["/admin/pages/"]), officer),
            ("admin: editor", nginx, cycle([f"/admin/pages/{page}/edit/"]), officer),
        ):
            print_cost(site, name, port, asked, cookie)
        print(
            "\n| asked a second | answered | median ms | p95 | p99 | cores | status |"
            "\n| --- | --- | --- | --- | --- | --- | --- |"
        )
        for rate in LOADS:
            if not is_carried(site, paths, rate, pool, visitor):
                break


if __name__ == "__main__":
    main()
