from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput
from wagtail.utils.timestamps import render_timestamp

from community.models import AlertSnippet
from home.content.dates import LocalDateTimeField
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


@pytest.mark.parametrize("typed", ["11/27/2026 18:00", "tomorrow", "27/11/2026 25:00"])
def test_what_cannot_be_read_is_an_error(typed, read_typed):
    with pytest.raises(ValidationError, match="like 27/11/2026 18:00"):
        read_typed(typed)


def test_time_that_the_clocks_leave_out_is_explained(read_typed):
    with pytest.raises(ValidationError) as error:
        read_typed("28/03/2027 01:30")
    assert error.value.messages == [
        "The clocks go forward that night, so 01:30 on 28/03/2027 does not exist. "
        "Enter a time before 01:00, or 02:00 or later."
    ]


def test_time_that_comes_twice_is_explained(read_typed):
    with pytest.raises(ValidationError) as error:
        read_typed("31/10/2027 01:30")
    assert error.value.messages == [
        "The clocks go back that night, so 01:30 on 31/10/2027 happens twice. "
        "Enter a time before 01:00, or 02:00 or later."
    ]


@pytest.mark.parametrize(
    ("widget", "shown"),
    [(AdminDateTimeInput, "27/11/2026 18:00"), (AdminDateInput, "27/11/2026")],
)
def test_date_is_shown_as_officers_write_it(widget, shown):
    assert widget().format_value(datetime(2026, 11, 27, 18)) == shown


def test_dates_of_pages_are_read_as_officers_write_them(section, send_form):
    page = PolicyUpdatePageFactory(parent=section)
    send_form(
        reverse("wagtailadmin_pages:edit", args=[page.pk]),
        button=None,
        review_on="03/04/2027",
    )
    draft = page.get_latest_revision_as_object()
    page.refresh_from_db()
    draft = page.get_latest_revision_as_object()
    assert str(draft.review_on) == "2027-04-03"


def test_date_picker_is_told_to_leave_typed_dates_alone(home, admin_client, settings):
    html = admin_client.get(reverse("wagtailadmin_home")).content.decode()
    assert html.index("jquery.datetimepicker.js") < html.index("js/admin-dates.js")
    script = Path(settings.BASE_DIR) / "stockton_cms/static/js/admin-dates.js"
    assert "validateOnBlur: false" in script.read_text()


def test_wagtail_writes_times_as_the_rest_of_the_admin_does():
    at = datetime(2026, 12, 1, 12, 45, tzinfo=UTC)
    assert render_timestamp(at) == "1 December 2026, 12:45"
