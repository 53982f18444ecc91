"""The alert history report: which alerts the site showed at a time, and exports."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets import AdminDateTimeInput
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.rich_text import get_text_for_indexing

from community.alerts.history import WORST_FIRST, get_appearances, visible_between
from community.models import AlertHistoryEntry, AlertSnippet
from community.models.alert_history import HistoryEvent
from community.models.visible_alerts import Scope
from home.content.dates import LocalDateTimeField
from home.page_tree.addresses import site_path, url_path_at
from home.reports import ExportColumn, Report, ScreenColumn, register_report


class PastDateTimeField(LocalDateTimeField):
    """A time to look up, including in the hour that the clocks repeat."""

    def to_python(self, value):
        try:
            at = super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            raise ValidationError(
                f"{error.message} For a time repeated when the clocks go back, "
                "enter 2026-10-25 01:30+01:00 for the first or "
                "2026-10-25 01:30+00:00 for the second.",
                code=error.code,
            ) from error
        if at and not 2000 <= at.year <= 2100:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return at


class AlertHistoryForm(forms.Form):
    at = PastDateTimeField(
        label="Date and time",
        required=False,
        widget=AdminDateTimeInput,
        help_text="For example, 03/03/2026 14:05 for all of that minute, or "
        "03/03/2026 14:05:30. Leave empty for the current time.",
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

    def get_duration(self) -> timedelta:
        """Return how long the time lasts, as precisely as it was typed."""
        typed = self.data.get("at", "").strip()
        if typed and not re.search(r":\d\d:\d\d", typed):
            return timedelta(minutes=1)
        is_exact = not typed or "." in typed
        return timedelta(microseconds=1) if is_exact else timedelta(seconds=1)

    def clean_address(self):
        address = self.cleaned_data["address"]
        self.url_path = url_path_at(address) if address else None
        if address and self.url_path is None:
            raise ValidationError(
                "Enter an address on this website. Start with a slash, like "
                "/communities/food/, or copy the whole address from the browser."
            )
        return address


def format_exact_time(at: datetime) -> str:
    """Return a time by the council's clock, such as '2:05pm GMT on 3 March 2026'."""
    local = timezone.localtime(at, timezone.get_default_timezone())
    clock = f"{local.hour % 12 or 12}:{local:%M:%S}".removesuffix(":00")
    half = "pm" if local.hour >= 12 else "am"
    return f"{clock}{half} {local.tzname()} on {local.day} {local:%B %Y}"


def _where(entry: AlertHistoryEntry) -> str:
    if entry.scope == Scope.SITE:
        return "On every page"
    return "; ".join(
        f"{place['title']} ({site_path(place['url_path']) or place['url_path']})"
        + ("" if place["is_live"] else ", not published")
        + (" and every page below it" if place["include_descendants"] else "")
        for place in entry.places
    )


def _link(entry: AlertHistoryEntry) -> str:
    return f"{entry.link_text} ({entry.link_href})" if entry.link_href else ""


# These say that what was shown before is off, and add nothing that was shown.
END_EVENTS = (HistoryEvent.ENDED, HistoryEvent.TAKEN_DOWN, HistoryEvent.DELETED)


def _shown_from(entry: AlertHistoryEntry) -> str:
    if entry.appearance:
        return format_exact_time(entry.appearance.on_at)
    return "" if entry.event in END_EVENTS else "Never shown"


def _shown_until(entry: AlertHistoryEntry) -> str:
    if not entry.appearance:
        return ""
    is_planned = entry.appearance.off_at > timezone.now()
    planned = " (planned)" if is_planned else ""
    return format_exact_time(entry.appearance.off_at) + planned


def _exact(at: datetime | None) -> str:
    """Return a time for a spreadsheet: by the council's clock, with its offset."""
    return timezone.localtime(at).isoformat(sep=" ") if at else ""


class AlertHistoryView(Report):
    """The whole history, newest first, or the entries shown at one time."""

    slug = "alert-history"
    page_title = "Alert history"
    header_icon = "calendar-alt"
    template_name = "community/alert_history.html"
    model = AlertHistoryEntry
    permission_policy = ModelPermissionPolicy(AlertSnippet)
    any_permission_required = {"view"}
    # Exports have times to the microsecond, and the alert's ID.
    columns = [
        ScreenColumn("on", label="Shown from", accessor=_shown_from),
        ScreenColumn("off", label="Shown until", accessor=_shown_until),
        ExportColumn(
            "on_at",
            label="Shown from",
            accessor=lambda entry: _exact(getattr(entry.appearance, "on_at", None)),
        ),
        ExportColumn(
            "off_at",
            label="Shown until",
            accessor=lambda entry: _exact(getattr(entry.appearance, "off_at", None)),
        ),
        Column("get_severity_display", label="Severity"),
        Column("heading", label="Alert"),
        Column(
            "text",
            label="Text",
            accessor=lambda entry: get_text_for_indexing(entry.text),
        ),
        Column("link", label="Link", accessor=_link),
        Column("where", label="Where", accessor=_where),
        Column("get_event_display", label="Event"),
        Column(
            "who",
            label="Changed by",
            accessor=lambda entry: entry.user_name or "The system",
        ),
        ScreenColumn(
            "recorded",
            label="Recorded",
            accessor=lambda entry: format_exact_time(entry.recorded_at),
        ),
        ExportColumn(
            "recorded_at",
            label="Recorded",
            accessor=lambda entry: _exact(entry.recorded_at),
        ),
        ExportColumn("alert_id", label="Alert ID"),
    ]

    @cached_property
    def form(self) -> AlertHistoryForm:
        asked = any(self.request.GET.get(name) for name in AlertHistoryForm.base_fields)
        data = self.request.GET if asked else None
        return AlertHistoryForm(data, initial={"at": timezone.now()})

    @cached_property
    def at(self) -> datetime | None:
        """Return the time to look up; None for the whole history."""
        if not self.form.is_valid():
            return None
        asked = self.form.cleaned_data
        return asked["at"] or (timezone.now() if asked["address"] else None)

    @property
    def url_path(self) -> str | None:
        """Return the place in the tree to look up; None for all pages."""
        return self.form.url_path if self.at else None

    def get_base_queryset(self):
        entries = AlertHistoryEntry.objects.all()
        if not self.form.is_bound:
            return entries
        if not self.form.is_valid():
            return entries.none()
        if self.at:
            entries = entries.filter(pk__in=self._find_shown())
            entries = entries.order_by(*WORST_FIRST)
        words = self.form.cleaned_data["words"]
        return entries.filter(Q(heading__icontains=words) | Q(text__icontains=words))

    def _find_shown(self) -> Iterable[int]:
        """Return the pks of the entries shown, one for each text of an alert."""
        end = self.at + self.form.get_duration()
        shown = visible_between(self.at, end, self.url_path)
        appearances = get_appearances({e.alert_id for e in shown}, self.url_path)
        return {(e.alert_id, appearances[e.pk]): e.pk for e in shown}.values()

    def decorate_paginated_queryset(self, object_list):
        alert_ids = {entry.alert_id for entry in object_list}
        appearances = get_appearances(alert_ids, self.url_path)
        for entry in object_list:
            entry.appearance = appearances.get(entry.pk)
        return object_list

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        context["media"] += self.form.media
        answer = self._answer() if self.at else ""
        return {**context, "form": self.form, "answer": answer}

    def _answer(self) -> str:
        entries = self.object_list.count()
        count = self.object_list.order_by().values("alert_id").distinct().count()
        asked = self.form.cleaned_data
        place = f"the page {asked['address']}" if asked["address"] else "the site"
        alerts = {0: "no alerts", 1: "this alert"}.get(count, f"these {count} alerts")
        if entries > count:
            alerts += ", including changes during that time"
        containing = f" containing '{asked['words']}'" if asked["words"] else ""
        return f"At {format_exact_time(self.at)}, {place} showed {alerts}{containing}."


register_report(AlertHistoryView)
