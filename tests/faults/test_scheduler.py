"""No scheduled job runs: what ends by the clock still ends, and monitors are told."""

import json
import time
from datetime import UTC, datetime

import pytest

from tests.faults.processes import run_command
from tests.faults.readers import Reader

pytestmark = pytest.mark.faults

FAULT = "scheduler not running"
SECONDS_UNTIL_SEEN = 1
HEADING = "Flooding at the riverside car park"
MAKE = f"""
from datetime import timedelta
from django.utils import timezone
from community.models import AlertSnippet
now = timezone.now()
alert = AlertSnippet.objects.create(
    heading="{HEADING}", text="<p>Keep away.</p>", starts_at=now,
    ends_at=now + timedelta(seconds=12),
)
print("ends", alert.ends_at.timestamp())
"""
# As if the clock had gone on.
LET_PASS = """
from datetime import timedelta
from django.utils import timezone
from home.jobs import JobRun
JobRun.objects.update(finished_at=timezone.now() - timedelta(seconds={seconds}))
"""


def test_alert_ends_though_no_job_runs(stack, measured):
    printed = stack.machine.manage("shell", "-v0", script=MAKE)
    ends_at = float(printed.split("ends ")[1].split()[0])
    reader, seen_at = Reader(stack.port), 0.0
    while time.time() < ends_at + 8:
        asked_at = time.time()
        if HEADING in reader.ask("/").text:
            seen_at = asked_at
        time.sleep(0.05)
    late = seen_at - ends_at
    measured(
        FAULT,
        f"an alert ends, behind nginx within {SECONDS_UNTIL_SEEN} s",
        f"last seen {late:+.2f} s after its end"
        f" ({datetime.fromtimestamp(ends_at, UTC):%H:%M:%S})",
    )
    assert seen_at, "the alert was never seen"
    assert -2 < late < SECONDS_UNTIL_SEEN


def test_monitors_are_told_within_five_minutes(stack, measured):
    def jobs_are_running(seconds: int) -> bool:
        stack.machine.manage("shell", "-v0", script=LET_PASS.format(seconds=seconds))
        said = run_command(
            "curl -s http://127.0.0.1:${PORT:-8000}/-/status", **stack.settings
        )
        return json.loads(said.stdout)["jobs"]["running"]

    stack.machine.manage("run_jobs")
    # Four and a half minutes are not too long.
    assert jobs_are_running(270)
    assert not jobs_are_running(301)
    status = Reader(stack.machine.port).ask("/-/status").status
    assert run_command("manage.py run_jobs", **stack.settings).returncode == 0
    said = json.loads(Reader(stack.machine.port).ask("/-/status").text)
    measured(
        FAULT,
        "status degraded within 5 min",
        f"{status} after 5 min and 1 s, jobs running after 4.5 min and after a run",
    )
    assert status == 503
    assert said["jobs"]["running"]
