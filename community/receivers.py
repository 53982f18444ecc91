"""Logos, the times at which content changes, and what counts as a change."""

from datetime import datetime

from django.db.models.signals import post_delete
from django.dispatch import receiver
from wagtail.signals import unpublished

from community.models import AlertSnippet, PartnershipPage, PolicyUpdatePage
from community.models.policies import STATUS_DATES
from home.content_version import (
    bump_content_version,
    bump_version_on_change,
    earliest_after,
    register_scheduled_change,
)
from home.editorial.links import register_link_source
from home.images.renditions import LOGO, make_shapes_after_commit
from home.receivers import draft_saved, live_page_saved

bump_version_on_change("community.AlertSnippet", "community.AlertScope")
register_link_source(AlertSnippet, AlertSnippet.objects.published_until_after)


@receiver([live_page_saved, draft_saved], sender=PartnershipPage)
def make_logos(sender, instance, **kwargs):
    """Create the logos when a partnership is saved, so that no visitor waits."""
    logo_ids = [partner.logo_id for partner in instance.partners.all()]
    make_shapes_after_commit(logo_ids, LOGO)


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
