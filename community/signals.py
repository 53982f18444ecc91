"""What happens when something of the community area changes: logos, the version."""

from django.db.models.signals import post_delete
from django.dispatch import receiver
from wagtail.signals import unpublished

from community.models import AlertSnippet, PartnershipPage
from home.freshness import raise_content_version
from home.pictures import LOGO, make_shapes_after_commit
from home.signals import draft_saved, live_page_saved


@receiver([live_page_saved, draft_saved], sender=PartnershipPage)
def make_logos(sender, instance, **kwargs):
    """Make the logos of a partnership, so that no visitor waits for them."""
    logo_ids = [partner.logo_id for partner in instance.partners.all()]
    make_shapes_after_commit(logo_ids, LOGO)


@receiver([unpublished, post_delete], sender=AlertSnippet)
def raise_version_where_alerts_are_taken_down(sender, instance, **kwargs):
    """Raise the content version so that an alert taken down does not come back."""
    raise_content_version(takes_away=True)
