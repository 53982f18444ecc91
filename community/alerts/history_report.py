"""The alert history report: which alerts the site showed at a time, and exports."""

from datetime import datetime, timedelta
from functools import partial

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets import AdminDateTimeInput
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.rich_text import get_text_for_indexing

from community.models import AlertHistoryEntry, AlertSnippet
from community.models.visible_alerts import Scope
from home.content.dates import LocalDateTimeField
from home.page_tree.addresses import site_path, url_path_at
from home.reports import ExportColumn, Report, register_report


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
    """The whole history, newest first, or the entries shown at one time."""

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
    def at(self) -> datetime | None:
        """Return the time to look up; None for the whole history."""
        if not self.form.is_valid():
            return None
        asked = self.form.cleaned_data
        return asked["at"] or (timezone.now() if asked["address"] else None)

    def get_base_queryset(self):
        entries = AlertHistoryEntry.objects.with_period()
        if not self.form.is_valid():
            return entries.none()
        asked = self.form.cleaned_data
        if self.at:
            length = timedelta(seconds=1) if self.at.second else timedelta(minutes=1)
            shown = AlertHistoryEntry.objects.visible_between(self.at, self.at + length)
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
        if self.at:
            alert_ids = self.object_list.order_by().values("alert_id").distinct()
            context |= {
                "alert_count": alert_ids.count(),
                "time": format_exact_time(self.at),
            }
        return {**context, "form": self.form}


register_report(AlertHistoryView)
