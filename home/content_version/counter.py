"""The content version: how caches and the index know that content has changed.

Content changes in two ways. Someone changes something: then the version is bumped, in
the same transaction. Or something starts or ends by the clock: these are scheduled
changes.

Read the version before the content, so that old content never counts as new.
"""

from collections.abc import Callable, Collection
from datetime import date, datetime, time
from functools import partial

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal
from django.utils import timezone

ScheduledChangeFunction = Callable[[datetime], datetime | None]

_scheduled_change_functions: list[ScheduledChangeFunction] = []

# Sent when this process has bumped the version: within the transaction, and again
# after its commit.
content_version_bumped = Signal()

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


class ContentVersion(models.Model):
    """The one row that counts changes to what visitors can see."""

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
    """Let the current transaction wait up to 20 s for locks of others.

    Moving a whole section takes longer than a page view may. On SQLite every
    transaction waits that long anyway.
    """
    outermost = connection.atomic_blocks[0]
    if connection.vendor == "postgresql" and not hasattr(outermost, "waits"):
        # Once for each transaction.
        outermost.waits = True
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL lock_timeout = '20s'; SET LOCAL statement_timeout = '20s'"
            )


def bump_version_on_change(*labels: str) -> None:
    """Bump the content version whenever an object of these models is saved or deleted.

    `labels` are model labels such as "wagtailcore.Site".
    """
    for label in labels:
        model = apps.get_model(label)
        for signal in (post_save, post_delete):
            signal.connect(
                _bump_for_signal, sender=model, dispatch_uid=f"raise-{label}-{signal}"
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
    if function not in _scheduled_change_functions:
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
    today = timezone.localdate(after)
    times = []
    for name in fields:
        is_datetime = isinstance(
            queryset.model._meta.get_field(name), models.DateTimeField
        )
        future = queryset.filter(**{f"{name}__gt": after if is_datetime else today})
        first = future.aggregate(first=models.Min(name))["first"]
        if first is not None:
            times.append(_as_datetime(first))
    return min(times, default=None)


def next_change_of(
    instance: models.Model, after: datetime, *fields: str
) -> datetime | None:
    """Return what `earliest_after` would for one object, without a query."""
    values = [getattr(instance, name) for name in fields]
    times = [_as_datetime(value) for value in values if value is not None]
    return min((each for each in times if each > after), default=None)


def _as_datetime(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else start_of_day(value)


def start_of_day(day: date) -> datetime:
    """Return the local midnight at which a day begins."""
    return timezone.make_aware(datetime.combine(day, time.min))
