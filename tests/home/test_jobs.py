"""Scheduled work: every job gets its turn, one process at a time."""

import logging
import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from home import jobs
from home.jobs import register_job, run_due_jobs
from home.models import StandardPage
from search.models import LoggedSearch
from tests.factories import StandardPageFactory

NOW = timezone.now()


@pytest.fixture
def no_jobs(monkeypatch, db):
    """Start with an empty register."""
    monkeypatch.setattr(jobs, "_jobs", {})


def fail(at):
    raise ValueError("the reason")


def test_each_job_gets_the_time(no_jobs):
    times = []
    register_job("one")(times.append)
    register_job("two")(times.append)
    assert run_due_jobs(NOW) == []
    assert times == [NOW, NOW]


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


def test_the_command_is_silent_when_all_is_well(no_jobs, capsys):
    register_job("one")(lambda at: None)
    call_command("run_jobs")
    assert capsys.readouterr() == ("", "")


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


def test_the_next_run_gets_its_turn_also_after_a_failure(no_jobs, caplog):
    register_job("one")(fail)
    assert [run_due_jobs(NOW), run_due_jobs(NOW)] == [["one"], ["one"]]


def test_scheduled_pages_go_live_and_expired_ones_go(home):
    old = StandardPageFactory(parent=home, expire_at=NOW)
    with time_machine.travel(NOW - timedelta(hours=1), tick=False):
        page = StandardPageFactory(parent=home, live=False, go_live_at=NOW)
        page.save_revision().publish()
        call_command("run_jobs")
    assert list(StandardPage.objects.live()) == [old]
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        call_command("run_jobs")
    assert list(StandardPage.objects.live()) == [page]


def test_old_searches_are_forgotten(db, settings):
    age = timedelta(days=settings.SEARCH_LOG_DAYS)
    LoggedSearch.objects.create(query="old", searched_at=NOW - age, result_count=1)
    LoggedSearch.objects.create(query="new", searched_at=NOW, result_count=1)
    call_command("run_jobs")
    assert [search.query for search in LoggedSearch.objects.all()] == ["new"]
