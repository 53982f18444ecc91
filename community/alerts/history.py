"""Writes the alert history (A8).

An entry is written in the transaction of the change, if visitors see a difference.
"""

from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from treebeard.mp_tree import nodes_deleted
from wagtail.log_actions import get_active_log_context
from wagtail.models import Page

from community.models import AlertHistoryEntry, AlertSnippet
from community.models.alert_history import HistoryEvent
from community.models.alerts import AlertQuerySet, alert_saved
from home.content.text import name_of
from home.page_tree.addresses import site_path
from home.page_tree.redirects import addresses_changed
from home.page_tree.visibility import page_visibility_changed

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
PUBLIC_FIELDS = (*COPIED_FIELDS, "link_href", "places")


@receiver(alert_saved)
def record_saved_alert(sender, instance: AlertSnippet, **kwargs) -> None:
    # What is in the database: the instance may be a draft.
    _record(AlertSnippet.objects.filter(pk=instance.pk))


@receiver(post_delete, sender=AlertSnippet)
def record_deleted_alert(sender, instance: AlertSnippet, **kwargs) -> None:
    last = AlertHistoryEntry.objects.filter(alert_id=instance.pk).first()
    if last and last.is_live:
        last.pk, last.is_live = None, False
        _add(last, HistoryEvent.DELETED)


@receiver(addresses_changed)
@receiver(page_visibility_changed)
@receiver(nodes_deleted, sender=Page)
def record_page_change(sender, **kwargs) -> None:
    """Record current and future alerts on pages, or with links to pages, that change.

    The row of the content version, already locked, stops alerts and pages changing at
    once.
    """
    alerts = AlertSnippet.objects.published_until_after(timezone.now())
    _record(alerts, HistoryEvent.PAGES_CHANGED)


def _record(alerts: AlertQuerySet, change: HistoryEvent = HistoryEvent.CHANGED) -> None:
    """Add an entry for each alert that differs from its last one.

    One query if there are no alerts, otherwise four.
    """
    entries = [
        _describe(alert)
        for alert in alerts.select_related("link_page").prefetch_related("scopes__page")
    ]
    ids = [entry.alert_id for entry in entries]
    history = AlertHistoryEntry.objects.filter(alert_id__in=ids).order_by("pk")
    last_entries = {entry.alert_id: entry for entry in history}
    for entry in entries:
        if event := _get_event(last_entries.get(entry.alert_id), entry, change):
            _add(entry, event)


def _describe(alert: AlertSnippet) -> AlertHistoryEntry:
    page = alert.link_page
    scopes = [] if alert.is_site_wide else alert.scopes.all()
    return AlertHistoryEntry(
        alert_id=alert.pk,
        is_live=alert.live,
        link_href=site_path(page.url_path) if page else alert.link_url,
        places=[
            {
                "title": scope.page.title,
                "url_path": scope.page.url_path,
                "is_live": scope.page.live,
                "include_descendants": scope.include_descendants,
            }
            for scope in scopes
        ],
        **{name: getattr(alert, name) for name in COPIED_FIELDS},
    )


def _get_event(
    last: AlertHistoryEntry | None, entry: AlertHistoryEntry, change: HistoryEvent
) -> HistoryEvent | None:
    """Return what has happened since the last entry; None if visitors see the same."""
    if last is None or not last.is_live:
        return HistoryEvent.PUBLISHED if entry.is_live else None
    if not entry.is_live:
        return HistoryEvent.TAKEN_DOWN
    if all(getattr(last, name) == getattr(entry, name) for name in PUBLIC_FIELDS):
        return None
    now = timezone.now()
    has_ended = last.starts_at <= now < last.ends_at and entry.ends_at <= now
    return HistoryEvent.ENDED if has_ended else change


def _add(entry: AlertHistoryEntry, event: HistoryEvent) -> None:
    user = get_active_log_context().user
    user = user if user is not None and user.pk is not None else None
    entry.event, entry.recorded_at = event, timezone.now()
    entry.user_id, entry.user_name = str(user.pk) if user else "", name_of(user)
    entry.save(force_insert=True)
