"""Which alerts a response shows, on which pages, and which a visitor has dismissed."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from operator import attrgetter

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from wagtail.models import Page
from wagtail.query import PageQuerySet

from community.models import AlertSnippet
from community.models.alerts import Scope, VisibleAlert
from home.caching import load_fallback, store_fallback
from home.content.link_blocks import register_public_documents
from home.content.walker import links_in_html
from home.content_version import cache_per_content_version
from home.page_tree.addresses import descendants_of
from home.pages import visible_pages

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


def get_alerts_with(
    draft: AlertSnippet, page: Page, at: datetime
) -> list[VisibleAlert]:
    """Return the alerts that a page will show once a draft is live, worst first."""
    starts_at = max(at, draft.starts_at)
    others = AlertSnippet.objects.exclude(pk=draft.pk).current(starts_at)
    shown = others.in_scope_of(page).as_visible_alerts(starts_at)
    return sorted([*shown, draft.as_visible_alert()], key=page_order, reverse=True)


def get_audience(alert: AlertSnippet, at: datetime) -> PageQuerySet:
    pages = visible_pages(at).filter(depth__gt=1)
    if alert.is_site_wide:
        return pages
    chosen = Q(pk__in=[])
    for scope in alert.scopes.prefetch_related("page"):
        chosen |= Q(pk=scope.page_id)
        if scope.include_descendants:
            chosen |= descendants_of(scope.page.path)
    return pages.filter(chosen)


@register_public_documents
def documents_in_alerts(ids: AbstractSet[int], at: datetime) -> Iterable[int]:
    for text in AlertSnippet.objects.current(at).values_list("text", flat=True):
        yield from (link.document_id for link in links_in_html(text))


def visible_alerts(
    request: HttpRequest, alerts: list[VisibleAlert], at: datetime
) -> list[VisibleAlert]:
    dismissed = set(dismissed_alert_keys(request))
    return [
        alert
        for alert in alerts
        if alert.is_current(at)
        and not (alert.can_be_dismissed and alert.dismissal_key in dismissed)
    ]


def dismissed_alert_keys(request: HttpRequest) -> list[str]:
    value = request.COOKIES.get(COOKIE_NAME, "")
    return [key for key in value.split(COOKIE_SEPARATOR) if key]


@cache_per_content_version
def get_dismissible_keys() -> frozenset[str]:
    now = timezone.now()
    alerts = AlertSnippet.objects.published_until_after(now).as_visible_alerts(now)
    return frozenset(each.dismissal_key for each in alerts if each.can_be_dismissed)


def set_dismissed_alert_keys(request: HttpRequest, keys: Iterable[str]) -> None:
    if COOKIE_NAME in request.COOKIES:
        request.COOKIES[COOKIE_NAME] = COOKIE_SEPARATOR.join(keys)


@never_cache
@require_POST
def dismiss_alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Store the dismissed alert in the visitor's cookie, the only one that they get."""
    current = AlertSnippet.objects.current(at=timezone.now())
    shown = get_object_or_404(current, pk=alert_id).as_visible_alert()
    if not shown.can_be_dismissed:
        return HttpResponseRedirect("/")
    path = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    response = HttpResponseRedirect(path if is_ours and path.startswith("/") else "/")
    key = shown.dismissal_key
    others = [each for each in dismissed_alert_keys(request) if each != key]
    response.set_cookie(
        COOKIE_NAME,
        COOKIE_SEPARATOR.join([*others, key][-MAX_REMEMBERED:]),
        max_age=COOKIE_SECONDS,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response
