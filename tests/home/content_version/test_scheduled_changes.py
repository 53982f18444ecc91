from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from home.content_version.counter import get_next_scheduled_change, start_of_day
from tests.factories import AlertFactory, PolicyUpdatePageFactory, StandardPageFactory

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2027, 3, 10, 12, tzinfo=LONDON)
LATER = NOON + timedelta(hours=3)
LATEST = NOON + timedelta(days=40)

POLICY_DATES = (
    "outcome_published_on",
    "adopted_on",
    "review_started_on",
    "replaced_on",
    "withdrawn_on",
)


def test_start_then_end_of_an_alert_are_boundaries(home):
    AlertFactory(starts_at=LATER, ends_at=LATEST)
    assert get_next_scheduled_change(NOON) == LATER
    assert get_next_scheduled_change(LATER) == LATEST
    assert get_next_scheduled_change(LATEST) is None


def test_expiry_of_a_live_page_is_a_boundary(section):
    StandardPageFactory(parent=section, expire_at=LATER)
    assert get_next_scheduled_change(NOON) == LATER
    assert get_next_scheduled_change(LATER) is None


def test_scheduled_revision_is_a_boundary(section):
    with time_machine.travel(NOON, tick=False):
        page = StandardPageFactory(parent=section, live=False)
        page.go_live_at = LATER
        page.save_revision().publish()
    assert get_next_scheduled_change(NOON) == LATER
    # It is published as soon as the job gets to it, if the job runs at all.
    assert get_next_scheduled_change(LATER) == LATER + timedelta(seconds=1)
    assert get_next_scheduled_change(LATER + timedelta(minutes=2)) is None


def test_draft_that_waits_for_approval_is_no_boundary(section):
    page = StandardPageFactory(parent=section, live=False)
    page.go_live_at = LATER
    page.save_revision()
    assert get_next_scheduled_change(NOON) is None


@pytest.mark.parametrize(
    ("day", "midnight"),
    [
        (date(2027, 1, 5), datetime(2027, 1, 5, 0, tzinfo=UTC)),
        (date(2027, 7, 1), datetime(2027, 6, 30, 23, tzinfo=UTC)),
        (date(2027, 3, 28), datetime(2027, 3, 28, 0, tzinfo=UTC)),
        (date(2027, 3, 29), datetime(2027, 3, 28, 23, tzinfo=UTC)),
        (date(2027, 10, 31), datetime(2027, 10, 30, 23, tzinfo=UTC)),
    ],
    ids=["winter", "summer", "spring forward", "day after", "fall back"],
)
def test_a_date_begins_at_midnight_in_london(day, midnight, section):
    assert start_of_day(day) == midnight
    PolicyUpdatePageFactory(parent=section, adopted_on=day)
    assert get_next_scheduled_change(midnight - timedelta(seconds=1)) == midnight
    assert get_next_scheduled_change(midnight) is None


@pytest.mark.parametrize("name", POLICY_DATES)
def test_each_date_of_a_policy_is_a_boundary(name, section):
    day = date(2027, 7, 1)
    dates = {name: day, "withdrawn_reason": "It is out of date."}
    PolicyUpdatePageFactory(parent=section, **dates)
    assert get_next_scheduled_change(NOON) == start_of_day(day)


def test_opening_and_closing_of_a_consultation_are_boundaries(section):
    PolicyUpdatePageFactory(
        parent=section, consultation_opens_at=LATER, consultation_closes_at=LATEST
    )
    assert get_next_scheduled_change(NOON) == LATER
    assert get_next_scheduled_change(LATER) == LATEST
    assert get_next_scheduled_change(LATEST) is None


def test_dates_of_a_policy_that_is_not_live_are_no_boundary(section):
    PolicyUpdatePageFactory(parent=section, adopted_on=date(2027, 7, 1), live=False)
    assert get_next_scheduled_change(NOON) is None


def test_first_of_many_is_the_next(section):
    AlertFactory(starts_at=NOON - timedelta(days=1), ends_at=LATEST)
    StandardPageFactory(parent=section, expire_at=LATER)
    StandardPageFactory(parent=section, expire_at=LATER + timedelta(seconds=1))
    PolicyUpdatePageFactory(parent=section, adopted_on=date(2027, 3, 11))
    assert get_next_scheduled_change(NOON) == LATER
    assert get_next_scheduled_change(LATER) == LATER + timedelta(seconds=1)
    assert get_next_scheduled_change(LATER + timedelta(seconds=1)) == datetime(
        2027, 3, 11, tzinfo=UTC
    )
    assert get_next_scheduled_change(datetime(2027, 3, 11, tzinfo=UTC)) == LATEST
