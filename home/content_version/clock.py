"""The current content version, for code that asks at every request.

Querying the database each time would cost more than answering, so a process asks at
most four times a second. It sees its own changes at once.
"""

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from threading import Lock, Thread
from time import monotonic
from typing import TypeVar

from django.db import Error, connection
from django.utils import timezone
from wagtail.models import Site

from home.content_version.counter import (
    content_version_bumped,
    get_content_versions,
    get_next_scheduled_change,
)

Value = TypeVar("Value")

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_READINGS = 0.25
# While the database is unavailable.
SECONDS_BETWEEN_ATTEMPTS = 1
# A slower reading is discarded, because alerts must be up to date.
SECONDS_TO_TRUST_A_READING = 1
# How many seconds a request waits for another thread's reading.
WAIT = 1
# Per cached function; the hosts in requests may be many.
MAX_VALUES = 100


@dataclass(frozen=True)
class ContentState:
    """The content version, and when content next changes by the clock, if ever.

    `last_removal_version` is the version at which something public was last removed.
    """

    version: int
    next_change_at: datetime | None
    last_removal_version: int = 0

    def is_current_at(self, at: datetime) -> bool:
        return self.next_change_at is None or at < self.next_change_at


class ContentVersionTracker:
    """Follows the content version and the next scheduled change; thread-safe."""

    def __init__(self):
        self.state: ContentState | None = None
        # When the database last confirmed the state.
        self.verified_at: datetime | None = None
        self._is_unavailable = False
        self._reading = Lock()
        self._read_at = float("-inf")
        self._asked_at = float("-inf")

    def get(self, at: datetime) -> tuple[ContentState | None, bool]:
        """Return the state, and whether the database has just confirmed it.

        Read the state before the content: changes made meanwhile then count as older,
        never as newer. None before the first reading and within a transaction, which
        may see what others do not and may be rolled back.
        """
        if _is_in_transaction():
            return None, False
        if self._is_due(at):
            if self._is_unavailable:
                # Do not wait for a connection that will probably fail.
                self._read_in_background(at)
            # Wait for another thread's reading only if the last one is too old, such as
            # after an hour without visitors; and not for a database that hangs.
            elif self._reading.acquire(timeout=0 if self._is_fresh() else WAIT):
                try:
                    # Another thread may have read it in the meantime.
                    if self._is_due(at):
                        self._read(at)
                finally:
                    self._reading.release()
            elif not self._is_fresh():
                # The database hangs; other requests do not wait for that reading.
                self._is_unavailable = True
        return self.state, self._is_fresh()

    def _is_fresh(self) -> bool:
        age = monotonic() - self._read_at
        return not self._is_unavailable and age < SECONDS_TO_TRUST_A_READING

    def invalidate(self, is_removal: bool = False, **kwargs) -> None:
        """Query the database at the next request, as this process changed something.

        Receives `content_version_bumped`. After a removal, the earlier state must not
        be used even while the database is unavailable.
        """
        self._asked_at = float("-inf")
        if is_removal:
            self.state = None

    def _is_due(self, at: datetime) -> bool:
        since, state = monotonic() - self._asked_at, self.state
        if self._is_unavailable:
            return not 0 <= since < SECONDS_BETWEEN_ATTEMPTS
        if state is None or not state.is_current_at(at) or not self._is_fresh():
            return True
        return not 0 <= since < SECONDS_BETWEEN_READINGS

    def _read_in_background(self, at: datetime) -> None:
        if self._reading.acquire(blocking=False):
            try:
                Thread(target=self._read_and_close, args=[at], daemon=True).start()
            except RuntimeError:
                # No thread is available: the next request tries again.
                self._reading.release()

    def _read_and_close(self, at: datetime) -> None:
        """Read in a thread of its own, whose connection nothing else would close."""
        try:
            self._read(at)
        finally:
            self._reading.release()
            connection.close()

    def _read(self, at: datetime) -> None:
        """Query the database; the caller holds the lock."""
        started = self._asked_at = monotonic()
        try:
            version, last_removal_version = get_content_versions()
            known = self.state
            if known is None or known.version != version:
                # Wagtail keeps these in each process for an hour.
                Site.clear_site_root_paths_cache()
            if known is None or known.version != version or not known.is_current_at(at):
                next_change_at = get_next_scheduled_change(at)
                self.state = ContentState(version, next_change_at, last_removal_version)
        except Error:
            if not self._is_unavailable:
                logger.exception("The content version could not be read.")
            self._is_unavailable = True
        else:
            self._read_at, self.verified_at, self._is_unavailable = started, at, False


def _is_in_transaction() -> bool:
    """Return whether this thread has a transaction open, apart from a test's."""
    blocks = connection.atomic_blocks
    return bool(blocks) and not blocks[-1]._from_testcase


content_version_tracker = ContentVersionTracker()
content_version_bumped.connect(
    content_version_tracker.invalidate, dispatch_uid="content-clock"
)


def cache_per_content_version(function: Callable[..., Value]) -> Callable[..., Value]:
    """Cache a function that reads public content until the content changes.

    Its arguments must be hashable. All requests of the process share what it returns,
    so callers must not change it.
    """
    known: dict[tuple, tuple[ContentState, Value]] = {}

    @wraps(function)
    def ask(*arguments: Hashable) -> Value:
        # Read before the value, which is then at least as new as the state.
        state, _ = content_version_tracker.get(timezone.now())
        known_state, value = known.get(arguments, (None, None))
        if state is not None and known_state is state:
            return value
        value = function(*arguments)
        if state is not None:
            if len(known) >= MAX_VALUES:
                known.clear()
            known[arguments] = (state, value)
        return value

    return ask
