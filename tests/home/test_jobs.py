import logging
import signal
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
    register_long_job,
    run_due_jobs,
    run_jobs_until,
    run_long_jobs,
)
from stockton_cms.management.commands.run_jobs import stopped_by_signal

NOW = timezone.now()


@pytest.fixture
def no_jobs(monkeypatch, db):
    monkeypatch.setattr(jobs, "_jobs", {})
    monkeypatch.setattr(jobs, "_slow_jobs", set())
    monkeypatch.setattr(jobs, "_long_jobs", {})


def fail(at):
    raise ValueError("the reason")


def test_each_job_gets_the_time(no_jobs):
    times = []
    register_job("one")(times.append)
    register_job("two")(times.append)
    assert run_due_jobs(NOW) == []
    assert times == [NOW, NOW]


def test_what_is_slow_runs_after_all_others(no_jobs):
    order = []
    register_job("slow", is_slow=True)(lambda at: order.append("slow"))
    register_job("quick")(lambda at: order.append("quick"))
    run_due_jobs(NOW)
    assert order == ["quick", "slow"]


def test_a_failing_job_is_logged_and_does_not_stop_the_others(no_jobs, caplog):
    times = []
    register_job("the broken one")(fail)
    register_job("the other one")(times.append)
    with caplog.at_level(logging.ERROR):
        assert run_due_jobs(NOW) == ["the broken one"]
    assert times == [NOW]
    assert "the broken one" in caplog.text
    assert "the reason" in caplog.text


def test_the_command_ends_with_an_error_that_names_what_failed(no_jobs, caplog):
    register_job("the broken one")(fail)
    with pytest.raises(CommandError, match="the broken one"):
        call_command("run_jobs")


def test_nothing_runs_twice_at_once_and_nobody_waits(no_jobs):
    times = []

    def run_elsewhere(at):
        times.append(at)
        thread = threading.Thread(target=run_on_another_connection)
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive()

    def run_on_another_connection():
        try:
            assert run_due_jobs(NOW) == []
        finally:
            connection.close()

    register_job("one")(run_elsewhere)
    assert run_due_jobs(NOW) == []
    assert times == [NOW]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_no_other_process_gets_its_turn_after_a_failure(no_jobs, caplog):
    """Returning a broken connection would release the lock with it."""
    times = []

    def ask_for_nothing(at):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing")

    def run_elsewhere(at):
        times.append(at)
        if len(times) > 1:
            return
        thread = threading.Thread(target=run_on_another_connection)
        thread.start()
        thread.join(timeout=10)

    def run_on_another_connection():
        try:
            run_due_jobs(NOW)
        finally:
            connection.close()

    register_job("one")(ask_for_nothing)
    register_job("two")(run_elsewhere)
    assert run_due_jobs(NOW) == ["one"]
    assert times == [NOW]


def test_jobs_that_have_never_run_are_not_running(no_jobs):
    register_job("one")(lambda at: None)
    state = get_jobs_health(NOW)
    assert (state.last_run_at, state.is_running, state.is_well) == (None, False, False)


@pytest.mark.parametrize(("seconds", "is_running"), [(299, True), (301, False)])
def test_jobs_count_as_stopped_five_minutes_after_their_heartbeat(
    seconds, is_running, no_jobs
):
    register_job("one")(lambda at: None)
    with time_machine.travel(NOW, tick=False):
        run_due_jobs(NOW)
    state = get_jobs_health(NOW + timedelta(seconds=seconds))
    assert (state.last_run_at, state.is_running) == (NOW, is_running)
    assert state.is_well is is_running


def test_failing_job_is_named_until_it_succeeds_again(no_jobs, caplog):
    register_job("the other one")(lambda at: None)
    register_job("the broken one")(fail)
    run_due_jobs(NOW)
    assert get_jobs_health(timezone.now()).failing == ["the broken one"]
    run = JobRun.objects.get(name="the broken one")
    # An error message may contain personal data.
    assert (run.error, run.succeeded_at) == ("ValueError", None)
    register_job("the broken one")(lambda at: None)
    run_due_jobs(NOW)
    assert get_jobs_health(timezone.now()).is_well
    assert JobRun.objects.count() == 2


class Stop:
    """A fake stop event whose waits pass at once."""

    def __init__(self, traveller, until):
        self.traveller = traveller
        self.until = until
        self.pauses = []

    def is_set(self):
        return timezone.now() >= self.until

    def wait(self, seconds):
        self.pauses.append(seconds)
        self.traveller.shift(seconds)


@pytest.fixture
def serve_until(no_jobs):
    def serve(until, boundaries=()):
        with (
            time_machine.travel(NOW, tick=False) as traveller,
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setattr(
                jobs,
                "get_next_scheduled_change",
                lambda at: min((b for b in boundaries if b > at), default=None),
            )
            stop = Stop(traveller, until)
            run_jobs_until(stop)
            return stop

    return serve


def test_service_runs_the_jobs_every_minute(serve_until):
    times = []
    register_job("one")(times.append)
    stop = serve_until(NOW + timedelta(seconds=150))
    assert times == [NOW + timedelta(minutes=each) for each in range(3)]
    # It sleeps, and looks now and then for what has become due sooner.
    assert max(stop.pauses) == 5


def test_service_runs_the_jobs_at_a_boundary(serve_until):
    times = []
    register_job("one")(times.append)
    boundary = NOW + timedelta(seconds=17.3)
    serve_until(NOW + timedelta(seconds=40), [boundary])
    assert times[0] == NOW
    assert boundary <= times[1] <= boundary + timedelta(seconds=0.1)
    assert len(times) == 2


def test_service_goes_on_while_the_database_is_away(serve_until, monkeypatch, caplog):
    times = []

    def run(at):
        times.append(at)
        if len(times) == 1:
            raise OperationalError("gone")

    monkeypatch.setattr(jobs, "run_due_jobs", run)
    serve_until(NOW + timedelta(seconds=30))
    assert times == [NOW, NOW + timedelta(seconds=5)]
    assert "they are tried again" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_service_ends_when_it_is_told_to(number):
    stop = stopped_by_signal()
    assert not stop.is_set()
    signal.raise_signal(number)
    assert stop.is_set()


# Long jobs


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_no_job_waits_for_a_long_one_in_the_service(no_jobs):
    stop, is_under_way, may_end = (threading.Event() for _ in range(3))

    def take_long(at):
        is_under_way.set()
        assert may_end.wait(timeout=20)

    def look(at):
        # Comes to an end only if both run at the same time.
        assert is_under_way.wait(timeout=20)
        may_end.set()
        stop.set()

    register_long_job("long")(take_long)
    register_job("short")(look)
    run_jobs_until(stop)
    assert set(JobRun.objects.values_list("name", "error")) == {
        ("long", ""),
        ("short", ""),
    }


def test_command_runs_long_jobs_last_and_tells_of_their_failure(no_jobs, caplog):
    order = []
    register_long_job("long")(lambda at: order.append("long"))
    register_job("slow", is_slow=True)(lambda at: order.append("slow"))
    call_command("run_jobs")
    assert order == ["slow", "long"]
    register_long_job("long")(fail)
    with pytest.raises(CommandError, match="long"):
        call_command("run_jobs")


def test_long_job_says_that_it_has_more_to_do(no_jobs):
    answers = [True, None]
    register_long_job("long")(lambda at: answers.pop(0))
    assert [run_long_jobs(NOW), run_long_jobs(NOW)] == [([], True), ([], False)]


def test_long_job_does_not_run_twice_at_once(no_jobs):
    times = []

    def run_elsewhere(at):
        times.append(at)
        thread = threading.Thread(target=run_on_another_connection)
        thread.start()
        thread.join(timeout=10)

    def run_on_another_connection():
        try:
            run_long_jobs(NOW)
        finally:
            connection.close()

    register_long_job("long")(run_elsewhere)
    run_long_jobs(NOW)
    assert times == [NOW]


def test_silent_long_job_counts_as_failing_and_not_as_a_sign_of_life(no_jobs):
    register_job("short")(lambda at: None)
    register_long_job("long")(lambda at: None)
    with time_machine.travel(NOW, tick=False):
        run_long_jobs(NOW)
    assert get_jobs_health(NOW).is_running is False
    later = NOW + timedelta(seconds=301)
    with time_machine.travel(later, tick=False):
        run_due_jobs(later)
    state = get_jobs_health(later)
    assert (state.is_running, state.failing) == (True, ["long"])
