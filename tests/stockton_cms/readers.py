"""Visitors who read and write all the while, and notice whatever goes wrong."""

import hashlib
import random
import re
from collections import Counter
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Event, Lock, Thread
from time import perf_counter
from typing import NamedTuple
from urllib.parse import quote

STATIC_FILE = re.compile(r'(?:href|src)="(/static/[^"?#]+)"')
STYLE_SHEET = re.compile(r'href="(/static/css/base\.([0-9a-f]{12})\.css)"')
WORDS = ("food", "council", "partnership", "grants", "young people", "volunteer")
# As many as share a connection before someone else comes, from another address.
REQUESTS_OF_A_VISITOR = 40
# Leaves the machine something for the site, which is the one to be tried.
PAUSE = 0.02
POSTED = {
    "Origin": "http://127.0.0.1",
    "Content-Type": "application/x-www-form-urlencoded",
}


class Ask(NamedTuple):
    kind: str
    method: str
    path: str
    headers: dict[str, str]


class Readers:
    """Many visitors, on a few connections at a time that stay open."""

    def __init__(self, port: int, paths: list[str], page_ids: list[int], at_once: int):
        self.port = port
        self.paths = paths
        self.page_ids = page_ids
        self.seen = Counter()
        self.failures = Counter()
        self.style_sheets = Counter()
        self.slowest = 0.0
        # Of which release the last page was.
        self.last_style_sheet = ""
        self._static_files: set[str] = set()
        self._addresses = count(2)
        self._lock = Lock()
        self._end = Event()
        self._threads = [Thread(target=self._read, args=[n]) for n in range(at_once)]

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    @property
    def requests(self) -> int:
        return self.seen.total()

    def _read(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self._end.is_set():
            with self._lock:
                number = next(self._addresses)
            # Each has an address of their own, as forms are limited by address.
            source = f"127.{number // 250 % 250}.{number % 250 + 1}.7"
            connection = HTTPConnection(
                "127.0.0.1", self.port, timeout=40, source_address=(source, 0)
            )
            # Everyone says once whether a page was useful.
            asks = [self._choose(chance) for _ in range(REQUESTS_OF_A_VISITOR)]
            page = chance.choice(self.page_ids)
            asks[20] = Ask("form", "POST", f"/was-this-page-useful/{page}/", POSTED)
            for ask in asks:
                if self._end.wait(PAUSE) or not self._ask(connection, ask):
                    break
            connection.close()

    def _choose(self, chance: random.Random) -> Ask:
        what = chance.random()
        if what < 0.12:
            word = f"{chance.choice(WORDS)} {chance.randrange(1000)}"
            return Ask("search", "GET", f"/search/?query={quote(word)}", {})
        with self._lock:
            static_files = sorted(self._static_files)
        if what < 0.26 and static_files:
            return Ask("static", "GET", chance.choice(static_files), {})
        # For anyone who has this nothing is stored: the application makes the page.
        made = {"Cookie": "sessionid=none"} if what < 0.41 else {}
        return Ask("page", "GET", chance.choice(self.paths), made)

    def _ask(self, connection: HTTPConnection, ask: Ask) -> bool:
        """Ask, and note what came of it; say whether the connection is still there."""
        body = "useful=yes" if ask.method == "POST" else None
        started = perf_counter()
        try:
            connection.request(
                ask.method, ask.path, body, {"Host": "127.0.0.1", **ask.headers}
            )
            response = connection.getresponse()
            text = response.read()
        except (OSError, HTTPException) as error:
            self._note(ask, started, f"{ask.kind}: {type(error).__name__}")
            return False
        problem = self._look(ask.method, ask.path, response, text)
        self._note(ask, started, problem and f"{ask.kind}: {problem}")
        return True

    def _look(self, method: str, path: str, response, text: bytes) -> str:
        """Return what is wrong with an answer; empty if nothing is."""
        if response.status != (302 if method == "POST" else 200):
            return str(response.status)
        if response.getheader("X-Cache") == "STALE":
            return "stale, as the application did not answer"
        if path.startswith("/static/"):
            digest = hashlib.md5(text, usedforsecurity=False).hexdigest()
            return "" if f".{digest[:12]}." in path else "not whole"
        if method == "POST":
            return ""
        page = text.decode()
        found = STYLE_SHEET.search(page)
        if not found or "</html>" not in page:
            return "not whole"
        with self._lock:
            self.style_sheets[found[2]] += 1
            self.last_style_sheet = found[2]
            self._static_files.update(STATIC_FILE.findall(page))
        return ""

    def _note(self, ask: Ask, started: float, problem: str) -> None:
        with self._lock:
            self.seen[ask.kind] += 1
            self.slowest = max(self.slowest, perf_counter() - started)
            if problem:
                self.failures[problem] += 1
