"""Visitors of a deployed site who go on reading, and what they are given."""

import http.client
import itertools
import re
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event
from urllib.parse import urlsplit

HOST = "127.0.0.1"
# What stands for an answer where the connection broke.
BROKEN = 0


@dataclass(frozen=True)
class Answer:
    """What one request was answered; `seconds` from asking until all was there."""

    path: str
    asked_at: float
    seconds: float
    status: int
    headers: dict = field(default_factory=dict)
    text: str = ""

    def without_text(self) -> "Answer":
        """Return it without the page, of which there may be thousands."""
        return self if self.status >= 400 else replace(self, text="")


class Reader:
    """One visitor, who keeps the connection for as long as the site does."""

    def __init__(self, port: int, timeout: float = 40):
        self._connection = http.client.HTTPConnection(HOST, port, timeout=timeout)

    def ask(self, path: str, method: str = "GET", **options) -> Answer:
        """Ask for a path; return the answer, also where there is none."""
        started, asked_at = time.perf_counter(), time.monotonic()
        try:
            self._connection.request(method, path, **options)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            seconds = time.perf_counter() - started
            return Answer(path, asked_at, seconds, BROKEN, text=repr(error))
        seconds = time.perf_counter() - started
        headers, text = dict(response.headers), body.decode(errors="replace")
        return Answer(path, asked_at, seconds, response.status, headers, text)


class Readers:
    """So many visitors who read some paths in turn, each so often a second.

    with Readers(site.port, paths) as readers:
        ...
    assert not readers.failed()
    """

    def __init__(
        self,
        port: int,
        paths,
        count: int = 2,
        each_a_second: float = 10,
        timeout: float = 40,
    ):
        self.answers: list[Answer] = []
        self._port, self._paths, self._timeout = port, paths, timeout
        self._count, self._pause = count, 1 / each_a_second
        self._stop = Event()
        self._threads = ThreadPoolExecutor(count)

    def __enter__(self):
        self._reading = [
            self._threads.submit(self._read, number) for number in range(self._count)
        ]
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._threads.shutdown()
        for reading in self._reading:
            reading.result()

    def _read(self, number: int) -> None:
        reader = Reader(self._port, self._timeout)
        for path in itertools.islice(itertools.cycle(self._paths), number, None):
            self.answers.append(reader.ask(path).without_text())
            if self._stop.wait(self._pause):
                return

    def failed(self) -> list[Answer]:
        """Return the answers that are not what was asked for."""
        return [each for each in self.answers if each.status != 200]

    def statuses(self) -> dict[int, int]:
        return dict(Counter(each.status for each in self.answers))


def p95_ms(answers: list[Answer]) -> float:
    """Return what 95 of 100 wait at most, in ms."""
    return 1000 * statistics.quantiles([each.seconds for each in answers], n=20)[-1]


def longest(answers: list[Answer]) -> float:
    return max(each.seconds for each in answers)


def pages_of(port: int, count: int = 12) -> list[str]:
    """Return the paths of so many public pages, by the sitemap."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    connection.request("GET", "/sitemap.xml")
    sitemap = connection.getresponse().read().decode()
    connection.close()
    found = [urlsplit(each).path for each in re.findall("<loc>(.*?)</loc>", sitemap)]
    return found[:count]


def warm(ports, paths: list[str]) -> None:
    """Read the pages until every server and nginx has kept them."""
    for port, path in itertools.product(ports, paths):
        for _ in range(3):
            answer = Reader(port).ask(path)
            assert answer.status == 200, (path, answer.status)


def seconds_until_well(port: int, paths, most: float, in_a_row: int = 8) -> float:
    """Return how long it takes until all paths are answered without a fault again.

    And go on being so for two seconds, as each worker finds out for itself.
    """
    began, since, well = time.monotonic(), 0.0, 0
    while well < in_a_row and time.monotonic() - began < most:
        # A connection each, so that every worker is asked.
        answers = [Reader(port).ask(path) for path in paths]
        if all(0 < each.status < 500 for each in answers):
            since = since if well else time.monotonic() - began
            well += 1
        else:
            well = 0
        time.sleep(0.25)
    return since if well == in_a_row else float("inf")
