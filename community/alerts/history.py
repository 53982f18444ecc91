"""The alert history (A8): its entries, its report and exports.

An entry is written in the transaction of the change, if visitors see a difference.
"""

from datetime import datetime, timedelta
from functools import partial

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.functional import cached_property
from treebeard.mp_tree import nodes_deleted
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets import AdminDateTimeInput
from wagtail.log_actions import get_active_log_context
from wagtail.models import Page
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.rich_text import get_text_for_indexing

from community.models import AlertHistoryEntry, AlertSnippet
from community.models.alert_history import HistoryEvent
from community.models.alerts import SHOWN_FIELDS, AlertQuerySet, Scope, alert_saved
from home.content.fields import LocalDateTimeField
from home.content.text import name_of
from home.page_tree.addresses import addresses_changed, site_path, url_path_at
from home.page_tree.visibility import page_visibility_changed
from home.reports import ExportColumn, Report, register_report

PUBLIC_FIELDS = {*SHOWN_FIELDS, "places"} - {"pk"}


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
    """Record alerts on pages, or with links to pages, that change.

    The content version's row, already locked, stops alerts changing at once.
    """
    alerts = AlertSnippet.objects.published_until_after(timezone.now())
    _record(alerts, HistoryEvent.PAGES_CHANGED)


def _record(alerts: AlertQuerySet, change: HistoryEvent = HistoryEvent.CHANGED) -> None:
    """Add an entry for each alert that differs from its last one, with four queries."""
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
    shown = alert.as_visible_alert()
    places = [
        {
            "title": scope.page.title,
            "url_path": scope.page.url_path,
            "is_live": scope.page.live,
            "include_descendants": scope.include_descendants,
        }
        for scope in ([] if alert.is_site_wide else alert.scopes.all())
    ]
    values = {name: getattr(shown, name) for name in PUBLIC_FIELDS - {"places"}}
    return AlertHistoryEntry(
        alert_id=alert.pk, is_live=alert.live, places=places, **values
    )


def _get_event(last, entry, change) -> HistoryEvent | None:
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
    user = user if user and user.pk else None
    entry.event, entry.recorded_at = event, timezone.now()
    entry.user_id, entry.user_name = str(user.pk) if user else "", name_of(user)
    entry.save(force_insert=True)


class AlertHistoryForm(forms.Form):
    at = LocalDateTimeField(
        label="Date and time",
        required=False,
        widget=AdminDateTimeInput,
        help_text="For example, 03/03/2026 14:05 for all of that minute, or "
        "03/03/2026 14:05:30.",
    )
    address = forms.CharField(
        label="Page address",
        required=False,
        max_length=2000,
        help_text="The address at that time, such as /communities/food/, or copied "
        "from the browser. Leave empty for all pages.",
    )
    words = forms.CharField(
        label="Text in the alert",
        required=False,
        max_length=100,
        help_text="Only show alerts with this in their heading or text.",
    )

    def clean_at(self):
        at = self.cleaned_data["at"]
        if at and not 2000 <= at.year <= 2100:
            raise ValidationError(self.fields["at"].error_messages["invalid"])
        return at

    def clean_address(self):
        """Return the place in the tree that has this address, or None for all."""
        address = self.cleaned_data["address"]
        url_path = url_path_at(address) if address else None
        if address and url_path is None:
            raise ValidationError(
                "Enter an address on this website. Start with a slash, like "
                "/communities/food/, or copy the whole address from the browser."
            )
        return url_path


def format_exact_time(at: datetime) -> str:
    """Return a time by the council's clock, such as '14:05:00 GMT on 3 March 2026'."""
    local = timezone.localtime(at, timezone.get_default_timezone())
    return f"{local:%H:%M:%S %Z on %-d %B %Y}"


def format_period(start: datetime, end: datetime) -> str:
    """Return 'At 14:05:30 GMT on …', or 'Between 14:05:00 and 14:05:59 GMT on …'."""
    first, last = (timezone.localtime(t) for t in (start, end - timedelta(seconds=1)))
    if first == last:
        return f"At {format_exact_time(first)}"
    return f"Between {first:%H:%M:%S} and {format_exact_time(last)}"


def _where(entry: AlertHistoryEntry) -> str:
    if entry.scope == Scope.SITE:
        return "On every page"
    return "; ".join(
        f"{place['title']} ({site_path(place['url_path']) or place['url_path']})"
        + ("" if place["is_live"] else ", not published")
        + (" and every page below it" if place["include_descendants"] else "")
        for place in entry.places
    )


def _when_shown(name: str, entry: AlertHistoryEntry) -> datetime | None:
    was_shown = entry.is_visible_on(None) and entry.on_at < entry.off_at
    return getattr(entry, name) if was_shown else None


class TimeColumn(Column):
    """An exact time; exports have it to the microsecond, with its offset."""

    def get_value(self, instance):
        at = super().get_value(instance)
        return timezone.localtime(at).isoformat(sep=" ") if at else ""

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        if at := super().get_value(instance):
            planned = " (planned)" if at > timezone.now() else ""
            context["value"] = format_exact_time(at) + planned
        return context


class AlertHistoryView(Report):
    slug = "alert-history"
    page_title = "Alert history"
    header_icon = "calendar-alt"
    template_name = "community/alert_history.html"
    model = AlertHistoryEntry
    permission_policy = ModelPermissionPolicy(AlertSnippet)
    any_permission_required = {"view"}
    columns = [
        TimeColumn("on_at", label="Shown from", accessor=partial(_when_shown, "on_at")),
        TimeColumn(
            "off_at", label="Shown until", accessor=partial(_when_shown, "off_at")
        ),
        Column("get_severity_display", label="Severity"),
        Column("heading", label="Alert"),
        Column("text", label="Text", accessor=lambda e: get_text_for_indexing(e.text)),
        Column(
            "link",
            label="Link",
            accessor=lambda e: e.link_href and f"{e.link_text} ({e.link_href})",
        ),
        Column("where", label="Where", accessor=_where),
        Column("get_event_display", label="Event"),
        Column(
            "who", label="Changed by", accessor=lambda e: e.user_name or "The system"
        ),
        TimeColumn("recorded_at", label="Recorded"),
        ExportColumn("alert_id", label="Alert ID"),
    ]

    @cached_property
    def form(self) -> AlertHistoryForm:
        return AlertHistoryForm(self.request.GET)

    @cached_property
    def period(self) -> tuple[datetime, datetime] | None:
        """Return the minute or second to look up; None for the whole history."""
        if not self.form.is_valid():
            return None
        typed = self.form.cleaned_data["at"]
        if not typed and not self.form.cleaned_data["address"]:
            return None
        at = typed or timezone.now().replace(microsecond=0)
        is_minute = typed and not typed.second
        return at, at + timedelta(**{"minutes" if is_minute else "seconds": 1})

    def get_base_queryset(self):
        entries = AlertHistoryEntry.objects.with_period()
        if not self.form.is_valid():
            return entries.none()
        asked = self.form.cleaned_data
        if self.period:
            shown = AlertHistoryEntry.objects.visible_between(*self.period)
            pks = [e.pk for e in shown if e.is_visible_on(asked["address"])]
            # As pages show alerts, and then in the order of one alert's changes.
            entries = entries.filter(pk__in=pks).order_by(
                "-severity", "-starts_at", "-alert_id", "pk"
            )
        words = asked["words"]
        return entries.filter(Q(heading__icontains=words) | Q(text__icontains=words))

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        context["media"] += self.form.media
        if self.period:
            alert_ids = self.object_list.order_by().values("alert_id").distinct()
            context |= {
                "alert_count": alert_ids.count(),
                "time": format_period(*self.period),
            }
        return {**context, "form": self.form}


register_report(AlertHistoryView)
