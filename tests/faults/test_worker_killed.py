"""Workers are killed under load: behind nginx no one who reads notices."""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.faults.processes import run_command
from tests.faults.readers import Reader, Readers, longest, p95_ms, seconds_until_well

pytestmark = pytest.mark.faults

FAULT = "worker killed"
KILLS, SECONDS_BETWEEN, WORKERS = 20, 1, 2
FORM, MESSAGE = "/cant-find-it/", "Where may I take a broken kettle?"
# Longer than a new worker takes to start on a busy machine.
LONGEST = 60
# Both read the enquiries, for which a lock makes them wait.
ANSWER = "/cant-find-it/answers/ABCD-EFGH/"
COUNT = f"""
from search.models import Enquiry
print("stored", Enquiry.objects.filter(message="{MESSAGE}").count())
"""


def kill_all_workers(machine) -> None:
    """Kill all of them, whatever they are doing."""
    for worker in machine.workers:
        worker.kill()


def is_serving(worker) -> bool:
    """Say whether a worker has started: it watches for connections."""
    files = Path(f"/proc/{worker.pid}/fd")
    watching = [each for each in files.iterdir() if "eventpoll" in os.readlink(each)]
    return any(
        "tfd" in (files.parent / "fdinfo" / each.name).read_text() for each in watching
    )


def wait_until_all_serve(machine) -> None:
    """Let another worker start, which takes long on a busy machine."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        time.sleep(0.2)
        try:
            serving = [each for each in machine.workers if is_serving(each)]
        except OSError:
            # The dead one was still there.
            continue
        if len(serving) == WORKERS:
            return
    pytest.fail("no new worker has started")


def wait_until_well(machine) -> None:
    """Leave the site as it was."""
    wait_until_all_serve(machine)
    assert seconds_until_well(machine.port, ["/-/ready"], most=60) < LONGEST


def test_twenty_kills_under_load(stack, measured):
    """Beside cached pages, what is made for each visitor again."""
    machine = stack.machine
    paths = [*stack.pages, FORM, "/robots.txt", "/search/?query=food"]
    with (
        Readers(stack.port, paths, count=4) as readers,
        Readers(machine.port, [FORM], count=4, each_a_second=5) as bare,
    ):
        wait_until_all_serve(machine)
        for _ in range(KILLS):
            time.sleep(SECONDS_BETWEEN)
            machine.kill_worker()
            wait_until_all_serve(machine)
    assert run_command(
        "curl -s http://127.0.0.1:${PORT:-8000}/-/live", **stack.settings
    ).stdout.startswith("live")
    failed, answers = readers.failed(), readers.answers
    measured(
        FAULT,
        f"{KILLS} kills under load: no failed GET behind nginx",
        f"{len(failed)} of {len(answers)} failed, p95 {p95_ms(answers):.0f} ms, "
        f"longest {longest(answers):.1f} s (without nginx "
        f"{len(bare.failed())} of {len(bare.answers)} failed)",
    )
    assert not failed, failed[:3]
    # Without nginx someone notices.
    assert bare.failed()


def test_request_that_a_killed_worker_was_answering(stack, measured):
    """What is read is asked for again; what is sent is not, and is not half done."""
    machine, reader = stack.machine, Reader(stack.port)
    page = reader.ask(FORM).text
    shown_at = re.search(r'name="shown_at" value="([^"]+)"', page)[1]
    # No one fills in a form faster.
    time.sleep(4)
    body = urlencode({"message": MESSAGE, "shown_at": shown_at})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"http://127.0.0.1:{stack.port}",
    }
    with ThreadPoolExecutor() as threads:
        with stack.database.locked("search_enquiry"):
            reading = threads.submit(Reader(stack.port).ask, ANSWER)
            bare = threads.submit(Reader(machine.port).ask, ANSWER)
            sending = threads.submit(
                reader.ask, FORM, "POST", body=body, headers=headers
            )
            time.sleep(1)
            kill_all_workers(machine)
        read, sent, lost = reading.result(), sending.result(), bare.result()
    wait_until_well(machine)
    stored = int(machine.manage("shell", "-v0", script=COUNT).split("stored ")[1])
    measured(
        FAULT,
        "a GET that it was answering is answered by another; a POST is not sent twice",
        f"GET {read.status} after {read.seconds:.1f} s; POST {sent.status} after "
        f"{sent.seconds:.1f} s, {stored} stored; without nginx the GET is lost",
    )
    # There is no such answer, and that is what the visitor is told.
    assert read.status == 404
    # The page of nginx for when no one answers.
    assert sent.status in {502, 503}
    assert stored == 0
    assert lost.status == 0
