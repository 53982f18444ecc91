"""Requesting, confirming and ending subscriptions, and purging what has expired."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from community.models import Delivery, Subscriber, Subscription, UpdateEvent
from community.subscriptions.links import CONFIRM_DAYS
from community.subscriptions.outage import OPEN
from home.email_addresses import address_key
from home.jobs import register_job

RETENTION_PERIOD = timedelta(days=30)
# Small, so that other writers do not wait for long.
PURGE_BATCH_SIZE = 1000


@transaction.atomic
def request_subscription(
    email: str, page_id: int | None, frequency: str, at: datetime
) -> Subscription:
    """Return the subscription of an email address to a page; creates it if needed.

    A confirmed one is left as it is: anyone can enter someone else's address.
    """
    subscriber, _ = Subscriber.objects.get_or_create(
        email_key=address_key(email), defaults={"email": email, "created_at": at}
    )
    subscription, _ = Subscription.objects.get_or_create(
        subscriber=subscriber, page_id=page_id
    )
    pending = Subscription.objects.filter(pk=subscription.pk, confirmed_at=None)
    pending.update(frequency=frequency, created_at=at)
    subscription.refresh_from_db(fields=["frequency", "created_at", "confirmed_at"])
    return subscription


def is_active(subscription: Subscription) -> bool:
    """Return whether it is confirmed and its subscriber is not suppressed."""
    return subscription.confirmed_at is not None and not (
        subscription.subscriber.suppressed_at
    )


@transaction.atomic
def confirm_subscription(subscription: Subscription, at: datetime) -> None:
    """Confirm it, and end the suppression of its subscriber.

    Those who return get a new date of confirmation, so that importing an old bounce
    report again does not suppress them again.
    """
    is_new = Q(confirmed_at=None) | Q(subscriber__suppressed_at__isnull=False)
    Subscription.objects.filter(is_new, pk=subscription.pk).update(confirmed_at=at)
    Subscriber.objects.filter(pk=subscription.subscriber_id).update(
        suppressed_at=None, bounce_count=0
    )


@transaction.atomic
def unsubscribe(subscription: Subscription) -> None:
    """End one subscription, and delete its waiting deliveries."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
    waiting.filter(subscription=subscription).delete()
    subscription.delete()


@transaction.atomic
def unsubscribe_all(subscriber: Subscriber) -> None:
    """End all subscriptions of a subscriber, whom `purge_unconfirmed` then deletes."""
    subscriber.deliveries.filter(state=Delivery.State.WAITING).delete()
    subscriber.subscriptions.all().delete()


@register_job("purge unconfirmed subscribers")
@transaction.atomic
def purge_unconfirmed(at: datetime) -> None:
    """Delete expired pending subscriptions, and subscribers without subscriptions."""
    end = at - timedelta(days=CONFIRM_DAYS)
    Subscription.objects.filter(confirmed_at=None, created_at__lt=end).delete()
    idle = Subscriber.objects.filter(created_at__lt=end, subscriptions=None)
    # Subscribers to a page that was deleted are emailed about that first.
    idle.exclude(deliveries__state__in=OPEN).delete()


@register_job("purge old email updates")
def purge_old_updates(at: datetime) -> None:
    """Delete deliveries that were sent or given up 30 days ago, and their events."""
    before = at - RETENTION_PERIOD
    finished = Delivery.objects.exclude(state__in=OPEN)
    _delete_in_batches(finished.filter(event__created_at__lt=before))
    events = UpdateEvent.objects.filter(created_at__lt=before)
    _delete_in_batches(events.filter(deliveries=None))


def _delete_in_batches(rows: QuerySet) -> None:
    while keys := list(rows.values_list("pk", flat=True)[:PURGE_BATCH_SIZE]):
        with transaction.atomic():
            rows.model.objects.filter(pk__in=keys).delete()
