"""No one waits long for a PostgreSQL that is unavailable or hangs."""

from unittest.mock import Mock, patch

import psycopg
import pytest
from django.db import connection

from stockton_cms.circuit_breaker import CircuitBreaker
from stockton_cms.postgresql import base
from stockton_cms.postgresql.base import BoundedConnection, DatabaseWrapper

AWAY = psycopg.OperationalError("away")
PARENT = "django.db.backends.postgresql.base.DatabaseWrapper.get_new_connection"


def test_one_request_a_second_looks_whether_the_server_is_back(monkeypatch):
    """Only the first request waits for the pool; `connect` just looks."""
    server = Mock()
    server.connect.side_effect = server.pool.side_effect = AWAY
    breaker = CircuitBreaker(base.SECONDS_BETWEEN_ATTEMPTS)
    monkeypatch.setattr(base, "breaker", breaker)
    monkeypatch.setattr(DatabaseWrapper, "Database", server)
    monkeypatch.setattr(PARENT, server.pool)
    wrapper = DatabaseWrapper({"OPTIONS": {}, "TIME_ZONE": None}, "default")

    def fail(times):
        for _ in range(times):
            with pytest.raises(psycopg.OperationalError):
                wrapper.get_new_connection({})
        return server.pool.call_count, server.connect.call_count

    def let_a_second_pass():
        base.breaker._failed_at -= base.SECONDS_BETWEEN_ATTEMPTS

    assert fail(5) == (1, 0)
    let_a_second_pass()
    with base.breaker._attempt:
        assert fail(1) == (1, 0)
    assert fail(3) == (1, 1)
    server.connect.side_effect = server.pool.side_effect = None
    let_a_second_pass()
    for _ in range(2):
        assert wrapper.get_new_connection({}) is server.pool.return_value
    assert server.connect.call_count == 2


@pytest.fixture
def connected(db):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only")
    parameters = connection.get_connection_params()
    with BoundedConnection.connect(**parameters, autocommit=True) as connected:
        yield connected


def test_connection_is_given_up_where_the_server_says_nothing(connected):
    with patch.object(connected, "seconds", 0.05):
        # A transaction may take as long as the server lets it.
        with connected.transaction():
            connected.execute("SELECT pg_sleep(0.3)")
        assert not connected.closed
        with pytest.raises(psycopg.OperationalError):
            connected.execute("SELECT pg_sleep(30)")
    assert connected.closed


def test_check_of_an_idle_connection_is_short(connected):
    limits, wait = [], psycopg.Connection.wait

    def note_limit(self, gen, interval, timeout):
        limits.append(timeout)
        return wait(self, gen, interval, timeout)

    with patch.object(psycopg.Connection, "wait", note_limit):
        connected.execute("")
        connected.execute("SELECT 1")
    assert limits == [base.SECONDS_FOR_A_CHECK, base.SECONDS_FOR_AN_ANSWER]
