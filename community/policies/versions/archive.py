"""Archives the public text of each policy as it is published."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet
from wagtail.signals import page_published, page_unpublished, post_page_move

from community.models import PolicyUpdatePage, PublishedVersion
from community.models.versions import ARCHIVED_FIELDS
from home.content_version.counter import bump_content_version
from home.jobs import register_job
from home.page_tree.addresses import descendants_of
from home.pages import public_pages

MAX_IN_A_RUN = 500


@receiver(page_published, sender=PolicyUpdatePage)
def archive_version(sender, instance, revision, alias=False, **kwargs):
    """Archive what has just been published, if it is public.

    The signal is also sent for each alias of the page, which has no history.
    """
    if alias or instance.alias_of_id:
        return
    at = instance.last_published_at or timezone.now()
    _end(Q(page=instance), at)
    if public_pages().filter(pk=instance.pk).exists():
        _begin(instance, at, revision.pk if revision else None)


@receiver(page_unpublished, sender=PolicyUpdatePage)
def close_unpublished(sender, instance, **kwargs):
    _end(Q(page=instance), timezone.now())


@receiver(post_page_move)
def sync_moved_policies(sender, instance, **kwargs):
    """Close or begin versions of policies moved into or out of private sections."""
    _sync_privacy(instance)


@receiver(post_save, sender=PageViewRestriction)
def sync_new_restriction(sender, instance, raw=False, **kwargs):
    if not raw:
        _sync_privacy(instance.page)


@receiver(post_delete, sender=PageViewRestriction)
def sync_removed_restriction(sender, instance, origin, **kwargs):
    """Archive what is public from now on.

    A restriction deleted with its page makes nothing public.
    """
    lifted = origin if isinstance(origin, PageViewRestriction) else origin.model
    if isinstance(lifted, PageViewRestriction) or lifted is PageViewRestriction:
        _sync_privacy(instance.page)


@register_job("archive policy versions")
def archive_missing(at: datetime) -> None:
    """Archive published policies that have no version of their current text.

    They date from before versions existed, or were published by an older release that
    runs beside this one.
    """
    current = PublishedVersion.objects.filter(
        page=OuterRef("pk"),
        ended_at=None,
        published_at__gte=OuterRef("last_published_at"),
    )
    missing = _readable().exclude(last_published_at=None).exclude(Exists(current))
    for pk in missing.order_by("pk").values_list("pk", flat=True)[:MAX_IN_A_RUN]:
        with transaction.atomic():
            # Someone publishing the page now waits for this lock, or is done already.
            bump_content_version()
            if page := missing.filter(pk=pk).first():
                _end(Q(page=page), page.last_published_at)
                _begin(page, page.last_published_at, page.live_revision_id)


def _readable() -> PageQuerySet:
    """Return public policies that have a history."""
    public = public_pages().filter(alias_of=None)
    return PolicyUpdatePage.objects.filter(pk__in=public)


def _sync_privacy(page: Page) -> None:
    """Begin versions of policies that are public now, and end those of others."""
    now = timezone.now()
    here = Q(path=page.path) | descendants_of(page.path)
    readable = _readable().filter(here)
    policies = PolicyUpdatePage.objects.filter(here)
    with transaction.atomic():
        _end(Q(page__in=policies) & ~Q(page__in=readable), now)
        shown_now = PublishedVersion.objects.filter(page=OuterRef("pk"), ended_at=None)
        for policy in readable.exclude(Exists(shown_now)):
            _begin(policy, now, None)


def _end(condition: Q, at: datetime) -> None:
    PublishedVersion.objects.filter(condition, ended_at=None).update(ended_at=at)


def _begin(page: PolicyUpdatePage, at: datetime, revision_id: int | None) -> None:
    content = page.serializable_data()
    PublishedVersion.objects.create(
        page=page,
        revision_id=revision_id,
        published_at=at,
        content={name: content[name] for name in ARCHIVED_FIELDS},
    )
