"""Dates and times: as officers type them in the admin, and sums with days."""

from calendar import monthrange
from datetime import UTC, date, datetime

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.widgets import AdminDateTimeInput


class LocalDateTimeField(forms.DateTimeField):
    """A moment by the council's clock; says in plain words what it cannot read."""

    default_error_messages = {
        "invalid": "Type the day and the time like this: 27/11/2026 18:00."
    }

    def to_python(self, value):
        """Return the moment; explain a time that the clock change leaves out."""
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            text = explain_clock_change(error.params["datetime"])
            raise ValidationError(text, code=error.code) from error


def explain_clock_change(typed: datetime) -> str:
    """Say why a local time does not exist, or comes twice, and what to type."""
    shown = f"{typed:%H:%M on %d/%m/%Y}"
    moment = typed.replace(tzinfo=timezone.get_current_timezone())
    there_and_back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    if there_and_back.replace(tzinfo=None) == typed:
        why = f"The clocks go back that night, so {shown} comes twice."
    else:
        why = f"The clocks go forward that night, so {shown} does not exist."
    return f"{why} Type a time before 01:00, or 02:00 or later."


register_form_field_override(
    models.DateTimeField,
    override={"form_class": LocalDateTimeField, "widget": AdminDateTimeInput},
)


def days_after(day: date, days: int) -> date:
    """Return the day so many days later or earlier, or the last or first there is."""
    number = day.toordinal() + days
    return date.fromordinal(max(1, min(number, date.max.toordinal())))


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
