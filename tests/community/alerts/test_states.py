"""The states of alerts and their times, as editors read them."""

from datetime import datetime

import pytest
from django.utils import timezone

from community.alerts.states import (
    AlertState,
    describe_state,
    format_relative_datetime,
    format_time,
)
from community.models import AlertSnippet


def at(text):
    return timezone.make_aware(datetime.fromisoformat(text))


NOW = at("2026-11-23 12:30")


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("00:00", "midnight"),
        ("00:30", "12:30am"),
        ("06:05", "6:05am"),
        ("12:00", "midday"),
        ("12:01", "12:01pm"),
        ("18:00", "6pm"),
        ("18:30", "6:30pm"),
    ],
)
@pytest.mark.parametrize("day", ["2026-06-23", "2026-11-23"])
def test_time_is_formatted_by_the_councils_clock(day, time, words):
    assert format_time(at(f"{day} {time}")) == words


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("2026-11-23 18:00", "at 6pm today"),
        ("2026-11-24 08:00", "at 8am tomorrow"),
        ("2026-11-22 18:00", "yesterday at 6pm"),
        ("2026-11-30 08:00", "on Monday 30 November at 8am"),
        ("2027-01-04 08:00", "on Monday 4 January 2027 at 8am"),
        ("2026-11-23 12:00", "at midday today"),
        ("2026-11-24 00:00", "at midnight tonight"),
        ("2026-11-23 00:00", "at midnight last night"),
        (
            "2026-11-27 00:00",
            "on Friday 27 November at midnight, as the day begins",
        ),
    ],
)
def test_time_is_formatted_relative_to_today(time, words):
    assert format_relative_datetime(at(time), NOW) == words


@pytest.mark.parametrize(
    ("state", "times", "words"),
    [
        (
            AlertState.LIVE,
            ("2026-11-23 09:00", "2026-11-23 18:00"),
            "Live until 6pm today",
        ),
        (
            AlertState.LIVE,
            ("2026-11-23 09:00", "2026-11-30 08:00"),
            "Live until Monday 30 November at 8am",
        ),
        (
            AlertState.ENDING_SOON,
            ("2026-11-23 09:00", "2026-11-23 13:10"),
            "Ends in 40 minutes, at 1:10pm",
        ),
        (
            AlertState.ENDING_SOON,
            ("2026-11-23 09:00", "2026-11-23 12:31"),
            "Ends in 1 minute, at 12:31pm",
        ),
        (
            AlertState.ENDING_SOON,
            ("2026-11-23 09:00", "2026-11-23 12:30:30"),
            "Ends in less than a minute, at 12:30pm",
        ),
        (
            AlertState.SCHEDULED,
            ("2026-11-30 08:00", "2026-11-30 18:00"),
            "Starts on Monday 30 November at 8am",
        ),
        (
            AlertState.ENDED,
            ("2026-11-22 08:00", "2026-11-22 18:00"),
            "Ended yesterday at 6pm",
        ),
        (AlertState.DRAFT, ("2026-11-22 08:00", "2026-11-22 18:00"), "Draft"),
        (
            AlertState.UNPUBLISHED,
            ("2026-11-22 08:00", "2026-11-22 18:00"),
            "Unpublished",
        ),
    ],
)
def test_state_is_described_with_its_times(state, times, words):
    is_live = state not in {AlertState.DRAFT, AlertState.UNPUBLISHED}
    starts_at, ends_at = map(at, times)
    alert = AlertSnippet(starts_at=starts_at, ends_at=ends_at, live=is_live)
    alert.state = state
    assert describe_state(alert, NOW) == words
    alert.has_unpublished_changes = True
    more = ", with unpublished changes" if is_live else ""
    assert describe_state(alert, NOW) == words + more
