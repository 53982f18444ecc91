"""Who is told of a notice, and when: a row each, written with the publication (R4)."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Case, DateTimeField, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from community.models import Delivery, Frequency, Notice, Subscriber, Subscription

# Nobody is to be woken by it.
HOUR = time(8)
DAY = timedelta(days=1)
# The columns that `enqueue_deliveries` fills, in the order of its query.
COLUMNS = ("notice", "subscriber", "subscription", "state", "due_at", "attempts")


def subscriptions_matching(
    page_ids: Iterable[int], is_policy: bool
) -> QuerySet[Subscription]:
    """Return the confirmed wishes to follow any of these pages.

    With `is_policy` also those to follow all policy updates.
    """
    about = Q(page_id__in=list(page_ids))
    if is_policy:
        about |= Q(page=None)
    confirmed = Subscription.objects.filter(about, confirmed_at__isnull=False)
    # No join: where PostgreSQL has not counted 20,000 new people yet, it would go
    # through all of them for each, and publishing took ten seconds.
    stopped = Subscriber.objects.filter(suppressed_at__isnull=False)
    return confirmed.exclude(subscriber__in=stopped)


def enqueue_deliveries(notice: Notice, wishes: QuerySet[Subscription]) -> None:
    """Write one row for each person with such a wish, with one statement.

    Of several wishes the one closest to the page counts. Call it in the transaction of
    what the notice tells of. It takes as long for 20,000 people as a page view.
    """
    at = notice.created_at
    due_at = Case(
        When(frequency=Frequency.DAILY, then=_moment(next_morning(at))),
        When(frequency=Frequency.WEEKLY, then=_moment(next_monday(at))),
        default=_moment(at),
    )
    closest = Window(
        RowNumber(),
        partition_by=F("subscriber_id"),
        order_by=F("page__depth").desc(nulls_last=True),
    )
    rows = wishes.annotate(closeness=closest).filter(closeness=1)
    query = rows.values_list(
        Value(notice.pk), "subscriber_id", "pk", Value("waiting"), due_at, Value(0)
    ).query
    with transaction.atomic(), connection.cursor() as cursor:
        selection, values = query.sql_with_params()
        cursor.execute(f"{_insertion()} {selection}", values)


def _insertion() -> str:
    """Return the beginning of the statement, with the names that the model gives."""
    quote, fields = connection.ops.quote_name, Delivery._meta
    columns = ", ".join(quote(fields.get_field(name).column) for name in COLUMNS)
    return f"INSERT INTO {quote(fields.db_table)} ({columns})"


def _moment(moment: datetime) -> Value:
    return Value(moment, output_field=DateTimeField())


def next_morning(at: datetime) -> datetime:
    """Return the next 8 in the morning by the council's clock."""
    today = _morning(at, 0)
    return today if today > at else _morning(at, 1)


def next_monday(at: datetime) -> datetime:
    """Return the next Monday, 8 in the morning by the council's clock."""
    days = -timezone.localdate(at).weekday() % 7
    monday = _morning(at, days)
    return monday if monday > at else _morning(at, days + 7)


def _morning(at: datetime, days: int) -> datetime:
    # By the calendar: a day on which the clocks change has 23 or 25 hours.
    day = timezone.localdate(at) + days * DAY
    return timezone.make_aware(datetime.combine(day, HOUR))
