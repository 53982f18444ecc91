"""No one waits long for a PostgreSQL that is unavailable or hangs."""

from unittest.mock import patch

import psycopg
import pytest
from django.db import connection

from stockton_cms.postgresql import base
from stockton_cms.postgresql.base import BoundedConnection, Breaker, DatabaseWrapper

AWAY = psycopg.OperationalError("away")
PARENT = "django.db.backends.postgresql.base.DatabaseWrapper.get_new_connection"


class Server:
    """Counts who looks whether the server is there, and who asks the pool."""

    def __init__(self):
        self.looked, self.asked, self.is_away = 0, 0, True

    def connect(self, **parameters):
        self.looked += 1
        if self.is_away:
            raise AWAY
        return self

    def close(self):
        pass

    def getconn(self, wrapper, parameters):
        self.asked += 1
        if self.is_away:
            raise AWAY
        return "a connection"


@pytest.fixture
def server(monkeypatch):
    server = Server()
    monkeypatch.setattr(base, "breaker", Breaker())
    monkeypatch.setattr(DatabaseWrapper, "Database", server)
    monkeypatch.setattr(PARENT, lambda *arguments: server.getconn(*arguments))
    return server


@pytest.fixture
def ask():
    wrapper = DatabaseWrapper({"OPTIONS": {}, "TIME_ZONE": None}, "default")
    return lambda: wrapper.get_new_connection({})


def let_a_second_pass():
    base.breaker._unavailable_since -= base.SECONDS_BETWEEN_ATTEMPTS


def test_one_request_a_second_looks_whether_the_server_is_back(server, ask):
    def fail(times):
        for _ in range(times):
            with pytest.raises(psycopg.OperationalError):
                ask()

    # Only the first request waits for the pool.
    fail(5)
    assert (server.asked, server.looked) == (1, 0)
    let_a_second_pass()
    with base.breaker._looking:
        fail(1)
    assert server.looked == 0
    fail(3)
    assert (server.asked, server.looked) == (1, 1)
    server.is_away = False
    let_a_second_pass()
    assert [ask(), ask()] == ["a connection"] * 2
    assert server.looked == 2


@pytest.fixture
def connected(db):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only")
    parameters = connection.get_connection_params()
    with BoundedConnection.connect(**parameters, autocommit=True) as connected:
        yield connected


SLOW = "SELECT pg_sleep(0.3)"


def test_connection_is_given_up_where_the_server_says_nothing(connected):
    with (
        patch.object(connected, "seconds", 0.05),
        pytest.raises(psycopg.OperationalError),
    ):
        connected.execute("SELECT pg_sleep(30)")
    assert connected.closed


def test_transaction_may_take_as_long_as_the_server_lets_it(connected):
    with patch.object(connected, "seconds", 0.05), connected.transaction():
        connected.execute(SLOW)
    assert not connected.closed


def test_check_of_an_idle_connection_is_short(connected):
    limits, wait = [], psycopg.Connection.wait

    def note_limit(self, gen, interval, timeout):
        limits.append(timeout)
        return wait(self, gen, interval, timeout)

    with patch.object(psycopg.Connection, "wait", note_limit):
        connected.execute("")
        connected.execute("SELECT 1")
    assert limits == [base.SECONDS_FOR_A_CHECK, base.SECONDS_FOR_AN_ANSWER]
