"""The alert history report: which alerts the site showed at a time, and exports."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.reports import ReportView
from wagtail.admin.widgets import AdminDateTimeInput
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.rich_text import get_text_for_indexing

from community.alerts.history import WORST_FIRST, get_appearances, visible_at
from community.models import AlertHistoryEntry, AlertSnippet
from community.models.visible_alerts import Scope
from home.content.dates import LocalDateTimeField
from home.page_tree.addresses import site_path, url_path_at
from home.reports import SafeExportMixin


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
        help_text="For example, 03/03/2026 14:05. Leave empty for the current time.",
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


def _shown_from(entry: AlertHistoryEntry) -> str:
    return (
        format_exact_time(entry.appearance.on_at) if entry.appearance else "Never shown"
    )


def _shown_until(entry: AlertHistoryEntry) -> str:
    if not entry.appearance:
        return ""
    is_planned = entry.appearance.off_at > timezone.now()
    planned = " (planned)" if is_planned else ""
    return format_exact_time(entry.appearance.off_at) + planned


def _exact(at: datetime | None) -> str:
    """Return a time for a spreadsheet: by the council's clock, with its offset."""
    return timezone.localtime(at).isoformat(sep=" ") if at else ""


# The columns of the table: heading and value.
CELLS = {
    "on": ("Shown from", _shown_from),
    "off": ("Shown until", _shown_until),
    "severity": ("Severity", AlertHistoryEntry.get_severity_display),
    "heading": ("Alert", lambda entry: entry.heading),
    "text": ("Text", lambda entry: get_text_for_indexing(entry.text)),
    "link": ("Link", _link),
    "where": ("Where", _where),
    "event": ("Event", AlertHistoryEntry.get_event_display),
    "who": ("Changed by", lambda entry: entry.user_name or "The system"),
    "recorded_at": ("Recorded", lambda entry: format_exact_time(entry.recorded_at)),
}
# Exports have times to the microsecond, and the alert's ID.
EXPORTED = {
    **CELLS,
    "on": (
        "Shown from",
        lambda entry: _exact(getattr(entry.appearance, "on_at", None)),
    ),
    "off": (
        "Shown until",
        lambda entry: _exact(getattr(entry.appearance, "off_at", None)),
    ),
    "recorded_at": ("Recorded", lambda entry: _exact(entry.recorded_at)),
    "alert_id": ("Alert ID", lambda entry: entry.alert_id),
}


class AlertHistoryView(SafeExportMixin, ReportView):
    """The whole history, newest first, or the entries shown at one time."""

    page_title = "Alert history"
    header_icon = "history"
    template_name = "community/alert_history.html"
    model = AlertHistoryEntry
    index_url_name = "alert_history_report"
    permission_policy = ModelPermissionPolicy(AlertSnippet)
    any_permission_required = {"view"}
    columns = [
        Column(name, label=label, accessor=cell)
        for name, (label, cell) in CELLS.items()
    ]
    list_export = list(EXPORTED)
    export_headings = {name: label for name, (label, _) in EXPORTED.items()}
    export_filename = "alert-history"

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

    def get_queryset(self):
        entries = AlertHistoryEntry.objects.all()
        if not self.form.is_bound:
            return entries
        if not self.form.is_valid():
            return entries.none()
        if self.at:
            shown = visible_at(self.at, self.url_path)
            entries = entries.filter(pk__in=[entry.pk for entry in shown])
            entries = entries.order_by(*WORST_FIRST)
        words = self.form.cleaned_data["words"]
        return entries.filter(Q(heading__icontains=words) | Q(text__icontains=words))

    def decorate_paginated_queryset(self, object_list):
        alert_ids = {entry.alert_id for entry in object_list}
        appearances = get_appearances(alert_ids, self.url_path)
        for entry in object_list:
            entry.appearance = appearances.get(entry.pk)
        return object_list

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        context["media"] += self.form.media
        answer = self._answer(context["items_count"]) if self.at else ""
        return {**context, "form": self.form, "answer": answer}

    def _answer(self, count: int) -> str:
        asked = self.form.cleaned_data
        place = f"the page {asked['address']}" if asked["address"] else "the site"
        alerts = {0: "no alerts", 1: "this alert"}.get(count, f"these {count} alerts")
        containing = f" containing '{asked['words']}'" if asked["words"] else ""
        return f"At {format_exact_time(self.at)}, {place} showed {alerts}{containing}."

    def to_row_dict(self, item):
        return {name: cell(item) for name, (_, cell) in EXPORTED.items()}


class AlertHistoryMenuItem(MenuItem):
    def is_shown(self, request):
        return AlertHistoryView.permission_policy.user_has_any_permission(
            request.user, AlertHistoryView.any_permission_required
        )
