"""Django's PostgreSQL, without long waits where it is down or hangs (ADR 27)."""

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from stockton_cms.circuit_breaker import CircuitBreaker

# Asking whether a connection still works; and for an answer, which the server's
# `statement_timeout` of 5 s comes before.
SECONDS_FOR_A_CHECK, SECONDS_FOR_AN_ANSWER = 2, 7
# While the server is unavailable, one request in a second finds out whether it is back.
SECONDS_BETWEEN_ATTEMPTS = 1


class BoundedConnection(psycopg.Connection):
    """A connection that is given up where the server says nothing."""

    # None for as long as it takes, as a migration may.
    seconds: float | None = SECONDS_FOR_AN_ANSWER

    def execute(self, query, *args, **kwargs):
        """Ask as psycopg does; what the pool asks as a check must come at once."""
        if query:
            return super().execute(query, *args, **kwargs)
        usual, self.seconds = self.seconds, SECONDS_FOR_A_CHECK
        try:
            return super().execute(query, *args, **kwargs)
        finally:
            self.seconds = usual

    def wait(self, gen, interval=0.1, timeout=None):
        """Wait for an answer; raise `OperationalError` where it does not come.

        Within a transaction for as long as it takes: only there may
        `statement_timeout` be another.
        """
        is_idle = self.pgconn.transaction_status == TransactionStatus.IDLE
        if timeout is None and is_idle:
            timeout = self.seconds
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                # The answer may still come, and would be taken for the next one.
                self.close()
            raise


breaker = CircuitBreaker(SECONDS_BETWEEN_ATTEMPTS)


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with connections that are bounded, and a breaker before the pool."""

    def __init__(self, settings_dict, *args, **kwargs):
        super().__init__(settings_dict, *args, **kwargs)
        if pool := settings_dict["OPTIONS"].get("pool"):
            pool["connection_class"] = BoundedConnection

    def get_new_connection(self, conn_params):
        error = psycopg.OperationalError("The database was unavailable a second ago.")
        with breaker.call(psycopg.OperationalError, error) as was_down:
            if was_down:
                # Not by the pool, which does not say that it fails to connect.
                self.Database.connect(**conn_params).close()
            return super().get_new_connection(conn_params)
