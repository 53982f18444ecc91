"""How the rest of the site knows that what visitors see has changed.

Two things make an answer stale. Somebody changes something: then the content
version rises, in the transaction of the change. Or the clock passes a moment at
which something starts or ends: those moments are the boundaries.

Read the version before the content. Then an old answer can never be taken for a new
one.
"""

from collections.abc import Callable, Collection
from datetime import date, datetime, time
from functools import partial

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal
from django.utils import timezone

BoundaryFunction = Callable[[datetime], datetime | None]

_boundary_functions: list[BoundaryFunction] = []

# Sent when this process has raised the version: within the transaction, and again
# after it, when others see it too.
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
    # The version at which something was last taken away from visitors. What was kept
    # before that must not come back, whatever becomes of the database.
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
    """Return the version of the public content; 0 before the first change."""
    return get_content_versions()[0]


def get_content_versions() -> tuple[int, int]:
    """Return the version, and that at which something was last taken away."""
    rows = ContentVersion.objects.values_list("number", "last_removal_version")
    return next(iter(rows), (0, 0))


def bump_content_version(is_removal: bool = False) -> int:
    """Raise the content version by one in the current transaction; return the new one.

    With `is_removal`, for a page or an alert that visitors may no longer see.

    The row stays locked until the transaction ends, so versions become visible in
    their order and a reader at version N has seen all changes up to N.
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
        tell = partial(
            content_version_bumped.send, sender=ContentVersion, is_removal=is_removal
        )
        tell()
        transaction.on_commit(tell, robust=True)
        return get_content_version()


def extend_lock_timeout() -> None:
    """Let the current transaction wait up to 20 s for what others have locked.

    A move of a whole section takes longer than a page view may. On SQLite every
    transaction waits for that long anyway.
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
    """Raise the content version whenever an object of these models is changed.

    `labels` are model labels such as "wagtailcore.Site". A newly made object counts
    too: a redirect or an alert is at work as soon as it exists.
    """
    for label in labels:
        model = apps.get_model(label)
        for signal in (post_save, post_delete):
            signal.connect(
                _raise_for_signal, sender=model, dispatch_uid=f"raise-{label}-{signal}"
            )


def _raise_for_signal(raw=False, update_fields=None, **kwargs):
    if not raw and not only_internal_fields(update_fields):
        bump_content_version()


def only_internal_fields(update_fields: Collection[str] | None) -> bool:
    """Say whether a save wrote some fields only, and none that visitors see."""
    return bool(update_fields) and INTERNAL_FIELDS.issuperset(update_fields)


def register_scheduled_change(function: BoundaryFunction) -> BoundaryFunction:
    """Register a function that knows of moments at which public content changes.

    It takes a moment and returns the first change after it, or None.
    """
    if function not in _boundary_functions:
        _boundary_functions.append(function)
    return function


def get_next_scheduled_change(after: datetime) -> datetime | None:
    """Return the first moment after `after` at which something changes by the clock."""
    moments = [function(after) for function in _boundary_functions]
    return min((moment for moment in moments if moment), default=None)


def earliest_after(
    after: datetime, queryset: models.QuerySet, *fields: str
) -> datetime | None:
    """Return the earliest value after `after` in these date or datetime fields.

    A date stands for the midnight, by the council's clock, at which it begins.
    """
    today = timezone.localdate(after)
    moments = []
    for name in fields:
        is_moment = isinstance(
            queryset.model._meta.get_field(name), models.DateTimeField
        )
        future = queryset.filter(**{f"{name}__gt": after if is_moment else today})
        first = future.aggregate(first=models.Min(name))["first"]
        if first is not None:
            moments.append(_as_moment(first))
    return min(moments, default=None)


def next_moment_of(
    instance: models.Model, after: datetime, *fields: str
) -> datetime | None:
    """Return the same as `earliest_after` of one object, without asking for it."""
    values = [getattr(instance, name) for name in fields]
    moments = [_as_moment(value) for value in values if value is not None]
    return min((moment for moment in moments if moment > after), default=None)


def _as_moment(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else start_of_day(value)


def start_of_day(day: date) -> datetime:
    """Return the moment at which a day begins by the council's clock."""
    return timezone.make_aware(datetime.combine(day, time.min))
