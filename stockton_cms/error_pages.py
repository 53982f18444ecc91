"""The pages for what went wrong, and the one that nginx shows in our place (O2)."""

import logging
import sys
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from community.alerts.visibility import get_last_known_alerts
from home.images.storage import MediaStorageUnavailableError
from home.jobs import register_job
from home.models import SiteSettings
from home.navigation import facts_of, get_stored_council
from stockton_cms.accounts.mfa import may_use_admin
from stockton_cms.admin_views import (
    NOT_OURS,
    SIGNED_OUT,
    WENT_WRONG,
    give_back,
    is_modal,
)
from stockton_cms.security.middleware import is_same_origin

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 30
# Where not even the error page can be made.
PLAIN_PAGE = """<!doctype html>
<html lang="en-GB">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>Sorry, there is a problem with the website</title>
<h1>Sorry, there is a problem with the website</h1>
<p>Try again in a few minutes.</p>
</html>
"""
# What comes back by itself: the database, or the store of pictures and documents.
TEMPORARY_ERRORS = (OperationalError, InterfaceError, MediaStorageUnavailableError)
# Where deploy/nginx.conf looks for the maintenance page.
MAINTENANCE_PAGE = "error_page/503.html"


def _is_form_of_admin(request: HttpRequest) -> bool:
    return (
        request.method == "POST"
        and request.path.startswith(reverse("wagtailadmin_home"))
        and not is_modal(request)
        # A foreign page must not have us show its words as someone's own.
        and is_same_origin(request)
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form did not come from this site, or cannot be shown to have.

    In the admin its token may be older than the sign-in in another tab.
    """
    if _is_form_of_admin(request):
        reason = NOT_OURS if may_use_admin(request) else SIGNED_OUT
        return give_back(request, reason, status=403)
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Show the error page from what the site knew last, without asking the database.

    503 with `Retry-After` (RFC 9110) while what it needs is unavailable, else 500.
    """
    # Django calls this while it handles the exception.
    status, headers = 500, {}
    if isinstance(sys.exc_info()[1], TEMPORARY_ERRORS):
        status, headers = 503, {"Retry-After": str(RETRY_AFTER_SECONDS)}
    try:
        if _is_form_of_admin(request):
            return give_back(request, WENT_WRONG, status, headers)
    except Exception:
        logger.exception("What was typed could not be given back.")
    return HttpResponse(_error_page(), status=status, headers=headers)


def _error_page() -> str:
    for get_alerts in (lambda: get_last_known_alerts(timezone.now()), list):
        try:
            context = {"alerts": get_alerts(), "council": get_stored_council()}
            return render_to_string("500.html", context)
        except Exception:
            # Whatever was wrong with the answer may be wrong with its error page.
            logger.exception("The error page could not be made.")
    return PLAIN_PAGE


@register_job("refresh maintenance page")
def render_maintenance_page(at: datetime | None = None) -> Path:
    """Write the page for while the application does not answer; return where it is.

    A file, as no one is there to make it: the council's name, its emergency numbers and
    no alerts, which no one could end.
    """
    council = SiteSettings.objects.filter(site__is_default_site=True).first()
    facts = facts_of(council or SiteSettings())
    page = render_to_string("500.html", {"alerts": [], "council": facts})
    path = settings.DATA_DIR / MAINTENANCE_PAGE
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
