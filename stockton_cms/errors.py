"""The pages for what cannot be found and what went wrong."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from community.shown_alerts import get_last_known_alerts
from home.context_processors import get_last_known_council


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show the site's 404 page."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Show the 500 page from what the site knew last, without asking the database."""
    context = {
        "alerts": get_last_known_alerts(timezone.now()),
        "council": get_last_known_council(),
        "is_error_page": True,
    }
    return HttpResponse(render_to_string("500.html", context), status=500)
