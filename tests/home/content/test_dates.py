from datetime import date, datetime

import pytest
from django.utils import timezone

from home.content.dates import format_relative_datetime, months_after


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


def test_months_are_counted_by_the_calendar():
    assert months_after(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_after(date(2026, 12, 1), 12) == date(2027, 12, 1)
