"""Dates and times as officers type them in the admin: 27/11/2026 18:00."""

from datetime import UTC, datetime

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
