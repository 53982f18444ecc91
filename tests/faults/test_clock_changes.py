"""On the two Sundays on which the clock changes, all begins and ends at its moment."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from community.models import AlertSnippet
from home import content_version
from tests.stockton_cms.clock_changes import AT_ANY_MOMENT, AT_MIDNIGHT, DAY, midnight
from tests.stockton_cms.test_time_boundaries import clock, walk  # noqa: F401

FAULT = "clock changes"
SUNDAYS = (date(2027, 3, 28), date(2027, 10, 31))
# By the council's clock 01:30 twice in October; in March 00:30 and 02:30.
MINUTES_AFTER_MIDNIGHT = (30, 90)

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

CASES = [
    (name, datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=each))
    for day in SUNDAYS
    for name in AT_ANY_MOMENT
    for each in MINUTES_AFTER_MIDNIGHT
] + [
    (name, midnight(each))
    for day in SUNDAYS
    for name in AT_MIDNIGHT
    for each in (day, day + DAY)
]


def wrong_cases(walk, section, cases) -> list[str]:  # noqa: F811
    """Return the cases in which a page says something too early or too late."""
    wrong = []
    for name, moment in cases:
        try:
            walk((AT_ANY_MOMENT | AT_MIDNIGHT)[name], moment)
        except AssertionError:
            wrong.append(f"{name} at {moment}")
        # Others look for what has the same name.
        AlertSnippet.objects.all().delete()
        for page in section.get_children().specific():
            page.delete()
    return wrong


def test_all_begins_and_ends_at_its_moment(walk, section, measured):  # noqa: F811
    wrong = wrong_cases(walk, section, CASES)
    measured(
        FAULT,
        f"{len(CASES)} cases on {' and '.join(map(str, SUNDAYS))}: all to the second",
        f"{len(CASES) - len(wrong)} of {len(CASES)} right",
    )
    assert len(CASES) >= 24
    assert wrong == []


def test_by_another_clock_some_would_be_wrong(walk, section, measured, monkeypatch):  # noqa: F811
    def start_of_day(day):
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC"))

    monkeypatch.setattr(content_version, "start_of_day", start_of_day)
    cases = [case for case in CASES if case[0] in AT_MIDNIGHT]
    wrong = wrong_cases(walk, section, cases)
    measured(
        FAULT,
        "with the days of Greenwich all year: some are wrong",
        f"{len(wrong)} of {len(cases)} wrong",
    )
    assert wrong
