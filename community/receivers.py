"""What happens when something of the community area changes.

Logos, the archive of published policies, and the content version.
"""

from datetime import datetime

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from wagtail.signals import unpublished

from community.models import (
    AlertSnippet,
    PartnershipPage,
    PolicyUpdatePage,
    PublishedVersion,
)
from community.models.policy import STATUS_DATES
from community.models.versions import ARCHIVED_FIELDS
from home.content_version import (
    bump_content_version,
    earliest_after,
    register_scheduled_change,
)
from home.images.renditions import LOGO, make_shapes_after_commit
from home.page_tree.visibility import Change, page_visibility_changed
from home.receivers import draft_saved, live_page_saved


@receiver([live_page_saved, draft_saved], sender=PartnershipPage)
def make_logos(sender, instance, **kwargs):
    """Create the logos when a partnership is saved, so that no visitor waits."""
    logo_ids = [partner.logo_id for partner in instance.partners.all()]
    make_shapes_after_commit(logo_ids, LOGO)


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
    current = PublishedVersion.objects.filter(ended_at=None)
    if not is_public:
        current.filter(page__in=policies).update(ended_at=now)
        return
    for policy in policies:
        is_new = change is Change.PUBLISHED and policy.last_published_at
        at = policy.last_published_at if is_new else now
        content = policy.serializable_data()
        with transaction.atomic():
            current.filter(page=policy).update(ended_at=at)
            PublishedVersion.objects.create(
                page=policy,
                revision_id=revision.pk if revision else None,
                published_at=at,
                content={name: content[name] for name in ARCHIVED_FIELDS},
            )


@receiver([unpublished, post_delete], sender=AlertSnippet)
def bump_version_when_alert_removed(sender, instance, **kwargs):
    """Bump the version as a removal, so that no cache brings the alert back."""
    bump_content_version(is_removal=True)


@register_scheduled_change
def next_alert_change(after: datetime) -> datetime | None:
    published = AlertSnippet.objects.filter(live=True)
    return earliest_after(after, published, "starts_at", "ends_at")


@register_scheduled_change
def next_policy_status_change(after: datetime) -> datetime | None:
    return earliest_after(after, PolicyUpdatePage.objects.live(), *STATUS_DATES)
