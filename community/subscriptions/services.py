"""Noting what somebody wants to follow, and that they have confirmed it (R4)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from community.models import Delivery, Subscriber, Subscription
from community.subscriptions.links import CONFIRM_DAYS
from community.subscriptions.outage import OPEN
from home.email_addresses import address_key
from home.jobs import register_job


@transaction.atomic
def request_subscription(
    email: str, page_id: int | None, frequency: str, at: datetime
) -> Subscription:
    """Return somebody's wish to follow a page, a new one if there was none.

    Anybody can type an address: what its owner has confirmed is not changed here.
    """
    subscriber, _ = Subscriber.objects.get_or_create(
        email_key=address_key(email), defaults={"email": email, "created_at": at}
    )
    subscription, _ = Subscription.objects.get_or_create(
        subscriber=subscriber, page_id=page_id
    )
    unconfirmed = Subscription.objects.filter(pk=subscription.pk, confirmed_at=None)
    unconfirmed.update(frequency=frequency, created_at=at)
    subscription.refresh_from_db(fields=["frequency", "created_at", "confirmed_at"])
    return subscription


def is_active(subscription: Subscription) -> bool:
    """Return whether its owner has confirmed it and emails are sent to them."""
    return subscription.confirmed_at is not None and not (
        subscription.subscriber.suppressed_at
    )


@transaction.atomic
def confirm_subscription(subscription: Subscription, at: datetime) -> None:
    """Let emails be sent, also where sending was stopped: its owner asks for it.

    Who comes back confirms anew, so that the report of an old bounce, read once more,
    does not stop them again.
    """
    is_new = Q(confirmed_at=None) | Q(subscriber__suppressed_at__isnull=False)
    Subscription.objects.filter(is_new, pk=subscription.pk).update(confirmed_at=at)
    Subscriber.objects.filter(pk=subscription.subscriber_id).update(
        suppressed_at=None, refusals=0
    )


@register_job("purge unconfirmed subscribers")
@transaction.atomic
def forget_unconfirmed(at: datetime) -> None:
    """Delete wishes that nobody has confirmed, and addresses that follow nothing."""
    end = at - timedelta(days=CONFIRM_DAYS)
    Subscription.objects.filter(confirmed_at=None, created_at__lt=end).delete()
    idle = Subscriber.objects.filter(created_at__lt=end, subscriptions=None)
    # Who followed a page that was deleted is told of it first.
    idle.exclude(deliveries__state__in=OPEN).delete()


@transaction.atomic
def end(subscription: Subscription) -> None:
    """End one wish, and take back what was to be sent because of it."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
    waiting.filter(subscription=subscription).delete()
    subscription.delete()


@transaction.atomic
def end_all(subscriber: Subscriber) -> None:
    """End all that somebody follows; a job deletes their address (`tidying`)."""
    subscriber.deliveries.filter(state=Delivery.State.WAITING).delete()
    subscriber.subscriptions.all().delete()
