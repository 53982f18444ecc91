"""Django's own PostgreSQL, without long waits for a server that is down or hangs.

The server's own `statement_timeout` does nothing where the server hangs. And
while it is down, each request would wait for the pool, until all threads do and no one
is left who could give out the cached pages (measured: 5 s a request).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

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


class Breaker:
    """Knows that the server is down, and lets one thread a second look for it."""

    def __init__(self):
        self._looking = Lock()
        self._unavailable_since: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the server was unavailable when it was last tried."""
        return self._unavailable_since is not None

    def open(self) -> None:
        """Remember that the server is unavailable."""
        self._unavailable_since = monotonic()

    @contextmanager
    def one_attempt(self) -> Iterator[None]:
        """Let one thread try; raise `OperationalError` for all others at once."""
        unavailable_since = self._unavailable_since or 0
        is_early = monotonic() - unavailable_since < SECONDS_BETWEEN_ATTEMPTS
        if is_early or not self._looking.acquire(blocking=False):
            raise psycopg.OperationalError("The database was unavailable a second ago.")
        try:
            yield
            self._unavailable_since = None
        except psycopg.OperationalError:
            self.open()
            raise
        finally:
            self._looking.release()


breaker = Breaker()


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with connections that are bounded, and a breaker before the pool."""

    def __init__(self, settings_dict, *args, **kwargs):
        super().__init__(settings_dict, *args, **kwargs)
        pool = settings_dict["OPTIONS"].get("pool")
        if pool:
            pool["connection_class"] = BoundedConnection

    def get_new_connection(self, conn_params):
        """Return a connection; raise `OperationalError` at once while there is none."""
        if breaker.is_open:
            with breaker.one_attempt():
                # Not by the pool, which does not say that it fails to connect.
                self.Database.connect(**conn_params).close()
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            breaker.open()
            raise
