"""Putting pages and alerts live, and taking them down, by the clock."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from django.apps import apps
from django.db import transaction
from wagtail.models import DraftStateMixin, Page, Revision

from home.jobs import register_job

logger = logging.getLogger(__name__)


class SchedulingError(Exception):
    """Some of what was due could not be published or taken down."""


@register_job("scheduled publishing")
def publish_scheduled(at: datetime) -> None:
    """Take down what has expired and put live what is due, each whole or not at all.

    Unlike Wagtail's own command it goes on after one that fails. Raises
    `SchedulingError` in the end, where one has failed; the next run tries it again.
    """
    failures = [task for task in _due(at) if not _succeeds(task)]
    if failures:
        raise SchedulingError(f"{len(failures)} could not be done.")


def _due(at: datetime) -> Iterable[Callable[[], None]]:
    """Return what is to be done: what expires first, then what goes live."""
    for model in (Page, *_models_with_drafts()):
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


def _models_with_drafts() -> list[type[DraftStateMixin]]:
    return [
        model
        for model in apps.get_models()
        if issubclass(model, DraftStateMixin) and not issubclass(model, Page)
    ]


def _succeeds(task: Callable[[], None]) -> bool:
    try:
        with transaction.atomic():
            task()
    except Exception:
        logger.exception("Something scheduled could not be done.")
        return False
    return True
