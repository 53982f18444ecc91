"""Spares callers the wait for a service that is known to be down."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic


class CircuitBreaker:
    """Remembers that a service failed; then one caller at a time looks for it again."""

    def __init__(self, seconds_between_attempts: float):
        self._seconds = seconds_between_attempts
        self._attempt = Lock()
        self._failed_at: float | None = None

    @contextmanager
    def call(
        self, failures: type[Exception] | tuple[type[Exception], ...], error: Exception
    ) -> Iterator[bool]:
        """Let a call through, which fails by `failures`; raise `error` if it may not.

        Yields whether the service was down before.
        """
        failed_at = self._failed_at
        is_down = failed_at is not None
        if is_down:
            is_early = monotonic() - failed_at < self._seconds
            if is_early or not self._attempt.acquire(blocking=False):
                raise error
        failed_at = None
        try:
            yield is_down
        except failures:
            failed_at = monotonic()
            raise
        finally:
            self._failed_at = failed_at
            if is_down:
                self._attempt.release()
