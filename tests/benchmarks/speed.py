"""How fast pages are, beside a Django hello-world view under the same gunicorn.

`make bench` prints tables. Times on a shared machine are noisy: the CPU time of the
worker is measured, in turns, and medians and ratios are given.
"""

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.servers import (
    SIZES,
    Server,
    build_site,
    manage,
    serve,
)

HELLO_SETTINGS = "tests.benchmarks.hello"
HELLO = "hello world"
SECTION_PATH = "/seeded-pages/twenty-cards/"
BROWSER = {"Accept-Encoding": "gzip, deflate, br"}
# The clock of CPU time ticks every 10 ms, so a quick view needs more requests.
QUICK, SLOW = 3_000, 150
ROUNDS = 7

INSIDE = f"""
from datetime import timedelta
import statistics
from time import perf_counter
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from community.models import AlertSnippet
from home import content_version
from home.models import StandardPage

# The version is asked once for many page views.
content_version.SECONDS_BETWEEN_READINGS = 3600
content_version.SECONDS_TO_TRUST_A_READING = 3600
settings.MIDDLEWARE = [n for n in settings.MIDDLEWARE if "page_cache" not in n]
client = Client(headers={{"host": "127.0.0.1"}})

def queries(path):
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    assert response.status_code == 200
    about = [q for q in captured if '"community_alertsnippet"' in q["sql"]]
    return len(captured), len(about), response.content.count(b'class="card"')

def publish(page, number):
    page.title = f"Published {{number}}"
    started = perf_counter()
    page.save_revision().publish()
    return (perf_counter() - started) * 1000

total, about, cards = queries("{SECTION_PATH}")
print("section", total, cards, about)
path = "{SECTION_PATH}"
deep = StandardPage.objects.live().order_by("-depth").first()
now = timezone.now()
times = {{"starts_at": now, "ends_at": now + timedelta(1), "live": True}}
alerts = [AlertSnippet.objects.create(heading=f"{{n}}", **times) for n in range(30)]
print("alerts", *queries(path)[:2], deep.depth, *queries(deep.url)[:2])
for alert in alerts:
    alert.delete()
page = StandardPage.objects.live().order_by("pk")[5]
times = [publish(page, number) for number in range(25)][5:]
print("publish", statistics.median(times), max(times))
# The page cache has nothing for a user.
client.force_login(get_user_model().objects.create_user("visitor"))
print(client.cookies.output([], header="cookie"))
"""


def build(folder: Path, pages: int) -> dict:
    """Build a site, count its queries and time its publishing.

    Returns its environment, and what `INSIDE` prints, by the first word of each line.
    """
    print(f"Building a site of {pages:,} pages on SQLite", flush=True)
    environment = build_site(folder, pages)
    printed = manage(environment, "shell", "--verbosity=0", script=INSIDE)
    lines = [line.split() for line in printed.splitlines() if line]
    return {"environment": environment, **{name: values for name, *values in lines}}


def main() -> None:
    with ExitStack() as stack:
        hello = stack.enter_context(
            serve("/", {"DJANGO_SETTINGS_MODULE": HELLO_SETTINGS})
        )
        servers = [Server(HELLO, hello[0], "/", hello[1], QUICK, BROWSER)]
        sites = {}
        for pages in SIZES:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            site = sites[pages] = build(folder, pages)
            served = stack.enter_context(serve(SECTION_PATH, site["environment"]))
            servers += [
                Server(name, served[0], SECTION_PATH, served[1], requests, headers)
                for name, requests, headers in (
                    (f"section, cached, {pages:,} pages", QUICK, BROWSER),
                    (
                        f"section, made again, {pages:,} pages",
                        SLOW,
                        {"Cookie": site["cookie"][0]},
                    ),
                )
            ]
        times = measure(servers)
    print_table(times)
    print_bars(times, sites)


def measure(servers: list[Server]) -> dict[str, list[float]]:
    """Return each server's CPU ms a request, a figure a round, in turns."""
    for server in servers:
        server.cpu_ms()
    times = {server.name: [] for server in servers}
    for _ in range(ROUNDS):
        for server in servers:
            times[server.name].append(server.cpu_ms())
    return times


def print_table(times: dict[str, list[float]]) -> None:
    """Print medians, spreads and how they compare with hello."""
    yardstick = statistics.median(times[HELLO])
    print(f"\n{'CPU ms a request':36} median  lowest highest  x hello")
    for name, values in times.items():
        median = statistics.median(values)
        print(
            f"{name:36} {median:6.2f} {min(values):7.2f} {max(values):7.2f}"
            f" {median / yardstick:8.2f}"
        )


def print_bars(times: dict[str, list[float]], sites: dict[int, dict]) -> None:
    medians = {name: statistics.median(values) for name, values in times.items()}
    small, large = sites
    made = [medians[f"section, made again, {pages:,} pages"] for pages in sites]
    print()
    for pages, site in sites.items():
        cached = medians[f"section, cached, {pages:,} pages"]
        queries, cards, _ = site["section"]
        print(
            f"{pages:,} pages: cached is {medians[HELLO] / cached:.2f} of the "
            f"speed of hello (bar: 0.90); a section of {cards} cards takes "
            f"{queries} queries (bar: 10)"
        )
        total, about, depth, deep_total, deep_about = site["alerts"]
        print(
            f"  with 30 alerts: {total} queries, {about} of them for alerts; "
            f"{deep_total} and {deep_about} on a page at depth {depth} (bar: 1)"
        )
    print(f"Section made again: {made[0]:.1f} ms of CPU (bar: 10)")
    print(f"  at {large:,} pages {made[1] / made[0]:.2f} times that (bar: 1.3)")
    took, longest = map(float, sites[large]["publish"])
    print(
        f"Publishing at {large:,} pages: {took:.0f} ms, longest {longest:.0f} "
        f"(bar: 100); {took / float(sites[small]['publish'][0]):.2f} times that at "
        f"{small:,}"
    )


if __name__ == "__main__":
    main()
