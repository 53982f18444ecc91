"""Writes the alert history, and reads from it what the site showed at a time (A8).

An entry is written in the transaction of the change, if visitors see a difference.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, pairwise

from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from treebeard.mp_tree import nodes_deleted
from wagtail.log_actions import get_active_log_context
from wagtail.models import Page

from community.models import AlertHistoryEntry, AlertScope, AlertSnippet
from community.models.alert_history import HistoryEvent
from community.models.alerts import AlertQuerySet, alert_saved
from community.models.visible_alerts import Scope
from home.content.text import name_of
from home.page_tree.addresses import site_path
from home.page_tree.redirects import addresses_changed
from home.page_tree.visibility import Change, page_visibility_changed

# What an entry takes from the alert as it is.
COPIED_FIELDS = (
    "severity",
    "heading",
    "text",
    "link_text",
    "scope",
    "starts_at",
    "ends_at",
    "is_dismissible",
    "dismissal_version",
)
PAGE_EVENTS = {
    Change.PUBLISHED: HistoryEvent.PAGE_PUBLISHED,
    Change.UNPUBLISHED: HistoryEvent.PAGE_TAKEN_DOWN,
}
PUBLIC_FIELDS = (*COPIED_FIELDS, "is_live", "link_href", "places")
# What the history lists for each entry, besides its times.
LISTED_FIELDS = (
    "severity",
    "heading",
    "text",
    "link_text",
    "link_href",
    "scope",
    "places",
)
# The order in which a page shows alerts, and then that of one alert's changes.
WORST_FIRST = ("-severity", "-starts_at", "-alert_id", "pk")


@dataclass(frozen=True)
class Appearance:
    """The period during which visitors saw an alert in the same words and places."""

    on_at: datetime
    off_at: datetime


@receiver(alert_saved)
def record_saved_alert(sender, instance: AlertSnippet, **kwargs) -> None:
    _record(AlertSnippet.objects.filter(pk=instance.pk))


@receiver(post_delete, sender=AlertSnippet)
def record_deleted_alert(sender, instance: AlertSnippet, **kwargs) -> None:
    last = AlertHistoryEntry.objects.filter(alert_id=instance.pk).first()
    if last and last.is_live:
        values = {name: getattr(last, name) for name in PUBLIC_FIELDS}
        _add(instance.pk, HistoryEvent.DELETED, {**values, "is_live": False})


@receiver(addresses_changed)
def record_moved_pages(sender, **kwargs) -> None:
    record_current_alerts(HistoryEvent.PAGE_MOVED)


@receiver(nodes_deleted, sender=Page)
def record_deleted_pages(sender, **kwargs) -> None:
    record_current_alerts(HistoryEvent.PAGE_DELETED)


@receiver(page_visibility_changed)
def record_published_page(sender, change: Change, **kwargs) -> None:
    if change in PAGE_EVENTS:
        record_current_alerts(PAGE_EVENTS[change])


def record_current_alerts(page_event: HistoryEvent) -> None:
    """Record current and future alerts whose pages a change affects.

    One query if there are none, otherwise three, however many pages are below. The row
    of the content version, already locked, stops alerts and pages changing at once.
    """
    alerts = AlertSnippet.objects.published_until_after(timezone.now())
    _record(alerts, page_event)


def _record(alerts: AlertQuerySet, page_event: HistoryEvent | None = None) -> None:
    """Add an entry for each alert that differs from its last one.

    This compares what is in the database: the instance may be a draft.
    """
    rows = alerts.values(
        "pk", "live", "link_url", "link_page__url_path", *COPIED_FIELDS
    )
    rows = {row["pk"]: row for row in rows}
    if not rows:
        return
    history = AlertHistoryEntry.objects.filter(alert_id__in=rows).newest()
    last_entries = {entry.alert_id: entry for entry in history}
    places = _places_of(rows)
    for pk, row in rows.items():
        values = {name: row[name] for name in COPIED_FIELDS}
        values["is_live"] = row["live"]
        linked = row["link_page__url_path"]
        values["link_href"] = site_path(linked) if linked else row["link_url"]
        values["places"] = places.get(pk, []) if row["scope"] == Scope.PAGES else []
        last = last_entries.get(pk)
        was_live = last is not None and last.is_live
        if row["live"] and not was_live:
            _add(pk, HistoryEvent.PUBLISHED, values)
        elif was_live and not row["live"]:
            _add(pk, HistoryEvent.TAKEN_DOWN, values)
        elif was_live and any(values[key] != getattr(last, key) for key in values):
            event = HistoryEvent.ENDED if _is_end(last, values) else None
            _add(pk, page_event or event or HistoryEvent.CHANGED, values)


def _is_end(last: AlertHistoryEntry, values: dict) -> bool:
    """Return whether a change only takes down an alert that visitors see."""
    was_running = last.starts_at <= timezone.now() < last.ends_at
    has_ended = values["ends_at"] <= timezone.now()
    looks_the_same = _look_the_same(last, AlertHistoryEntry(**values))
    return was_running and has_ended and looks_the_same


def _places_of(alert_ids: Iterable[int]) -> dict[int, list[dict]]:
    scopes = AlertScope.objects.filter(alert__in=alert_ids)
    rows = scopes.order_by("alert_id", "sort_order", "pk").values_list(
        "alert_id",
        "page__title",
        "page__url_path",
        "page__live",
        "include_descendants",
    )
    names = ("title", "url_path", "is_live", "include_descendants")
    return {
        alert_id: [dict(zip(names, row[1:], strict=True)) for row in group]
        for alert_id, group in groupby(rows, lambda row: row[0])
    }


def _add(alert_id: int, event: HistoryEvent, values: dict) -> None:
    user = get_active_log_context().user
    user = user if user is not None and user.pk is not None else None
    AlertHistoryEntry.objects.create(
        alert_id=alert_id,
        event=event,
        recorded_at=timezone.now(),
        user_id=str(user.pk) if user else "",
        user_name=name_of(user),
        **values,
    )


def visible_between(
    start: datetime, end: datetime, url_path: str | None = None
) -> list[AlertHistoryEntry]:
    """Return the entries visible in a period, worst first, in the order of pages.

    `url_path` is the place in the tree that the address had then, from
    `home.page_tree.addresses.url_path_at`; without it, entries for any page.
    """
    shown = AlertHistoryEntry.objects.visible_between(start, end)
    in_order = shown.order_by(*WORST_FIRST)
    return [entry for entry in in_order if entry.is_visible_on(url_path)]


def get_appearances(
    alert_ids: Iterable[int], url_path: str | None = None
) -> dict[int, Appearance]:
    """Map the pk of each entry to the time it was shown, with one query.

    On one page, or on any. Entries that no one saw are missing. Entries that differ
    only in their times, without a gap, are one appearance; other words or places, or
    time added after the end, begin another. An `off_at` in the future is planned.
    """
    entries = AlertHistoryEntry.objects.filter(alert_id__in=alert_ids)
    by_alert = groupby(entries.order_by("alert_id", "pk"), lambda each: each.alert_id)
    appearances = {}
    for _, group in by_alert:
        appearances |= _appearances_of(list(group), url_path)
    return appearances


def _appearances_of(
    entries: list[AlertHistoryEntry], url_path: str | None
) -> dict[int, Appearance]:
    """Return the appearances of one alert from all its entries, oldest first."""
    spells: list[tuple[Appearance, list[AlertHistoryEntry]]] = []
    for entry, following in pairwise([*entries, None]):
        on_at = max(entry.recorded_at, entry.starts_at)
        off_at = entry.ends_at
        if following:
            off_at = min(off_at, following.recorded_at)
        if on_at >= off_at or not entry.is_visible_on(url_path):
            continue
        before, shown = spells[-1] if spells else (None, [])
        if before and before.off_at == on_at and _look_the_same(shown[-1], entry):
            spells[-1] = replace(before, off_at=off_at), [*shown, entry]
        else:
            spells.append((Appearance(on_at, off_at), [entry]))
    return {each.pk: appearance for appearance, shown in spells for each in shown}


def _look_the_same(one: AlertHistoryEntry, other: AlertHistoryEntry) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in LISTED_FIELDS)
