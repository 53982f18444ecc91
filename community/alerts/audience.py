"""The pages on which an alert appears, and the other alerts on them (A6)."""

from datetime import datetime
from operator import attrgetter

from django.db.models import Q
from wagtail.models import Page
from wagtail.query import PageQuerySet

from community.models import AlertSnippet
from community.models.alerts import AlertQuerySet, on_page
from community.models.visible_alerts import Scope, VisibleAlert
from home.page_tree.addresses import descendants_of
from home.pages import visible_pages

# The order of alerts on a page, highest first.
page_order = attrgetter("severity", "starts_at", "pk")


def get_audience(alert: AlertSnippet, at: datetime) -> PageQuerySet:
    """Return the public pages on which an alert, which may be a draft, appears."""
    pages = visible_pages(at).filter(depth__gt=1)
    if alert.is_site_wide:
        return pages
    chosen = Q(pk__in=[])
    for scope in alert.scopes.prefetch_related("page"):
        chosen |= Q(pk=scope.page_id)
        if scope.include_descendants:
            chosen |= descendants_of(scope.page.path)
    return pages.filter(chosen)


def get_overlapping_alerts(alert: AlertSnippet, at: datetime) -> AlertQuerySet:
    """Return the other alerts shown on the same pages at the same time."""
    starts_at = max(at, alert.starts_at)
    others = AlertSnippet.objects.published_until_after(starts_at)
    others = others.filter(starts_at__lt=alert.ends_at).exclude(pk=alert.pk)
    if alert.is_site_wide:
        return others
    overlap = Q(scope=Scope.SITE)
    for scope in alert.scopes.prefetch_related("page"):
        overlap |= on_page(scope.page)
        if scope.include_descendants:
            overlap |= Q(scopes__page__path__startswith=scope.page.path)
    return others.filter(overlap).distinct()


def get_alerts_with(
    draft: AlertSnippet, page: Page, at: datetime
) -> list[VisibleAlert]:
    """Return the alerts that a page will show once a draft is live, worst first."""
    starts_at = max(at, draft.starts_at)
    others = AlertSnippet.objects.exclude(pk=draft.pk).current(starts_at)
    shown = others.in_scope_of(page).as_visible_alerts(starts_at)
    return sorted([*shown, draft.as_visible_alert()], key=page_order, reverse=True)
