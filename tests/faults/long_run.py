"""Mixed load for half an hour: `python -m tests.faults.long_run --minutes 30`.

Nothing may grow: neither the memory of the workers nor connections, and no one is
answered with 5xx. Prints a line a minute and what came of it; ends with 1 where
something grew or failed. The jobs run beside it, and an officer changes something
every ten seconds.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.readers import Readers, p95_ms
from tests.faults.stack import Stack, running_stack
from tests.servers import BASE_DIR

# Words that some pages have, and some have not.
SEARCHES = [f"/search/?query={word}" for word in ("food", "carers", "grants", "xyzzy")]
OTHERS = [*SEARCHES, "/nowhere/", "/cant-find-it/", "/account/login/", "/sitemap.xml"]
SECONDS_BETWEEN_CHANGES = 10
# A worker's caches fill in the beginning.
SHARE_TO_WARM_UP = 0.3
# From the middle third of what remains to the last; counts are small, and jump.
MAX_GROWTH = {
    "megabytes": 0.1,
    "database_connections": 0.25,
    "sockets": 0.25,
    "files": 0.25,
    "threads": 0.25,
}
# Runs in a process of its own, as commands take seconds to start.
CHANGES = f"""
import time
from django.utils import timezone
from home.content_version import bump_content_version
from home.jobs import run_due_jobs
while True:
    bump_content_version()
    run_due_jobs(timezone.now())
    time.sleep({SECONDS_BETWEEN_CHANGES})
"""


def take_sample(stack: Stack) -> dict[str, float]:
    """Look at the workers and at the database."""
    workers = stack.machine.workers
    return {
        "megabytes": sum(each.memory_info().rss for each in workers) / 2**20,
        "database_connections": stack.database.connections(),
        "sockets": sum(len(each.net_connections()) for each in workers),
        "files": sum(each.num_fds() for each in workers),
        "threads": sum(each.num_threads() for each in workers),
    }


@contextmanager
def changing(stack: Stack) -> Iterator[None]:
    """Change the site every few seconds, and run the jobs."""
    changes = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v0", "-c", CHANGES],
        env={**os.environ, **stack.machine.environment},
        cwd=BASE_DIR,
    )
    try:
        yield
    finally:
        is_running = changes.poll() is None
        changes.terminate()
        changes.wait(timeout=30)
        assert is_running, "the changes ended early"


def growth(values: list[float]) -> float:
    """Return by which share the last third is above the one before."""
    third = max(1, len(values) // 3)
    before = statistics.mean(values[-2 * third : -third])
    return statistics.mean(values[-third:]) / max(before, 1) - 1


def run(stack: Stack, minutes: float) -> bool:
    """Load the site for so long; return whether nothing grew and no one failed."""
    samples, started = [], time.monotonic()
    with (
        changing(stack),
        Readers(stack.port, stack.pages, count=4) as cached,
        Readers(stack.port, OTHERS, count=2, each_a_second=3) as others,
    ):
        while (passed := time.monotonic() - started) < minutes * 60:
            time.sleep(min(20, minutes * 60 / 15))
            samples.append(take_sample(stack))
            print(f"minute {passed / 60:.1f}", samples[-1], flush=True)
    samples = samples[int(len(samples) * SHARE_TO_WARM_UP) :]
    answers = cached.answers + others.answers
    failed = [each for each in answers if each.status == 0 or each.status >= 500]
    grown = {name: growth([each[name] for each in samples]) for name in MAX_GROWTH}
    print(
        f"{len(answers)} answers, {len(failed)} failed; p95 "
        f"{p95_ms(cached.answers):.0f} ms cached, {p95_ms(others.answers):.0f} others"
    )
    print("grown:", ", ".join(f"{name} {share:+.1%}" for name, share in grown.items()))
    return not failed and all(grown[name] < most for name, most in MAX_GROWTH.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    minutes = parser.parse_args().minutes
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        running_stack(Path(folder)) as stack,
    ):
        return int(not run(stack, minutes))


if __name__ == "__main__":
    sys.exit(main())
