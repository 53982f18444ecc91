"""How fast search is: `python -m tests.benchmarks.search_speed`.

Sites of 1,000 and of 50,000 pages on SQLite, each behind gunicorn with two workers, are
asked the same searches in turns. Times are noisy on a shared machine, so p95s and their
ratio are printed beside their bars, and nothing fails.
"""

import json
import random
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

from tests.faults.readers import Answer, Reader, p95_ms
from tests.servers import (
    SIZES,
    build_site,
    manage,
    running_gunicorn,
    wait_until_served,
)

SEARCHES = 300
WORKERS = 2
BARS = """
Bars: page p95 at 50,000 at most 3 times that at 1,000 and under 60 ms; engine p95 under
5 ms; first search after the start under 5 s; a new page found by every worker within
1 s; at most 200 MB more memory for each worker."""

# Run by processes of their own: times of the engine in ms, its words, a new page.
ENGINE = """
import json, sys, time
from django.utils import timezone
from search.engine.filters import SearchRequest
from search.engine.index import page_index
page_index.catch_up()
times = []
for query in json.loads('''{queries}'''):
    start = time.perf_counter()
    page_index.search(SearchRequest(query), timezone.now())
    times.append((time.perf_counter() - start) * 1000)
print(json.dumps(times))
"""
WORDS = """
import json
from search.engine.index import page_index
terms = page_index.catch_up().searcher.terms_with_prefix("words", "")
print(json.dumps([term for term, _ in terms[:400] if len(term) > 3]))
"""
PUBLISH = """
from home.models import HomePage, StandardPage
page = StandardPage(title="Quokka {number}", slug="quokka-{number}")
HomePage.objects.first().add_child(instance=page)
"""


def make_queries(words: list[str]) -> list[str]:
    """Return searches of one to five words, some misspelt, half-typed or questions."""
    chance = random.Random(4)
    queries = []
    for number in range(SEARCHES):
        chosen = chance.sample(words, chance.choice([1, 1, 2, 2, 3, 5]))
        if number % 5 == 0:
            place = chance.randrange(1, len(chosen[0]))
            chosen[0] = chosen[0][:place] + chosen[0][place + 1 :]
        elif number % 5 == 1:
            chosen[-1] = chosen[-1][:5]
        elif number % 5 == 2:
            chosen = ["how", "do", "i", "get", "a", *chosen]
        queries.append(" ".join(chosen))
    return queries


def search(port: int, query: str) -> Answer:
    """Search over a connection of its own, so that any worker may answer."""
    return Reader(port).ask("/search/?" + urlencode({"query": query}))


def shell(environment: dict, script: str):
    """Return what a script prints in a process of the site, read as JSON if it is."""
    printed = manage(environment, "shell", "--verbosity=0", script=script)
    return json.loads(printed) if printed.strip() else None


def measure_start(port: int, size: int) -> None:
    """Print how long the first search takes, and until none is degraded any more.

    Counted from when a worker answers at all; Django itself takes seconds to start.
    """

    def is_degraded(answer: Answer) -> bool:
        return "not fully working" in answer.text

    wait_until_served(port, "/-/live")
    start = time.perf_counter()
    first = search(port, "community")
    while sum(is_degraded(search(port, "community")) for _ in range(8)):
        time.sleep(0.1)
    ready = time.perf_counter() - start
    kind = "from titles alone" if is_degraded(first) else "from the index"
    print(
        f"{size:,} pages: first search after the start {first.seconds:.2f} s, {kind}; "
        f"all workers have the index after {ready:.1f} s"
    )


def measure_publishing(port: int, environment: dict, size: int) -> None:
    """Print when the last worker found a page, counted from its publication."""
    last_miss, found = 0.0, 0
    shell(environment, PUBLISH.format(number=size))
    start = time.perf_counter()
    while found < 40:
        if f"quokka-{size}" in search(port, f"quokka {size}").text:
            found += 1
        else:
            last_miss, found = time.perf_counter() - start, 0
    print(f"{size:,} pages: last search that missed a new page {last_miss:.2f} s after")


def main() -> None:
    """Build the sites, serve them side by side, and print what was measured."""
    with ExitStack() as stack:
        sites, queries = {}, []
        for size in SIZES:
            print(f"Building a site of {size:,} pages on SQLite", flush=True)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            environment = build_site(folder, size)
            queries = queries or make_queries(shell(environment, WORDS))
            gunicorn = running_gunicorn(environment, "stockton_cms.wsgi", WORKERS)
            _, port = sites[size] = stack.enter_context(gunicorn)
            measure_start(port, size)
            measure_publishing(port, environment, size)
            engine = shell(environment, ENGINE.format(queries=json.dumps(queries)))
            print(
                f"{size:,} pages: engine median {statistics.median(engine):.1f} ms, "
                f"p95 {statistics.quantiles(engine, n=20)[-1]:.1f} ms, "
                f"longest {max(engine):.1f} ms"
            )
        answers = {size: [] for size in SIZES}
        for query in queries:
            for size, (_, port) in sites.items():
                answers[size].append(search(port, query))
        megabytes = [
            max(worker.memory_info().rss for worker in master.children()) / 1e6
            for master, _ in sites.values()
        ]
    small, large = (p95_ms(answers[size]) for size in SIZES)
    print(f"Page p95: {small:.1f} and {large:.1f} ms, {large / small:.2f} times")
    more = megabytes[1] - megabytes[0]
    print(f"Memory of a worker: {more:.0f} MB more at {SIZES[1]:,} pages")
    print(BARS)


if __name__ == "__main__":
    main()
