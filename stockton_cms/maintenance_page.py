"""The page that nginx shows while the application itself does not answer (O2).

A file, as no one is there to make it: the council's name, its emergency numbers and
no alerts, which no one could end.
"""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string

from home.jobs import register_job
from home.models import SiteSettings
from home.navigation import facts_of

# Where deploy/nginx.conf looks for it.
PATH = "error_page/503.html"


@register_job("refresh maintenance page")
def refresh_maintenance_page(at: datetime) -> None:
    """Write the page again where the site settings, or how pages look, have changed."""
    render_maintenance_page()


def render_maintenance_page() -> Path:
    """Write the page if it is not there or has changed; return where it is."""
    council = SiteSettings.objects.filter(site__is_default_site=True).first()
    facts = facts_of(council or SiteSettings())
    page = render_to_string("500.html", {"alerts": [], "council": facts})
    path = settings.DATA_DIR / PATH
    if not path.exists() or path.read_text() != page:
        path.parent.mkdir(parents=True, exist_ok=True)
        # So that nginx, which may be another user, reads the old text or the new one.
        part = path.with_suffix(".part")
        try:
            part.write_text(page)
            part.chmod(0o644)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return path
