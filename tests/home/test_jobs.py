import logging
import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from home import jobs
from home.jobs import (
    JobRun,
    get_jobs_health,
    register_job,
    run_due_jobs,
    run_jobs_until,
    run_long_jobs,
)

NOW = timezone.now()
in_real_transactions = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def no_jobs(monkeypatch, db):
    monkeypatch.setattr(jobs, "_jobs", {})
    monkeypatch.setattr(jobs, "_long_jobs", {})


def on_another_connection(run, at):
    def run_and_close():
        try:
            run(at)
        finally:
            connection.close()

    thread = threading.Thread(target=run_and_close)
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_jobs_run_in_order_and_one_that_fails_is_named_and_stops_no_other(
    no_jobs, caplog
):
    order = []

    def fail(at):
        raise ValueError("the reason")

    register_job("long", is_long=True)(lambda at: order.append("long"))
    register_job("broken")(fail)
    register_job("quick")(lambda at: order.append("quick"))
    register_job("broken long", is_long=True)(fail)
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(CommandError, match="broken, broken long"),
    ):
        call_command("run_jobs")
    assert order == ["quick", "long"]
    assert "'broken'" in caplog.text
    assert "the reason" in caplog.text
    assert get_jobs_health(timezone.now()).failing == ["broken", "broken long"]
    run = JobRun.objects.get(name="broken")
    # An error message may contain personal data.
    assert (run.error, run.succeeded_at) == ("ValueError", None)
    register_job("broken")(lambda at: None)
    register_job("broken long", is_long=True)(lambda at: None)
    call_command("run_jobs")
    assert get_jobs_health(timezone.now()).is_well
    assert JobRun.objects.count() == 4


@pytest.mark.parametrize("is_long", [False, True])
def test_nothing_runs_twice_at_once_and_no_one_waits(is_long, no_jobs):
    run = run_long_jobs if is_long else run_due_jobs
    times = []

    def run_elsewhere(at):
        times.append(at)
        on_another_connection(run, at)

    register_job("one", is_long=is_long)(run_elsewhere)
    run(NOW)
    assert times == [NOW]


@in_real_transactions
def test_no_other_process_gets_its_turn_after_a_failure(no_jobs, caplog):
    """Returning a broken connection would release the lock with it."""
    times = []

    def ask_for_nothing(at):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing")

    def run_elsewhere(at):
        times.append(at)
        if len(times) == 1:
            on_another_connection(run_due_jobs, at)

    register_job("one")(ask_for_nothing)
    register_job("two")(run_elsewhere)
    assert run_due_jobs(NOW) == ["one"]
    assert times == [NOW]


def test_jobs_count_as_stopped_five_minutes_after_their_heartbeat(no_jobs):
    """A long job that is silent counts as failing, and not as a sign of life."""
    register_job("short")(lambda at: None)
    register_job("long", is_long=True)(lambda at: None)
    with time_machine.travel(NOW, tick=False):
        run_long_jobs(NOW)
        assert get_jobs_health(NOW).last_run_at is None
        assert not get_jobs_health(NOW).is_running
        run_due_jobs(NOW)
    before, after = (
        get_jobs_health(NOW + timedelta(seconds=seconds)) for seconds in (299, 301)
    )
    assert before.is_well
    assert before.last_run_at == after.last_run_at == NOW
    assert (after.is_running, after.failing) == (False, ["long"])


class Stop:
    """A fake stop event whose waits pass at once."""

    def __init__(self, traveller, until):
        self.traveller, self.until, self.pauses = traveller, until, []

    def is_set(self):
        return timezone.now() >= self.until

    def wait(self, seconds):
        self.pauses.append(seconds)
        self.traveller.shift(seconds)


@pytest.fixture
def serve_for(no_jobs, monkeypatch):
    def serve(seconds, change=None):
        monkeypatch.setattr(
            jobs,
            "get_next_scheduled_change",
            lambda at: change if change and change > at else None,
        )
        with time_machine.travel(NOW, tick=False) as traveller:
            stop = Stop(traveller, NOW + timedelta(seconds=seconds))
            run_jobs_until(stop)
        return stop

    return serve


def test_service_runs_the_jobs_every_minute_and_at_scheduled_changes(serve_for):
    times = []
    register_job("one")(times.append)
    stop = serve_for(130)
    assert times == [NOW + timedelta(minutes=each) for each in range(3)]
    # It sleeps, and looks now and then for what has become due sooner.
    assert max(stop.pauses) == 5
    times.clear()
    change = NOW + timedelta(seconds=17.3)
    serve_for(40, change)
    assert times[0] == NOW
    assert change <= times[1] <= change + timedelta(seconds=0.1)
    assert len(times) == 2


def test_service_goes_on_while_the_database_is_away(serve_for, monkeypatch, caplog):
    times = []

    def run(at):
        times.append(at)
        if len(times) == 1:
            raise OperationalError("gone")

    monkeypatch.setattr(jobs, "run_due_jobs", run)
    serve_for(30)
    assert times == [NOW, NOW + timedelta(seconds=5)]
    assert "they are tried again" in caplog.text


@in_real_transactions
def test_no_job_waits_for_a_long_one_in_the_service(no_jobs):
    stop, is_under_way, may_end = (threading.Event() for _ in range(3))
    has_more = [True, False]

    def take_long(at):
        is_under_way.set()
        assert may_end.wait(timeout=20)
        # It is called again at once.
        if more := has_more.pop(0):
            return more
        return stop.set()

    def look(at):
        # Comes to an end only if both run at the same time.
        assert is_under_way.wait(timeout=20)
        may_end.set()

    register_job("long", is_long=True)(take_long)
    register_job("short")(look)
    run_jobs_until(stop)
    results = JobRun.objects.values_list("name", "error")
    assert set(results) == {("long", ""), ("short", "")}
    assert has_more == []
