"""Where the public content stands now, for whoever asks at every request.

Asking the database each time would cost more than answering, so one process asks at
most four times a second. A change made by this process itself is seen at once.
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
# While the database is away, one attempt a second finds out when it is back.
SECONDS_BETWEEN_ATTEMPTS = 1
# A reading that takes longer than this is as good as none: alerts must be right.
SECONDS_TO_TRUST_A_READING = 1
# How long a request waits, in seconds, for a reading that another has begun.
WAIT = 1
# What is asked once for each version is asked of few things; hosts may be many.
MAX_VALUES = 100


@dataclass(frozen=True)
class ContentState:
    """The content version, and until when it holds by the clock; None: no end.

    `last_removal_version` is the version at which something public was last removed.
    """

    version: int
    boundary: datetime | None
    last_removal_version: int = 0

    def holds_at(self, at: datetime) -> bool:
        """Say whether nothing has changed by the clock up to this moment."""
        return self.boundary is None or at < self.boundary


class ContentVersionTracker:
    """Follows the content version and the next boundary; for use by many threads."""

    def __init__(self):
        self.state: ContentState | None = None
        # The last moment at which the database has vouched for it.
        self.verified_at: datetime | None = None
        self._is_away = False
        self._reading = Lock()
        self._read_at = float("-inf")
        self._asked_at = float("-inf")

    def get(self, at: datetime) -> tuple[ContentState | None, bool]:
        """Return the state, and whether the database vouches for it.

        Read the state before the content: what changes meanwhile is then taken for
        older than it is, never for newer. None before the first reading, and within a
        transaction, which may see what others do not and may never come to be.
        """
        if _is_in_transaction():
            return None, False
        if self._is_due(at):
            if self._is_away:
                # Nobody waits for a connection that will probably not come about.
                self._read_in_background(at)
            # Wait for another thread's reading only where the last one is too old, as
            # after an hour in which nobody came; and not for a database that hangs.
            elif self._reading.acquire(timeout=0 if self._is_fresh() else WAIT):
                try:
                    # Somebody else may have read it while this thread waited.
                    if self._is_due(at):
                        self._read(at)
                finally:
                    self._reading.release()
            elif not self._is_fresh():
                # The database hangs. Nobody else waits until that reading has ended.
                self._is_away = True
        return self.state, self._is_fresh()

    def _is_fresh(self) -> bool:
        age = monotonic() - self._read_at
        return not self._is_away and age < SECONDS_TO_TRUST_A_READING

    def forget(self, is_removal: bool = False, **kwargs) -> None:
        """Ask the database at the next request, as this process has changed something.

        Receives `content_version_bumped`. Where something was removed, what was known
        before is no longer good even for when the database does not answer.
        """
        self._asked_at = float("-inf")
        if is_removal:
            self.state = None

    def _is_due(self, at: datetime) -> bool:
        since, state = monotonic() - self._asked_at, self.state
        if self._is_away:
            return not 0 <= since < SECONDS_BETWEEN_ATTEMPTS
        if state is None or not state.holds_at(at) or not self._is_fresh():
            return True
        return not 0 <= since < SECONDS_BETWEEN_READINGS

    def _read_in_background(self, at: datetime) -> None:
        if self._reading.acquire(blocking=False):
            try:
                Thread(target=self._read_and_close, args=[at], daemon=True).start()
            except RuntimeError:
                # No thread to be had: the next request tries again.
                self._reading.release()

    def _read_and_close(self, at: datetime) -> None:
        """Read in a thread of its own, whose connection nobody else would close."""
        try:
            self._read(at)
        finally:
            self._reading.release()
            connection.close()

    def _read(self, at: datetime) -> None:
        """Ask the database; the caller holds the lock."""
        started = self._asked_at = monotonic()
        try:
            version, last_removal_version = get_content_versions()
            known = self.state
            if known is None or known.version != version:
                # Wagtail keeps these in each process for an hour.
                Site.clear_site_root_paths_cache()
            if known is None or known.version != version or not known.holds_at(at):
                boundary = get_next_scheduled_change(at)
                self.state = ContentState(version, boundary, last_removal_version)
        except Error:
            if not self._is_away:
                logger.exception("The content version could not be read.")
            self._is_away = True
        else:
            self._read_at, self.verified_at, self._is_away = started, at, False


def _is_in_transaction() -> bool:
    """Say whether this thread has a transaction open, but for that of a test."""
    blocks = connection.atomic_blocks
    return bool(blocks) and not blocks[-1]._from_testcase


content_version_tracker = ContentVersionTracker()
content_version_bumped.connect(
    content_version_tracker.forget, dispatch_uid="content-clock"
)


def get_content_state() -> tuple[ContentState | None, bool]:
    """Return `ContentVersionTracker.get` for this moment and this process."""
    return content_version_tracker.get(timezone.now())


def cache_per_content_version(function: Callable[..., Value]) -> Callable[..., Value]:
    """Wrap a function that reads public content: asked again after each change only.

    Its arguments must be hashable. What it returns is shared by all requests of the
    process, so nobody may change it. Raises what the function raises.
    """
    known: dict[tuple, tuple[ContentState, Value]] = {}

    @wraps(function)
    def ask(*arguments: Hashable) -> Value:
        # Before the value, which is then at least as new as the state.
        state, _ = get_content_state()
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
