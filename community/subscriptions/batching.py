"""Groups the deliveries that are due into emails: one event, or a day's or week's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby

from django.db.models import QuerySet

from community.models import Delivery, Frequency, Subscriber, UpdateEvent
from community.subscriptions.outage import OPEN
from home.pages import visible_pages

# Subscribers at a time.
CHUNK_SIZE = 100


@dataclass(frozen=True)
class EmailBatch:
    """The deliveries that one email to one subscriber covers."""

    deliveries: list[Delivery]

    @property
    def subscriber(self) -> Subscriber:
        return self.deliveries[0].subscriber

    @cached_property
    def ids(self) -> list[int]:
        return [delivery.pk for delivery in self.deliveries]

    @property
    def attempts(self) -> int:
        return max(delivery.attempts for delivery in self.deliveries)


def get_due_batches(at: datetime, exclude_ids: Iterable[int]) -> list[EmailBatch]:
    """Return the emails that are due to the next few subscribers.

    Deletes deliveries that must not be sent any more: the subscriber has unsubscribed,
    or the page is private, so that its title is too.
    """
    due = Delivery.objects.filter(state__in=OPEN, due_at__lte=at)
    due = due.exclude(pk__in=list(exclude_ids))
    while rows := _read(due):
        public = _public_among({row.event.page_id for row in rows}, at)
        unwanted = {row.pk for row in rows if not _is_wanted(row, public)}
        if unwanted:
            Delivery.objects.filter(pk__in=unwanted).delete()
        batches = _group([row for row in rows if row.pk not in unwanted])
        if batches:
            return batches
    return []


def _read(due: QuerySet[Delivery]) -> list[Delivery]:
    first = due.order_by("due_at", "subscriber")
    subscribers = list(first.values_list("subscriber_id", flat=True)[:CHUNK_SIZE])
    rows = due.filter(subscriber_id__in=subscribers)
    related = rows.select_related("event", "subscriber", "subscription")
    return list(related.order_by("subscriber_id", "event__created_at", "pk"))


def _public_among(page_ids: set[int | None], at: datetime) -> set[int]:
    pages = visible_pages(at).filter(pk__in=page_ids - {None})
    return set(pages.values_list("pk", flat=True))


def _is_wanted(row: Delivery, public: set[int]) -> bool:
    if row.subscriber.suppressed_at:
        return False
    is_public = row.event.page_id in public
    if row.event.kind != UpdateEvent.Kind.WITHDRAWN:
        return row.subscription is not None and is_public
    # Deleting a page deletes its subscriptions; subscribers still hear of it.
    return not is_public and (row.subscription is not None or not row.event.page_id)


def _group(rows: list[Delivery]) -> list[EmailBatch]:
    batches = []
    for _, own in groupby(rows, key=lambda row: row.subscriber_id):
        digest = []
        for row in own:
            subscription = row.subscription
            if subscription is None or subscription.frequency == Frequency.AT_ONCE:
                batches.append(EmailBatch([row]))
            else:
                digest.append(row)
        if digest:
            batches.append(EmailBatch(digest))
    return batches
