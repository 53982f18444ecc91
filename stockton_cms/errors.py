"""The pages for what cannot be found and what went wrong."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from community.shown_alerts import get_last_known_alerts
from home.context_processors import get_last_known_council
from stockton_cms.media import MediaStoreAwayError

RETRY_AFTER_SECONDS = 30
# What comes back by itself: the database, or the store of pictures and documents.
AWAY = (OperationalError, InterfaceError, MediaStoreAwayError)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show the site's 404 page."""
    return render(request, "404.html", status=404)


def form_not_ours(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form did not come from this site, or cannot be shown to have."""
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Show the error page from what the site knew last, without asking the database.

    503 with `Retry-After` (RFC 9110) while what it needs is away, else 500.
    """
    context = {
        "alerts": get_last_known_alerts(timezone.now()),
        "council": get_last_known_council(),
    }
    page = render_to_string("500.html", context)
    # Django calls this while it handles the exception.
    if isinstance(sys.exc_info()[1], AWAY):
        return HttpResponse(
            page, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}
        )
    return HttpResponse(page, status=500)
