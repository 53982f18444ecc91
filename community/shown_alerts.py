"""Which alerts a response shows, and which of them the visitor has closed."""

from datetime import datetime

from django.http import HttpRequest
from wagtail.models import Page

from community.models import AlertSnippet
from community.models.alerts import ShownAlert
from home.last_known import recall, remember

COOKIE_NAME = "closed_alerts"
COOKIE_SEPARATOR = "-"
COOKIE_SECONDS = 180 * 24 * 60 * 60
MOST_REMEMBERED = 30
LAST_KNOWN_NAME = "site_wide_alerts"


def get_alerts(page: Page | None, at: datetime) -> list[ShownAlert]:
    """Return the alerts for a page at a moment, worst first, with one query.

    Alerts for the whole site are kept for the error page, those to come included.
    """
    queryset = AlertSnippet.objects.published_until_after(at).in_scope_of(page)
    alerts = queryset.as_shown()
    remember(LAST_KNOWN_NAME, [alert for alert in alerts if alert.is_site_wide])
    return [alert for alert in alerts if alert.is_current(at)]


def get_last_known_alerts(at: datetime) -> list[ShownAlert]:
    """Return the whole site's alerts as last seen, without asking the database."""
    return [alert for alert in recall(LAST_KNOWN_NAME, []) if alert.is_current(at)]


def without_closed(alerts: list[ShownAlert], request: HttpRequest) -> list[ShownAlert]:
    """Leave out what this visitor has closed and may close."""
    closed = set(closed_keys(request))
    return [
        alert
        for alert in alerts
        if not (alert.can_be_dismissed and alert.dismissal_key in closed)
    ]


def closed_keys(request: HttpRequest) -> list[str]:
    """Return the keys of the alerts that the visitor's cookie remembers as closed."""
    value = request.COOKIES.get(COOKIE_NAME, "")
    return [key for key in value.split(COOKIE_SEPARATOR) if key]
