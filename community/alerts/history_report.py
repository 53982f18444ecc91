"""The alert history as a report: what the site said at a moment, and its export."""

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

from community.alerts.history import WORST_FIRST, get_appearances, shown_at
from community.models import AlertHistoryEntry, AlertSnippet
from community.models.alerts import Scope
from home.content.dates import LocalDateTimeField
from home.page_tree.addresses import site_path, url_path_at
from home.reports import SafeExportMixin


class PastMomentField(LocalDateTimeField):
    """A moment to ask about, also in the hour that comes twice."""

    def to_python(self, value):
        """Return the moment; say how to name the hour that the clocks repeat."""
        try:
            moment = super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            raise ValidationError(
                f"{error.message} To ask about a time that came twice, type "
                "2026-10-25 01:30+01:00 for the first, 2026-10-25 01:30+00:00 for the "
                "second.",
                code=error.code,
            ) from error
        if moment and not 2000 <= moment.year <= 2100:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class AlertHistoryForm(forms.Form):
    """The question what a page said at a moment."""

    at = PastMomentField(
        label="Day and time",
        required=False,
        widget=AdminDateTimeInput,
        help_text="Like this: 03/03/2026 14:05. Leave it empty for now.",
    )
    address = forms.CharField(
        label="Address of the page",
        required=False,
        max_length=2000,
        help_text="As it was then, such as /communities/food/, or copied from the "
        "browser. Leave it empty for all pages.",
    )
    words = forms.CharField(
        label="Words in the alert",
        required=False,
        max_length=100,
        help_text="Only alerts whose heading or text has these words.",
    )

    def clean_address(self):
        """Keep the place in the tree that the address stands for."""
        address = self.cleaned_data["address"]
        self.url_path = url_path_at(address) if address else None
        if address and self.url_path is None:
            raise ValidationError(
                "This is not an address of our site. Begin with a slash, such as "
                "/communities/food/, or copy the whole address from the browser."
            )
        return address


def in_words(moment: datetime) -> str:
    """Return a moment by the council's clock, such as '2:05pm GMT on 3 March 2026'."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
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


def _on(entry: AlertHistoryEntry) -> str:
    return in_words(entry.appearance.on_at) if entry.appearance else "Never shown"


def _off(entry: AlertHistoryEntry) -> str:
    if not entry.appearance:
        return ""
    is_to_come = entry.appearance.off_at > timezone.now()
    planned = " (planned)" if is_to_come else ""
    return in_words(entry.appearance.off_at) + planned


def _exact(moment: datetime | None) -> str:
    """Return a moment for a spreadsheet: by the council's clock, with its offset."""
    return timezone.localtime(moment).isoformat(sep=" ") if moment else ""


# What the table shows of an entry, and under which heading.
CELLS = {
    "on": ("On from", _on),
    "off": ("Off at", _off),
    "severity": ("Severity", AlertHistoryEntry.get_severity_display),
    "heading": ("Alert", lambda entry: entry.heading),
    "text": ("Text", lambda entry: get_text_for_indexing(entry.text)),
    "link": ("Link", _link),
    "where": ("Where", _where),
    "event": ("What happened", AlertHistoryEntry.get_event_display),
    "who": ("Who", lambda entry: entry.user_name or "The system"),
    "recorded_at": ("Recorded", lambda entry: in_words(entry.recorded_at)),
}
# The spreadsheet has the moments to the microsecond, and the alert's number.
EXPORTED = {
    **CELLS,
    "on": ("On from", lambda entry: _exact(getattr(entry.appearance, "on_at", None))),
    "off": ("Off at", lambda entry: _exact(getattr(entry.appearance, "off_at", None))),
    "recorded_at": ("Recorded", lambda entry: _exact(entry.recorded_at)),
    "alert_id": ("Number of the alert", lambda entry: entry.alert_id),
}


class AlertHistoryView(SafeExportMixin, ReportView):
    """The history, newest first, or what of it was shown at a moment."""

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
        """Return the question; unbound while nothing is asked."""
        asked = any(self.request.GET.get(name) for name in AlertHistoryForm.base_fields)
        data = self.request.GET if asked else None
        return AlertHistoryForm(data, initial={"at": timezone.now()})

    @cached_property
    def moment(self) -> datetime | None:
        """Return the moment that is asked about; None for the whole history."""
        if not self.form.is_valid():
            return None
        asked = self.form.cleaned_data
        return asked["at"] or (timezone.now() if asked["address"] else None)

    @property
    def url_path(self) -> str | None:
        """Return the place in the tree that is asked about; None for all pages."""
        return self.form.url_path if self.moment else None

    def get_queryset(self):
        """Return the entries that answer; none while the question has an error."""
        entries = AlertHistoryEntry.objects.all()
        if not self.form.is_bound:
            return entries
        if not self.form.is_valid():
            return entries.none()
        if self.moment:
            shown = shown_at(self.moment, self.url_path)
            entries = entries.filter(pk__in=[entry.pk for entry in shown])
            entries = entries.order_by(*WORST_FIRST)
        words = self.form.cleaned_data["words"]
        return entries.filter(Q(heading__icontains=words) | Q(text__icontains=words))

    def decorate_paginated_queryset(self, object_list):
        """Give each entry the times at which its alert went on and off."""
        alert_ids = {entry.alert_id for entry in object_list}
        appearances = get_appearances(alert_ids, self.url_path)
        for entry in object_list:
            entry.appearance = appearances.get(entry.pk)
        return object_list

    def get_context_data(self, *args, **kwargs):
        """Add the form, and the answer in words."""
        context = super().get_context_data(*args, **kwargs)
        context["media"] += self.form.media
        answer = self._answer(context["items_count"]) if self.moment else ""
        return {**context, "form": self.form, "answer": answer}

    def _answer(self, count: int) -> str:
        asked = self.form.cleaned_data
        place = f"the page {asked['address']}" if asked["address"] else "the site"
        alerts = {0: "no alert", 1: "this alert"}.get(count, f"these {count} alerts")
        words = f" with the words '{asked['words']}'" if asked["words"] else ""
        return f"At {in_words(self.moment)} {place} showed {alerts}{words}."

    def to_row_dict(self, item):
        """Return the cells of an entry for a spreadsheet."""
        return {name: cell(item) for name, (_, cell) in EXPORTED.items()}


class AlertHistoryMenuItem(MenuItem):
    """The report's entry, for those who may see alerts."""

    def is_shown(self, request):
        """Say whether somebody may read the history."""
        return AlertHistoryView.permission_policy.user_has_any_permission(
            request.user, AlertHistoryView.any_permission_required
        )
