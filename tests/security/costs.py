"""How the CPU time of reading a text grows with its length."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SHORT, TIMES = 1_000, 4
# What grows with its length takes 4 times as long for 4 times the text; what grows
# with the square of it, 16 times.
MAX_GROWTH = 8
TRIES = 4
# What takes no longer than this is no more than what surrounds it.
NOISE_SECONDS = 50e-6
# What is not over by now will never be.
FOREVER_SECONDS = 3


class ForeverError(Exception):
    """Reading a text takes so long that no one waits for its end."""


def growth(read: Callable[[str], object], short: str, long: str) -> float:
    """Return how many times as long the long text takes; the least of several tries."""
    least = float("inf")
    for _ in range(TRIES):
        try:
            taken = cost(read, long, 2)
        except ForeverError:
            break
        least = min(least, taken / max(cost(read, short, 3), NOISE_SECONDS))
        if least < MAX_GROWTH:
            break
    return least


def cost(read: Callable[[str], object], text: str, times: int) -> float:
    """Return the least CPU time that it takes to read a text, whatever comes of it."""
    least = float("inf")
    with _ended_one_day():
        for _ in range(times):
            start = time.thread_time()
            try:
                read(text)
            except ForeverError:
                raise
            except Exception:  # noqa: S110 - to refuse a text is fine
                pass
            least = min(least, time.thread_time() - start)
    return least


@contextmanager
def _ended_one_day() -> Iterator[None]:
    def end(*_):
        raise ForeverError

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, FOREVER_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
