import threading
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from home.content_version import ContentVersionTracker, bump_content_version


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_clock_is_not_read_within_a_transaction():
    """A transaction may be rolled back."""
    clock = ContentVersionTracker()
    before, _ = clock.get(timezone.now())
    with transaction.atomic():
        bump_content_version()
        clock.invalidate()
        assert clock.get(timezone.now()) == (None, False)
    after, is_current = clock.get(timezone.now())
    assert is_current
    assert after.version == before.version + 1


def test_failing_database_is_noticed_once(db, caplog):
    clock = ContentVersionTracker()
    clock.get(timezone.now())
    with patch(
        "home.content_version.get_content_versions",
        side_effect=OperationalError("x"),
    ):
        clock.invalidate()
        clock.get(timezone.now())
        _, is_current = clock.get(timezone.now())
    assert not is_current
    assert caplog.text.count("The content version could not be read") == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_visitors_after_a_quiet_hour_wait_for_what_is_true_now():
    clock = ContentVersionTracker()
    before, _ = clock.get(timezone.now())
    clock._read_at -= 3600
    clock._asked_at -= 3600
    bump_content_version()
    begun, go, answers = threading.Event(), threading.Event(), []

    def read_slowly():
        begun.set()
        go.wait(5)
        return before.version + 1, 0

    def visit():
        answers.append(clock.get(timezone.now()))
        connection.close()

    with (
        patch("home.content_version.get_content_versions", read_slowly),
        # On a busy machine a reading may take its time.
        patch("home.content_version.WAIT", 30),
    ):
        visitors = [threading.Thread(target=visit) for _ in range(4)]
        visitors[0].start()
        begun.wait(5)
        for visitor in visitors[1:]:
            visitor.start()
        go.set()
        for visitor in visitors:
            visitor.join(30)
    assert [is_current for _, is_current in answers] == [True] * 4
    assert {state.version for state, _ in answers} == {before.version + 1}


def test_only_the_first_visitors_wait_for_a_database_that_hangs(db):
    clock = ContentVersionTracker()
    # Somebody's reading that does not end.
    clock._reading.acquire()
    with patch("home.content_version.WAIT", 0.01):
        assert clock.get(timezone.now()) == (None, False)
    with patch.object(clock, "_reading") as lock:
        lock.acquire.return_value = False
        assert clock.get(timezone.now()) == (None, False)
    lock.acquire.assert_called_once_with(blocking=False)
