"""What was told is forgotten: nobody needs to know later who was sent what (R4)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from community.models import Delivery, Notice
from community.subscriptions.outage import OPEN
from home.jobs import register_job

KEPT = timedelta(days=30)
# So few at a time that nobody who writes meanwhile waits for long.
BATCH = 1000


@register_job("purge sent updates")
def forget_old_updates(at: datetime) -> None:
    """Delete what was sent or given up, and what it told of, after 30 days."""
    before = at - KEPT
    over = Delivery.objects.exclude(state__in=OPEN)
    _delete_in_batches(over.filter(notice__created_at__lt=before))
    told = Notice.objects.filter(created_at__lt=before)
    _delete_in_batches(told.filter(deliveries=None))


def _delete_in_batches(rows: QuerySet) -> None:
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            rows.model.objects.filter(pk__in=keys).delete()
