"""5,000 messages in a minute: what is stored of them, and what readers feel of it.

`make flood` serves the example site as in production, with gunicorn's own two workers,
on SQLite and on PostgreSQL, and prints the times of readers without the flood and with
it. What is stored is asserted; the times are only told, as machines differ.
"""

import http.client
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from multiprocessing import Process, Queue
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.run import postgresql
from tests.servers import (
    manage,
    running_gunicorn,
    site_environment,
    wait_until_served,
)

POSTS, SECONDS, SENDERS = 5_000, 60, 16
# Readers before the flood and after it, and how often they ask.
QUIET_SECONDS, READERS, READS_A_SECOND = 15, 4, 40
LIMITS = {"one address": 10, "5,000 addresses": 100}
COUNT = """
from search.models import Enquiry
print("stored", Enquiry.objects.count(), Enquiry.objects.all().delete()[0])
from home.rate_limits import RateLimitHit
RateLimitHit.objects.all().delete()
"""
FORM = "/cant-find-it/"


def ask(connection, method: str, path: str, **options) -> tuple[int, bytes, float]:
    """Return the status, the body and the seconds until it was there."""
    started = time.perf_counter()
    connection.request(method, path, **options)
    response = connection.getresponse()
    body = response.read()
    return response.status, body, time.perf_counter() - started


def connect(port: int) -> http.client.HTTPConnection:
    """Return a connection that is kept for many requests, as nginx keeps them."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def on_time(number: int, count: int, seconds: float, started: float) -> None:
    """Wait until one of so many, spread over so many seconds, is due."""
    time.sleep(max(0, started + number * seconds / count - time.monotonic()))


def send(port: int, has_many_addresses: bool, results: Queue) -> None:
    """Send all messages within the minute; put what was answered into the queue."""
    page = ask(connect(port), "GET", FORM)[1].decode()
    shown_at = re.search(r'name="shown_at" value="([^"]+)"', page)[1]
    time.sleep(4)
    started = time.monotonic()

    def flood(first: int) -> Counter:
        connection, seen = connect(port), Counter()
        for number in range(first, POSTS, SENDERS):
            on_time(number, POSTS, SECONDS, started)
            words = f"Where is bin {number}? " + "It is not here. " * 50
            # As nginx says it, of whoever has sent this.
            address = f"10.1.{number // 250}.{number % 250}"
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://127.0.0.1:{port}",
                "X-Forwarded-For": address if has_many_addresses else "10.0.0.1",
            }
            body = urlencode({"message": words, "shown_at": shown_at})
            status = ask(connection, "POST", FORM, body=body, headers=headers)[0]
            seen[status] += 1
        return seen

    with ThreadPoolExecutor(SENDERS) as pool:
        seen = sum(pool.map(flood, range(SENDERS)), Counter())
    results.put((dict(seen), time.monotonic() - started))


def read(port: int, paths: list[str], seconds: float) -> list[float]:
    """Read public pages for so long; return how many ms each has taken."""
    started, count = time.monotonic(), int(seconds * READS_A_SECOND)

    def reader(first: int) -> list[float]:
        connection, times = connect(port), []
        for number in range(first, count, READERS):
            on_time(number, count, seconds, started)
            status, _, taken = ask(connection, "GET", paths[number % len(paths)])
            if status != 200:
                sys.exit(f"A reader got {status}")
            times.append(taken * 1000)
        return times

    with ThreadPoolExecutor(READERS) as pool:
        return list(chain.from_iterable(pool.map(reader, range(READERS))))


def p95(times: list[float]) -> float:
    """Return what 95 of 100 readers wait at most, in ms."""
    return statistics.quantiles(times, n=20)[-1]


def measure(database: str, port: int, environment: dict) -> None:
    """Flood the site from one address and from many; print the figures."""
    sitemap = ask(connect(port), "GET", "/sitemap.xml")[1].decode()
    found = [urlsplit(each).path for each in re.findall(r"<loc>(.*?)</loc>", sitemap)]
    paths = [*found[:20], "/search/?query=food"]
    read(port, paths, 5)
    for source, limit in LIMITS.items():
        quiet = read(port, paths, QUIET_SECONDS)
        results = Queue()
        sender = Process(target=send, args=[port, source != "one address", results])
        sender.start()
        time.sleep(5)
        flooded = read(port, paths, SECONDS - 2)
        answered, taken = results.get(timeout=300)
        sender.join()
        quiet += read(port, paths, QUIET_SECONDS)
        printed = manage(environment, "shell", "--verbosity=0", script=COUNT)
        stored = int(printed.split("stored ")[1].split()[0])
        print(
            f"{database}, {POSTS:,} messages in {taken:.0f} s from {source}: "
            f"{answered}, {stored} stored (at most {limit}); readers' p95 "
            f"{p95(quiet):.1f} ms without, {p95(flooded):.1f} ms with the flood "
            f"(median {statistics.median(quiet):.1f} and "
            f"{statistics.median(flooded):.1f})",
            flush=True,
        )
        # All were judged, and so many let in.
        assert sum(answered.values()) == POSTS, answered
        assert 0 < stored <= limit, stored


def flood(database: str, folder: str, address: str = "") -> None:
    """Build the example site on a database, serve it and measure."""
    environment = site_environment(Path(folder)) | {"BEHIND_TLS_PROXY": "true"}
    if address:
        environment["DATABASE_URL"] = address
    manage(environment, "migrate", "--verbosity=0")
    manage(environment, "load_demo_site")
    manage(environment, "collectstatic", "--noinput", "--verbosity=0")
    site = (environment, "stockton_cms.wsgi", 2)
    # What is refused is in the log, line by line.
    with (
        Path(folder, "log").open("w") as log,
        running_gunicorn(*site, log) as (_, port),
    ):
        wait_until_served(port, "/")
        measure(database, port, environment)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        flood("SQLite", folder)
    with tempfile.TemporaryDirectory() as folder, postgresql() as address:
        flood("PostgreSQL", folder, address)
