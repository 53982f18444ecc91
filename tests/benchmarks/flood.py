"""5,000 messages in a minute: what is stored of them, and what readers feel of it.

`make flood` serves the example site as in production, with gunicorn's own two workers,
on SQLite and on PostgreSQL, and prints the times of readers without the flood and with
it. What is stored is asserted; the times are only told, as machines differ.
"""

import re
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Process, Queue
from pathlib import Path
from urllib.parse import urlencode

from tests.faults.readers import Reader, Readers, p95_ms, pages_of
from tests.run import postgresql
from tests.servers import (
    manage,
    running_gunicorn,
    site_environment,
    wait_until_served,
)

POSTS, SECONDS, SENDERS = 5_000, 60, 16
# How long readers ask before the flood and after it.
QUIET_SECONDS = 15
LIMITS = {"one address": 10, "5,000 addresses": 100}
COUNT = """
from search.models import Enquiry
print("stored", Enquiry.objects.count(), Enquiry.objects.all().delete()[0])
from home.rate_limits import RateLimitHit
RateLimitHit.objects.all().delete()
"""
FORM = "/cant-find-it/"


def send(port: int, has_many_addresses: bool, results: Queue) -> None:
    """Send all messages within the minute; put what was answered into the queue."""
    page = Reader(port).ask(FORM).text
    shown_at = re.search(r'name="shown_at" value="([^"]+)"', page)[1]
    time.sleep(4)
    started = time.monotonic()

    def flood(first: int) -> Counter:
        reader, seen = Reader(port, timeout=60), Counter()
        for number in range(first, POSTS, SENDERS):
            due = started + number * SECONDS / POSTS
            time.sleep(max(0, due - time.monotonic()))
            words = f"Where is bin {number}? " + "It is not here. " * 50
            # As nginx says it, of whoever has sent this.
            address = f"10.1.{number // 250}.{number % 250}"
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://127.0.0.1:{port}",
                "X-Forwarded-For": address if has_many_addresses else "10.0.0.1",
            }
            body = urlencode({"message": words, "shown_at": shown_at})
            seen[reader.ask(FORM, "POST", body=body, headers=headers).status] += 1
        return seen

    with ThreadPoolExecutor(SENDERS) as pool:
        seen = sum(pool.map(flood, range(SENDERS)), Counter())
    results.put((dict(seen), time.monotonic() - started))


def read(port: int, paths: list[str], seconds: float) -> list:
    """Read public pages for so long; return the answers."""
    with Readers(port, paths, count=4) as readers:
        time.sleep(seconds)
    assert not readers.failed()
    return readers.answers


def measure(database: str, port: int, environment: dict) -> None:
    """Flood the site from one address and from many; print the figures."""
    paths = [*pages_of(port, 20), "/search/?query=food"]
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
            f"{p95_ms(quiet):.1f} ms without, {p95_ms(flooded):.1f} ms with the flood",
            flush=True,
        )
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
