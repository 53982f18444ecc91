from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from home.content_version.clock import cache_per_content_version
from home.fallback_store import load, store
from home.models import SiteSettings
from home.page_tree.addresses import get_site_for

LAST_KNOWN_NAME = "council"


def council(request: HttpRequest) -> dict:
    """Add `council`, the site settings; read on use, and stored for error pages."""

    def load() -> SiteSettings:
        site = get_site_for(request)
        settings = _settings_of(site.pk if site else None)
        store(LAST_KNOWN_NAME, facts_of(settings))
        return settings

    return {"council": SimpleLazyObject(load)}


@cache_per_content_version
def _settings_of(site_id: int | None) -> SiteSettings:
    """Return a site's settings, or the defaults before they are saved."""
    # Not `for_request`, which would create the row on the first visit.
    settings = SiteSettings.objects.filter(site=site_id).first()
    return settings or SiteSettings(site_id=site_id)


def facts_of(settings: SiteSettings) -> dict:
    """Return the council's name and emergency numbers for error pages."""
    return {
        "council_name": settings.council_name,
        "emergency_numbers": [
            {"label": block.value["label"], "number": block.value["number"]}
            for block in settings.emergency_numbers
        ],
    }


def get_stored_council() -> dict:
    """Return the council's name and emergency numbers without a query."""
    return load(
        LAST_KNOWN_NAME,
        {
            "council_name": SiteSettings._meta.get_field("council_name").default,
            "emergency_numbers": [],
        },
    )
