"""Closing an alert."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from community.models import AlertSnippet
from community.shown_alerts import (
    COOKIE_NAME,
    COOKIE_SECONDS,
    COOKIE_SEPARATOR,
    MOST_REMEMBERED,
    closed_keys,
)


@never_cache
@require_POST
def dismiss_alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Remember in the visitor's own cookie that they closed an alert; go back.

    The cookie holds nothing but numbers of alerts and is the only one that a
    visitor gets. A 404 if the alert is over; an emergency stays.
    """
    now = timezone.now()
    alert = get_object_or_404(AlertSnippet.objects.current(at=now), pk=alert_id)
    shown = alert.as_shown()
    if not shown.can_be_dismissed:
        return HttpResponseRedirect("/")
    response = HttpResponseRedirect(_path_back(request))
    others = [key for key in closed_keys(request) if key != shown.dismissal_key]
    keys = [*others, shown.dismissal_key][-MOST_REMEMBERED:]
    response.set_cookie(
        COOKIE_NAME,
        COOKIE_SEPARATOR.join(keys),
        max_age=COOKIE_SECONDS,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


def _path_back(request: HttpRequest) -> str:
    """Return the path on this site that the form was on; the home page if in doubt."""
    path = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours and path.startswith("/") else "/"
