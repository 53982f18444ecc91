"""Which alerts a response shows, and which the visitor has dismissed."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from operator import attrgetter

from django.http import HttpRequest
from django.utils import timezone
from wagtail.models import Page

from community.models import AlertSnippet
from community.models.visible_alerts import Scope, VisibleAlert
from home.caching import load_fallback, store_fallback
from home.content.rich_text_links import register_public_documents
from home.content.walker import links_in_html
from home.content_version import cache_per_content_version

COOKIE_NAME = "closed_alerts"
COOKIE_SEPARATOR = "-"
COOKIE_SECONDS = 180 * 24 * 60 * 60
MAX_REMEMBERED = 30

# The order of alerts on a page, highest first.
page_order = attrgetter("severity", "starts_at", "pk")


def get_alerts_from_now(page: Page | None, at: datetime) -> list[VisibleAlert]:
    """Return a page's current and future alerts, worst first, with one query.

    Those for the whole site are stored for the error page.
    """
    queryset = AlertSnippet.objects.published_until_after(at).in_scope_of(page)
    alerts = queryset.as_visible_alerts(at)
    for_all = [each for each in alerts if each.scope == Scope.SITE]
    store_fallback("site_wide_alerts", for_all)
    return alerts


def get_last_known_alerts(at: datetime) -> list[VisibleAlert]:
    """Return the whole site's alerts as last seen, without a query."""
    alerts = load_fallback("site_wide_alerts", [])
    return [alert for alert in alerts if alert.is_current(at)]


def visible_alerts(
    request: HttpRequest, alerts: list[VisibleAlert], at: datetime
) -> list[VisibleAlert]:
    """Return the alerts current at a time that this visitor has not dismissed."""
    dismissed = set(dismissed_alert_keys(request))
    return [
        alert
        for alert in alerts
        if alert.is_current(at)
        and not (alert.can_be_dismissed and alert.dismissal_key in dismissed)
    ]


def get_alerts_with(
    draft: AlertSnippet, page: Page, at: datetime
) -> list[VisibleAlert]:
    """Return the alerts that a page will show once a draft is live, worst first."""
    starts_at = max(at, draft.starts_at)
    others = AlertSnippet.objects.exclude(pk=draft.pk).current(starts_at)
    shown = others.in_scope_of(page).as_visible_alerts(starts_at)
    return sorted([*shown, draft.as_visible_alert()], key=page_order, reverse=True)


@register_public_documents
def documents_in_alerts(ids: AbstractSet[int], at: datetime) -> Iterable[int]:
    """Return the ids of the documents that current alerts link to."""
    for text in AlertSnippet.objects.current(at).values_list("text", flat=True):
        yield from (link.document_id for link in links_in_html(text))


@cache_per_content_version
def get_dismissible_keys() -> frozenset[str]:
    """Return the dismissal keys of all current and future alerts."""
    now = timezone.now()
    alerts = AlertSnippet.objects.published_until_after(now).as_visible_alerts(now)
    return frozenset(each.dismissal_key for each in alerts if each.can_be_dismissed)


def dismissed_alert_keys(request: HttpRequest) -> list[str]:
    value = request.COOKIES.get(COOKIE_NAME, "")
    return [key for key in value.split(COOKIE_SEPARATOR) if key]


def set_dismissed_alert_keys(request: HttpRequest, keys: Iterable[str]) -> None:
    """Replace the dismissed alerts in the request's cookies."""
    if COOKIE_NAME in request.COOKIES:
        request.COOKIES[COOKIE_NAME] = COOKIE_SEPARATOR.join(keys)
