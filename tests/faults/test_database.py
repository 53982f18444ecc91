"""The database is unavailable for a minute, or hangs: what was read before goes on."""

import time

import pytest

from tests.faults.processes import run_command
from tests.faults.readers import (
    Answer,
    Reader,
    Readers,
    longest,
    p95_ms,
    seconds_until_well,
    warm,
)
from tests.faults.stack import without

pytestmark = pytest.mark.faults

AWAY, HUNG = "database restarted or away", "database hung"
SECONDS_AWAY, SECONDS_HUNG = 60, 10
SECONDS_UNTIL_WELL = 5
# What the check of a connection, a new one and a statement may take, one after another.
LONGEST_AWAY, LONGEST_HUNG = 6, 8
# What no one has read before, or is no page.
OTHERS = ("/search/?query=food", "/nowhere/", "/cant-find-it/", "/account/login/")


@pytest.fixture
def warmed(stack):
    """Return the ports of nginx and of the machine, which both keep the pages."""
    ports = stack.port, stack.machine.port
    warm(ports, stack.pages)
    return ports


def is_helpful(answer: Answer) -> bool:
    """Say whether an error tells when to come again, and whom to call meanwhile."""
    return (
        answer.status == 503
        and int(answer.headers.get("Retry-After", 0)) > 0
        and 'href="tel:' in answer.text
    )


def read_through(stack, warmed, fault, seconds):
    """Read all the time; others come while there is a fault, which lasts so long.

    Return the readers behind nginx, those without it, the others, and the seconds
    until all is well again.
    """
    nginx, gunicorn = warmed
    with (
        Readers(nginx, stack.pages) as behind_nginx,
        Readers(gunicorn, stack.pages) as bare,
    ):
        time.sleep(1)
        with fault, Readers(nginx, OTHERS, count=4, each_a_second=2) as others:
            time.sleep(seconds)
        back = seconds_until_well(gunicorn, OTHERS, most=60)
    return behind_nginx, bare, others, back


def in_words(readers: Readers) -> str:
    """Return what a row of the table says of readers."""
    answers = readers.answers
    return (
        f"{len(readers.failed())} of {len(answers)} failed, "
        f"p95 {p95_ms(answers):.0f} ms, longest {longest(answers):.1f} s"
    )


def test_a_minute_without_the_database(stack, warmed, measured):
    fault = stack.database.away()
    readers = read_through(stack, warmed, fault, SECONDS_AWAY)
    behind_nginx, bare, others, back = readers
    unhelpful = [each for each in others.answers if not is_helpful(each)]
    measured(
        AWAY,
        f"{SECONDS_AWAY} s away: no failed request on warmed pages",
        f"behind nginx {in_words(behind_nginx)}; gunicorn alone {in_words(bare)}",
    )
    measured(
        AWAY,
        f"others 503, Retry-After, phone numbers; longest {LONGEST_AWAY} s",
        f"{len(others.answers) - len(unhelpful)} of {len(others.answers)}, "
        f"p95 {p95_ms(others.answers):.0f} ms, longest {longest(others.answers):.1f} s",
    )
    measured(AWAY, f"healthy within {SECONDS_UNTIL_WELL} s", f"{back:.1f} s")
    assert not behind_nginx.failed()
    assert not bare.failed()
    assert not unhelpful
    assert longest(others.answers) < LONGEST_AWAY
    assert back < SECONDS_UNTIL_WELL


def test_ten_seconds_with_a_database_that_says_nothing(stack, warmed, measured):
    connections = stack.database.connections()
    readers = read_through(stack, warmed, stack.database.hung(), SECONDS_HUNG)
    behind_nginx, bare, others, back = readers
    time.sleep(1)
    more = stack.database.connections() - connections
    measured(
        HUNG,
        f"{SECONDS_HUNG} s: no failed request on warmed pages",
        f"behind nginx {in_words(behind_nginx)}; gunicorn alone {in_words(bare)}",
    )
    measured(
        HUNG,
        f"others answered within {LONGEST_HUNG} s; healthy in {SECONDS_UNTIL_WELL} s",
        f"{others.statuses()}, longest {longest(others.answers):.1f} s; "
        f"healthy after {back:.1f} s; {more:+} connections",
    )
    assert not behind_nginx.failed()
    assert not bare.failed()
    assert longest(others.answers) < LONGEST_HUNG
    assert back < SECONDS_UNTIL_WELL
    # No more than those of the pools of two workers.
    assert stack.database.connections() <= 16


def test_monitors_are_told(stack):
    with stack.database.away():
        status = run_command(
            "curl -s http://127.0.0.1:${PORT:-8000}/-/status", **stack.settings
        )
    with stack.database.hung():
        hung = run_command(
            "curl -s -m 10 http://127.0.0.1:${PORT:-8000}/-/ready", **stack.settings
        )
    assert seconds_until_well(stack.machine.port, ["/-/ready"], most=30) < 10
    ready = run_command(
        "curl -s http://127.0.0.1:${PORT:-8000}/-/ready", **stack.settings
    )
    assert '"degraded"' in status.stdout
    assert "database" in status.stdout
    assert (hung.stdout, ready.stdout) == ("not ready\n", "ready\n")


def test_without_the_page_cache_readers_would_notice(stack):
    port = stack.machine.port
    with stack.machine.other_settings(**without("page cache")):
        warm([port], stack.pages[:2])
        with stack.database.away():
            assert Reader(port).ask(stack.pages[0]).status == 503


def test_without_the_breaker_everybody_would_wait(stack):
    port = stack.machine.port
    with stack.machine.other_settings(**without("breaker")):
        warm([port], OTHERS[:1])
        with stack.database.away():
            answers = [Reader(port).ask(OTHERS[0]) for _ in range(5)]
    assert all(each.seconds > 2 for each in answers)
