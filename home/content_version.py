"""The content version: how caches and the index know that content has changed.

Someone changes something: then the version is bumped, in the same transaction. Or
something starts or ends by the clock: these are scheduled changes.

Read the version before the content, so that old content never counts as new.
"""

import logging
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial, wraps
from threading import Lock, Thread
from time import monotonic
from typing import TypeVar

from django.apps import apps
from django.db import Error, connection, models, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal
from django.utils import timezone
from wagtail.models import Site

Value = TypeVar("Value")
ScheduledChangeFunction = Callable[[datetime], datetime | None]

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
# A draft, a lock and the first look at a file's size write only these on a live row,
# and nothing that visitors see.
INTERNAL_FIELDS = frozenset(
    {
        "draft_title",
        "file_hash",
        "file_size",
        "has_unpublished_changes",
        "latest_revision",
        "latest_revision_created_at",
        "locked",
        "locked_at",
        "locked_by",
    }
)

_scheduled_change_functions: list[ScheduledChangeFunction] = []

# Sent when this process has bumped the version: within the transaction, and again
# after its commit.
content_version_bumped = Signal()


class ContentVersion(models.Model):
    number = models.PositiveBigIntegerField(default=0)
    # The version of the last removal. What was cached before must not be served again,
    # even while the database is unavailable.
    last_removal_version = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pk=1), name="home_contentversion_one_row"
            )
        ]

    def __str__(self):
        return str(self.number)


def get_content_version() -> int:
    return get_content_versions()[0]


def get_content_versions() -> tuple[int, int]:
    """Return the version, and the version of the last removal."""
    rows = ContentVersion.objects.values_list("number", "last_removal_version")
    return next(iter(rows), (0, 0))


def bump_content_version(is_removal: bool = False) -> int:
    """Add one to the content version in the current transaction; return it.

    Pass `is_removal` for a page or an alert that visitors may no longer see.

    The row stays locked until the transaction ends, so versions become visible in order
    and a reader at version N has seen all changes up to N.
    """
    with transaction.atomic():
        extend_lock_timeout()
        next_number = models.F("number") + 1
        changed = {"number": next_number}
        if is_removal:
            changed["last_removal_version"] = next_number
        if not ContentVersion.objects.update(**changed):
            ContentVersion.objects.get_or_create(pk=1)
            return bump_content_version(is_removal)
        send = partial(
            content_version_bumped.send, sender=ContentVersion, is_removal=is_removal
        )
        send()
        transaction.on_commit(send, robust=True)
        return get_content_version()


def extend_lock_timeout() -> None:
    """Let the current transaction wait for locks for longer than a page view may."""
    outermost = connection.atomic_blocks[0]
    if connection.vendor == "postgresql" and not hasattr(outermost, "waits"):
        # Once for each transaction.
        outermost.waits = True
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL lock_timeout = '20s'; SET LOCAL statement_timeout = '20s'"
            )


def bump_version_on_change(*labels: str) -> None:
    """Bump the version for models with labels such as "wagtailcore.Site"."""
    for label in labels:
        for signal in (post_save, post_delete):
            signal.connect(
                _bump_for_signal,
                sender=apps.get_model(label),
                dispatch_uid=f"raise-{label}-{signal}",
            )


def _bump_for_signal(raw=False, update_fields=None, **kwargs):
    if not raw and not only_internal_fields(update_fields):
        bump_content_version()


def only_internal_fields(update_fields: Collection[str] | None) -> bool:
    """Return whether a save wrote only fields that visitors do not see."""
    return bool(update_fields) and INTERNAL_FIELDS.issuperset(update_fields)


def register_scheduled_change(
    function: ScheduledChangeFunction,
) -> ScheduledChangeFunction:
    """Register a function that returns the first scheduled change after a time."""
    _scheduled_change_functions.append(function)
    return function


def get_next_scheduled_change(after: datetime) -> datetime | None:
    times = [function(after) for function in _scheduled_change_functions]
    return min(filter(None, times), default=None)


def earliest_after(
    after: datetime, queryset: models.QuerySet, *fields: str
) -> datetime | None:
    """Return the earliest value after `after` in these date or datetime fields.

    A date counts as the local midnight at which it begins.
    """
    times = []
    for name in fields:
        future = queryset.filter(**{f"{name}__gt": after})
        times.append(future.aggregate(first=models.Min(name))["first"])
    return min(map(_as_datetime, filter(None, times)), default=None)


def next_change_of(
    instance: models.Model, after: datetime, *fields: str
) -> datetime | None:
    """Return what `earliest_after` would for one object, without a query."""
    values = filter(None, (getattr(instance, name) for name in fields))
    return min((at for at in map(_as_datetime, values) if at > after), default=None)


def _as_datetime(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else start_of_day(value)


def start_of_day(day: date) -> datetime:
    """Return the local midnight at which a day begins."""
    return timezone.make_aware(datetime.combine(day, time.min))


@dataclass(frozen=True)
class ContentState:
    """The content version, and when content next changes by the clock, if ever."""

    version: int
    next_change_at: datetime | None
    last_removal_version: int = 0

    def is_current_at(self, at: datetime) -> bool:
        return self.next_change_at is None or at < self.next_change_at


class ContentVersionTracker:
    """Follows the content version and the next scheduled change; thread-safe.

    For code that asks at every request: querying the database each time would cost more
    than answering, so a process asks at most four times a second. It sees its own
    changes at once.
    """

    def __init__(self):
        self.state: ContentState | None = None
        # When the database last confirmed the state.
        self.verified_at: datetime | None = None
        self._is_unavailable = False
        self._reading = Lock()
        self._read_at = self._asked_at = float("-inf")

    def get(self, at: datetime) -> tuple[ContentState | None, bool]:
        """Return the state, and whether the database has just confirmed it.

        None before the first reading and within a transaction, which may see what
        others do not and may be rolled back.
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

        After a removal, the earlier state must not be used even while the database is
        unavailable.
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
        try:
            self._read(at)
        finally:
            self._reading.release()
            # Nothing else would close the connection of this thread.
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
content_version_bumped.connect(content_version_tracker.invalidate)


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
