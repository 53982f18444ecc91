"""Archives the public text of each policy as it is published."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.dispatch import receiver
from django.utils import timezone
from wagtail.query import PageQuerySet

from community.models import PolicyUpdatePage, PublishedVersion
from community.models.versions import ARCHIVED_FIELDS
from home.content_version.counter import bump_content_version
from home.jobs import register_job
from home.page_tree.visibility import Change, page_visibility_changed
from home.pages import public_pages

MAX_IN_A_RUN = 500


@receiver(page_visibility_changed)
def sync_versions(
    sender,
    change: Change,
    page_ids: list[int],
    was_public: bool,
    is_public: bool,
    revision=None,
    **kwargs,
):
    """Archive policies that are published or become public; an alias has no history."""
    if was_public == is_public and change is not Change.PUBLISHED:
        return
    policies = PolicyUpdatePage.objects.filter(pk__in=page_ids, alias_of=None)
    now = timezone.now()
    with transaction.atomic():
        if not is_public:
            _end(Q(page__in=policies), now)
            return
        for policy in policies:
            is_new = change is Change.PUBLISHED and policy.last_published_at
            at = policy.last_published_at if is_new else now
            _end(Q(page=policy), at)
            _begin(policy, at, revision.pk if revision else None)


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
