"""Which pages become public, or are no longer: one signal for all who follow that.

A job publishes what is due and unpublishes what has expired; until then,
`home.pages.visible_pages` leaves it out.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from itertools import chain

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import Signal, receiver
from wagtail.models import DraftStateMixin, Page, PageViewRestriction, Revision
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.signals import page_published, page_unpublished, post_page_move

from home.content_version import earliest_after, register_scheduled_change
from home.jobs import register_job
from home.page_tree.addresses import parent_path, paths_down_to

logger = logging.getLogger(__name__)

# SQLite takes no more than 32,766 values in a statement.
BATCH = 30_000
# How long a publication that is due may wait for its job.
MAX_DELAY = timedelta(minutes=2)

# Sent in the transaction of the change, with `change`, `page_ids`, `was_public` and
# `is_public`. Publications, and pages taken down, also count if they were or are still
# private; otherwise it is sent for differences only.
page_visibility_changed = Signal()


class Change(Enum):
    PUBLISHED = auto()
    UNPUBLISHED = auto()
    # Sent before it is done.
    DELETED = auto()
    MOVED = auto()
    PRIVACY = auto()


def private_paths(**conditions) -> set[str]:
    """Return the tree paths that restrictions, and aliases of restricted pages, are on.

    For many pages this is quicker than `home.pages.public_pages`, which PostgreSQL
    plans badly just after an import: moving 5,000 pages took more than half a minute.
    """
    restrictions = PageViewRestriction.objects.exclude(**conditions)
    rows = restrictions.values_list("page__path", "page__aliases__path")
    return set(chain.from_iterable(rows))


def is_private(path: str, private: set[str]) -> bool:
    return not private.isdisjoint(paths_down_to(path))


def _send(change: Change, page_ids: list[int], **kwargs) -> None:
    for start in range(0, len(page_ids), BATCH):
        ids = page_ids[start : start + BATCH]
        page_visibility_changed.send(Page, change=change, page_ids=ids, **kwargs)


@receiver(page_published)
def follow_publication(sender, instance, revision=None, **kwargs) -> None:
    is_open = not is_private(instance.path, private_paths())
    _send(
        Change.PUBLISHED,
        [instance.pk],
        was_public=is_open and getattr(instance, "was_live", False),
        # Wagtail also sends this for pages that are only scheduled.
        is_public=is_open and instance.live,
        revision=revision,
    )


@receiver(page_unpublished)
def follow_unpublishing(sender, instance, **kwargs) -> None:
    # Wagtail also sends this for pages about to be deleted, which are still live.
    if Page.objects.filter(pk=instance.pk, live=False).exists():
        was_public = not is_private(instance.path, private_paths())
        _send(Change.UNPUBLISHED, [instance.pk], was_public=was_public, is_public=False)


@receiver(pre_delete, sender=Page)
def follow_deletion(sender, instance, origin=None, **kwargs) -> None:
    """Send all pages that are deleted together, once."""
    is_query = isinstance(origin, QuerySet) and issubclass(origin.model, Page)
    pages = origin if is_query else Page.objects.filter(pk=instance.pk)
    if hasattr(pages, "is_followed"):
        return
    pages.is_followed = True
    private = private_paths()
    ids: dict[bool, list[int]] = {True: [], False: []}
    for pk, path, live in pages.order_by("path").values_list("pk", "path", "live"):
        ids[live and not is_private(path, private)].append(pk)
    for was_public, page_ids in ids.items():
        _send(Change.DELETED, page_ids, was_public=was_public, is_public=False)


@receiver(post_page_move)
def follow_move(sender, instance, parent_page_before, **kwargs) -> None:
    # Moving may have changed its place, too.
    old_parent = Page.objects.filter(pk=parent_page_before.pk).first()
    private, above = private_paths(), parent_path(instance.path)
    was_public = old_parent is not None and not is_private(old_parent.path, private)
    if was_public != (is_public := not is_private(above, private)):
        _send(
            Change.MOVED,
            _live_pages([instance.path], private.difference(paths_down_to(above))),
            was_public=was_public,
            is_public=is_public,
            old_parent_path=old_parent.path if old_parent else "",
        )


@receiver(post_save, sender=PageViewRestriction)
def follow_new_restriction(sender, instance, created, raw=False, **kwargs) -> None:
    if created and not raw:
        _send_privacy(instance, is_public=False)


@receiver(post_delete, sender=PageViewRestriction)
def follow_lifted_restriction(sender, instance, origin, **kwargs) -> None:
    # One that is deleted with its page makes nothing public.
    if PageViewRestriction in (type(origin), getattr(origin, "model", None)):
        _send_privacy(instance, is_public=True)


def _send_privacy(restriction: PageViewRestriction, is_public: bool) -> None:
    page, private = restriction.page_id, private_paths(pk=restriction.pk)
    pages = Page.objects.filter(Q(pk=page) | Q(alias_of=page))
    page_ids = _live_pages(pages.values_list("path", flat=True), private)
    _send(Change.PRIVACY, page_ids, was_public=not is_public, is_public=is_public)


def _live_pages(paths: Iterable[str], private: set[str]) -> list[int]:
    here = Q(pk=None)
    for path in paths:
        here |= Q(path__startswith=path)
    rows = Page.objects.live().filter(here).order_by("path").values_list("pk", "path")
    return [pk for pk, path in rows if not is_private(path, private)]


class LivePageQuerySet(models.QuerySet):
    def on_live_pages(self, at: datetime):
        """Leave out aliases, which share the rows of their original."""
        not_expired = Q(page__expire_at=None) | Q(page__expire_at__gt=at)
        return self.filter(not_expired, page__live=True, page__alias_of=None)

    def editable_by(self, user):
        if user.is_active and user.is_superuser:
            return self
        pages = PagePermissionPolicy().instances_user_has_permission_for(user, "change")
        return self.filter(page__in=pages.values("pk"))


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
    return after + timedelta(seconds=1) if first and first <= after else first
