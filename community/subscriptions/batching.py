"""What is due, put together for each person: one notice, or all of a day or week."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby

from django.db.models import QuerySet

from community.models import Delivery, Frequency, Notice, Subscriber
from community.subscriptions.outage import OPEN
from home.pages import visible_pages

BATCH = 100


@dataclass(frozen=True)
class EmailBatch:
    """One email to one person."""

    deliveries: list[Delivery]

    @property
    def subscriber(self) -> Subscriber:
        """The person."""
        return self.deliveries[0].subscriber

    @cached_property
    def ids(self) -> list[int]:
        """The keys of the rows that it answers for."""
        return [delivery.pk for delivery in self.deliveries]

    @property
    def attempts(self) -> int:
        """How often it has been tried before."""
        return max(delivery.attempts for delivery in self.deliveries)


def get_due_batches(at: datetime, leave_out: Iterable[int]) -> list[EmailBatch]:
    """Return the letters of the next few people to whom something is due.

    What is not to be sent any more is deleted: the person has stopped, or the page is
    hidden, so that its title is no longer anybody's to read.
    """
    due = Delivery.objects.filter(state__in=OPEN, due_at__lte=at)
    due = due.exclude(pk__in=list(leave_out))
    while rows := _read(due):
        public = _public_among({row.notice.page_id for row in rows}, at)
        unwanted = [row.pk for row in rows if not _is_wanted(row, public)]
        if unwanted:
            Delivery.objects.filter(pk__in=unwanted).delete()
        letters = _as_letters([row for row in rows if row.pk not in set(unwanted)])
        if letters:
            return letters
    return []


def _read(due: QuerySet[Delivery]) -> list[Delivery]:
    first = due.order_by("due_at", "subscriber")
    people = list(first.values_list("subscriber_id", flat=True)[:BATCH])
    rows = due.filter(subscriber_id__in=people)
    related = rows.select_related("notice", "subscriber", "subscription")
    return list(related.order_by("subscriber_id", "notice__created_at", "pk"))


def _public_among(page_ids: set[int | None], at: datetime) -> set[int]:
    pages = visible_pages(at).filter(pk__in=page_ids - {None})
    return set(pages.values_list("pk", flat=True))


def _is_wanted(row: Delivery, public: set[int]) -> bool:
    if row.subscriber.suppressed_at:
        return False
    is_there = row.notice.page_id in public
    if row.notice.kind != Notice.Kind.WITHDRAWN:
        return row.subscription is not None and is_there
    # A deleted page takes the wish to follow it with it, and its end is still told.
    return not is_there and (row.subscription is not None or not row.notice.page_id)


def _as_letters(rows: list[Delivery]) -> list[EmailBatch]:
    letters = []
    for _, own in groupby(rows, key=lambda row: row.subscriber_id):
        together = []
        for row in own:
            wish = row.subscription
            if wish is None or wish.frequency == Frequency.AT_ONCE:
                letters.append(EmailBatch([row]))
            else:
                together.append(row)
        if together:
            letters.append(EmailBatch(together))
    return letters
