from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput

from community.models import AlertSnippet
from home.content.dates import format_relative_datetime
from home.content.fields import LocalDateTimeField
from tests.factories import PolicyUpdatePageFactory


@pytest.fixture
def read_typed():
    field = AlertSnippet.snippet_viewset.get_form_class().base_fields["ends_at"]
    assert isinstance(field, LocalDateTimeField)
    return field.clean


@pytest.mark.parametrize(
    "typed",
    ["27/11/2026 18:00", "27/11/26 18:00", "2026-11-27 18:00", "2026-11-27T18:00"],
)
def test_datetime_is_parsed_as_editors_type_it(typed, read_typed):
    assert read_typed(typed) == datetime(2026, 11, 27, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("11/27/2026 18:00", "like 27/11/2026 18:00"),
        ("tomorrow", "like 27/11/2026 18:00"),
        ("27/11/2026 25:00", "like 27/11/2026 18:00"),
        ("28/03/2027 01:30", "The clocks change that night"),
        ("31/10/2027 01:30", "The clocks change that night"),
    ],
)
def test_what_cannot_be_read_is_explained(typed, message, read_typed):
    with pytest.raises(ValidationError, match=message):
        read_typed(typed)


def test_dates_are_shown_and_read_as_officers_write_them(section, send_form):
    at = datetime(2026, 11, 27, 18)
    assert AdminDateTimeInput().format_value(at) == "27/11/2026 18:00"
    assert AdminDateInput().format_value(at) == "27/11/2026"
    page = PolicyUpdatePageFactory(parent=section)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    send_form(address, button=None, review_on="03/04/2027")
    page.refresh_from_db()
    draft = page.get_latest_revision_as_object()
    assert str(draft.review_on) == "2027-04-03"


def test_date_picker_leaves_typed_dates_alone(home, admin_client, settings):
    html = admin_client.get(reverse("wagtailadmin_home")).content.decode()
    assert html.index("jquery.datetimepicker.js") < html.index("js/admin-dates.js")
    script = Path(settings.BASE_DIR) / "stockton_cms/static/js/admin-dates.js"
    assert "validateOnBlur: false" in script.read_text()


@pytest.mark.parametrize(
    ("day", "clock", "words"),
    [
        ("2026-11-23", "18:30", "at 6:30pm today"),
        ("2026-11-23", "12:00", "at midday today"),
        ("2026-11-23", "00:00", "at midnight last night"),
        ("2026-11-24", "08:00", "at 8am tomorrow"),
        ("2026-11-24", "00:00", "at midnight tonight"),
        ("2026-11-22", "00:30", "yesterday at 12:30am"),
        ("2026-11-27", "00:00", "on Friday 27 November at midnight, as the day begins"),
        ("2027-06-07", "12:01", "on Monday 7 June 2027 at 12:01pm"),
    ],
)
def test_time_is_given_by_the_councils_clock_relative_to_today(day, clock, words):
    now, then = (
        timezone.make_aware(datetime.fromisoformat(text))
        for text in ("2026-11-23 12:30", f"{day} {clock}")
    )
    assert format_relative_datetime(then, now) == words
