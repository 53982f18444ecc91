"""Requesting, confirming and ending subscriptions, and purging what has expired."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast

from community.models import Subscriber, Subscription, UpdateEvent
from community.subscriptions.emails import UpdateEmail
from community.subscriptions.links import CONFIRM_DAYS
from home.content.fields import address_key
from home.jobs import register_job
from home.notifications.outbox import Notification

RETENTION_PERIOD = timedelta(days=30)


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
    subscription, _ = subscriber.subscriptions.get_or_create(page_id=page_id)
    pending = Subscription.objects.filter(pk=subscription.pk, confirmed_at=None)
    pending.update(frequency=frequency, created_at=at)
    subscription.refresh_from_db(fields=["frequency", "created_at", "confirmed_at"])
    return subscription


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
    """End one subscription, and what waits for it."""
    waiting = _waiting_updates(subscription.subscriber_id)
    waiting.filter(context__subscription=subscription.pk).delete()
    subscription.delete()


@transaction.atomic
def unsubscribe_all(subscriber: Subscriber) -> None:
    """End all subscriptions of a subscriber, whom `purge_unconfirmed` then deletes."""
    _waiting_updates(subscriber.pk).delete()
    subscriber.subscriptions.all().delete()


def _waiting_updates(subscriber_id: int):
    return Notification.objects.filter(
        kind=UpdateEmail.name,
        recipient=str(subscriber_id),
        state=Notification.State.WAITING,
    )


@register_job("purge unconfirmed subscribers")
@transaction.atomic
def purge_unconfirmed(at: datetime) -> None:
    """Delete expired pending subscriptions, and subscribers without subscriptions."""
    end = at - timedelta(days=CONFIRM_DAYS)
    Subscription.objects.filter(confirmed_at=None, created_at__lt=end).delete()
    idle = Subscriber.objects.filter(created_at__lt=end, subscriptions=None)
    # Subscribers to a page that was deleted are emailed about that first.
    idle.filter(~_has_open_updates("recipient")).delete()


@register_job("purge old update events")
def purge_old_events(at: datetime) -> None:
    """Delete events of 30 days ago about which no email is waiting."""
    old = UpdateEvent.objects.filter(created_at__lt=at - RETENTION_PERIOD)
    old.filter(~_has_open_updates("key")).delete()


def _has_open_updates(field: str) -> Exists:
    pk = Cast(OuterRef("pk"), CharField())
    updates = Notification.objects.open().filter(kind=UpdateEmail.name)
    return Exists(updates.filter(**{field: pk}))
