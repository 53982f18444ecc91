"""What the example says on every page: the council's name and how to reach it."""

from wagtail.models import Site

from home.models import SiteSettings
from stockton_cms.operations.example.writing import EMAIL, PHONE, SITE_OF_EXAMPLES

NETWORKS = ("Facebook", "Instagram")
EMERGENCIES = (
    "Adult social care, out of hours",
    "Children's social care, out of hours",
    "Housing emergencies",
    "Dangerous roads and buildings",
)


def fill_in_settings(site: Site) -> SiteSettings:
    """Save and return the settings of the site."""
    settings, _ = SiteSettings.objects.get_or_create(site=site)
    settings.phone = PHONE
    settings.email = EMAIL
    settings.address = "Stockton-on-Tees Borough Council\nStockton-on-Tees"
    settings.footer_note = (
        "The content of this site is an example. The phone number and addresses are "
        "not real."
    )
    settings.social_links = [
        ("link", {"label": name, "url": f"{SITE_OF_EXAMPLES}/{name.lower()}"})
        for name in NETWORKS
    ]
    settings.emergency_numbers = [
        ("number", {"label": label, "number": PHONE}) for label in EMERGENCIES
    ]
    settings.save()
    return settings
