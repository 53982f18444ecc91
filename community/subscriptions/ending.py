"""Ending what somebody follows; what waits to be sent ends with it (R4)."""

from django.db import transaction

from community.models import Delivery, Subscriber, Subscription


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
