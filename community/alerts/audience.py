"""The pages on which an alert appears, and the other alerts on them (A6)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q
from wagtail.models import Page, Site
from wagtail.query import PageQuerySet

from community.models import AlertSnippet
from community.models.visible_alerts import Scope, VisibleAlert
from home.page_tree.addresses import descendants_of, parent_path, site_path
from home.pages import visible_pages

MAX_LISTED = 50


@dataclass(frozen=True)
class ScopeRange:
    """Where an alert appears, by tree path; the empty path covers every page."""

    path: str
    with_descendants: bool

    def covers(self, path: str) -> bool:
        return path == self.path or (
            self.with_descendants and path.startswith(self.path)
        )

    def as_condition(self) -> Q:
        """Return the condition for these pages, as ranges of paths."""
        below = descendants_of(self.path) if self.with_descendants else Q()
        return Q(path=self.path) | below


WHOLE_SITE = ScopeRange("", with_descendants=True)


@dataclass(frozen=True)
class AudiencePage:
    """A page on which an alert appears, and the titles of the pages above it."""

    title: str
    href: str
    where: str


@dataclass(frozen=True)
class AlertAudience:
    """The public pages on which an alert appears; `pages` lists the first of them."""

    count: int
    pages: list[AudiencePage]

    @property
    def unlisted_count(self) -> int:
        return self.count - len(self.pages)


def get_chosen_pages(alert: AlertSnippet) -> list[Page]:
    """Return the pages chosen for an alert, which may be a draft, in order."""
    if alert.scope == Scope.SITE:
        return []
    ids = [scope.page_id for scope in alert.scopes.all()]
    pages = Page.objects.in_bulk(ids)
    return [pages[pk] for pk in ids if pk in pages]


def get_places(alert: AlertSnippet, chosen: Collection[Page]) -> list[ScopeRange]:
    if alert.scope == Scope.SITE:
        return [WHOLE_SITE]
    paths = {page.pk: page.path for page in chosen}
    return [
        ScopeRange(paths[scope.page_id], scope.include_descendants)
        for scope in alert.scopes.all()
        if scope.page_id in paths
    ]


def public_site_pages(at: datetime) -> PageQuerySet:
    """Return the public pages that belong to a site."""
    roots = Site.objects.values_list("root_page__path", flat=True)
    return visible_pages(at).filter(_on([ScopeRange(root, True) for root in roots]))


def pages_in_scope(places: Collection[ScopeRange], at: datetime) -> PageQuerySet:
    pages = public_site_pages(at)
    if all(place.path for place in places):
        pages = pages.filter(_on(places))
    return pages


def get_audience(places: Collection[ScopeRange], at: datetime) -> AlertAudience:
    """Count and list the public pages of these places in at most five queries."""
    pages = pages_in_scope(places, at)
    rows = list(pages.order_by("path").values("path", "title", "url_path")[:MAX_LISTED])
    titles = _titles_above([row["path"] for row in rows])
    return AlertAudience(
        count=pages.count() if len(rows) == MAX_LISTED else len(rows),
        pages=[
            AudiencePage(
                title=row["title"],
                href=site_path(row["url_path"]),
                where=" › ".join(_trail(row["path"], titles)),
            )
            for row in rows
        ],
    )


def get_overlapping_alerts(
    alert: AlertSnippet, places: Collection[ScopeRange], at: datetime
) -> list[AlertSnippet]:
    """Return the other alerts shown on the same pages at the same time.

    Worst first, then newest, as residents see them; three queries.
    """
    starts_at = max(at, alert.starts_at)
    if alert.ends_at <= starts_at:
        return []
    at_the_same_time = (
        AlertSnippet.objects.published_until_after(starts_at)
        .filter(starts_at__lt=alert.ends_at)
        .exclude(pk=alert.pk)
        .prefetch_related("scopes__page")
    )
    return [
        other
        for other in at_the_same_time
        if _meet(places, get_places(other, [s.page for s in other.scopes.all()]))
    ]


def get_alerts_with(
    draft: AlertSnippet, page: Page, at: datetime
) -> list[VisibleAlert]:
    """Return the alerts that a page will show once a draft is live, worst first."""
    starts_at = max(at, draft.starts_at)
    others = AlertSnippet.objects.exclude(pk=draft.pk).current(starts_at)
    shown = others.in_scope_of(page).as_visible_alerts(starts_at)
    if any(p.covers(page.path) for p in get_places(draft, get_chosen_pages(draft))):
        shown.append(draft.as_visible_alert())
    return sorted(shown, key=order_on_page, reverse=True)


def order_on_page(alert: AlertSnippet | VisibleAlert) -> tuple:
    """Return the sort key of alerts on a page, highest first."""
    return alert.severity, alert.starts_at, alert.pk


def _meet(places: Collection[ScopeRange], others: Collection[ScopeRange]) -> bool:
    return any(
        place.covers(other.path) or other.covers(place.path)
        for place in places
        for other in others
    )


def _on(places: Collection[ScopeRange]) -> Q:
    return reduce(or_, (place.as_condition() for place in places), Q(pk__in=[]))


def _titles_above(paths: Collection[str]) -> dict[str, str]:
    above = {ancestor for path in paths for ancestor in _ancestor_paths(path)}
    return dict(Page.objects.filter(path__in=above).values_list("path", "title"))


def _trail(path: str, titles: dict[str, str]) -> list[str]:
    return [titles[above] for above in _ancestor_paths(path) if above in titles]


def _ancestor_paths(path: str) -> list[str]:
    """Return the tree paths above, without Wagtail's root, from the top down."""
    paths = []
    while len(path := parent_path(path)) > Page.steplen:
        paths.insert(0, path)
    return paths
