"""What happens when a page of the community area changes: logos."""

from django.dispatch import receiver

from community.models import PartnershipPage
from home.pictures import LOGO, make_shapes_after_commit
from home.signals import draft_saved, live_page_saved


@receiver([live_page_saved, draft_saved], sender=PartnershipPage)
def make_logos(sender, instance, **kwargs):
    """Make the logos of a partnership, so that no visitor waits for them."""
    logo_ids = [partner.logo_id for partner in instance.partners.all()]
    make_shapes_after_commit(logo_ids, LOGO)
