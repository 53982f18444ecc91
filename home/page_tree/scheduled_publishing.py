"""Publishing and expiry of pages and alerts by the clock."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from django.apps import apps
from django.db import transaction
from wagtail.models import DraftStateMixin, Page, Revision

from home.content_version import earliest_after, register_scheduled_change
from home.jobs import register_job

logger = logging.getLogger(__name__)

# How long a publication that is due may wait for its job.
MAX_DELAY = timedelta(minutes=2)
SECOND = timedelta(seconds=1)


class SchedulingError(Exception):
    pass


@register_job("scheduled publishing")
def publish_scheduled(at: datetime) -> None:
    """Unpublish what has expired and publish what is due, each in a transaction.

    Unlike Wagtail's command, it continues after a failure. Raises `SchedulingError` at
    the end if anything failed; the next run tries again.
    """
    failures = 0
    for task in _due(at):
        try:
            with transaction.atomic():
                task()
        except Exception:
            logger.exception("A scheduled change failed.")
            failures += 1
    if failures:
        raise SchedulingError(f"{failures} scheduled changes failed.")


def _due(at: datetime) -> Iterable[Callable[[], None]]:
    """Yield what is to be done: first what expires, then what goes live."""
    has_drafts = [m for m in apps.get_models() if issubclass(m, DraftStateMixin)]
    for model in [m for m in has_drafts if m is Page or not issubclass(m, Page)]:
        expired = model.objects.filter(live=True, expire_at__lte=at)
        for instance in expired.order_by("expire_at"):
            yield partial(
                instance.unpublish,
                set_expired=True,
                log_action="wagtail.unpublish.scheduled",
            )
    due = Revision.objects.filter(approved_go_live_at__lte=at)
    for revision in due.order_by("approved_go_live_at"):
        yield partial(revision.publish, log_action="wagtail.publish.scheduled")


@register_scheduled_change
def next_page_expiry(after: datetime) -> datetime | None:
    return earliest_after(after, Page.objects.live(), "expire_at")


@register_scheduled_change
def next_page_publication(after: datetime) -> datetime | None:
    """Return when the next scheduled revision is to be published.

    One that is due goes live as soon as the job gets to it, so caches may rely on the
    next second only.
    """
    scheduled = Revision.objects.all()
    first = earliest_after(after - MAX_DELAY, scheduled, "approved_go_live_at")
    return after + SECOND if first and first <= after else first
