from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import time_machine

from home.content_version import get_next_scheduled_change, start_of_day
from tests.factories import AlertFactory, PolicyUpdatePageFactory, StandardPageFactory

NOON = datetime(2027, 3, 10, 12, tzinfo=ZoneInfo("Europe/London"))
LATER = NOON + timedelta(hours=3)
LATEST = NOON + timedelta(days=40)
SECOND = timedelta(seconds=1)
POLICY_DATES = (
    "outcome_published_on",
    "adopted_on",
    "review_started_on",
    "replaced_on",
    "withdrawn_on",
)


def changes_after(at):
    """Return all scheduled changes after a time."""
    while at := get_next_scheduled_change(at):
        yield at


def test_start_and_end_of_alerts_consultations_and_pages_in_their_order(section):
    AlertFactory(starts_at=NOON - timedelta(days=1), ends_at=LATEST)
    StandardPageFactory(parent=section, expire_at=LATER)
    StandardPageFactory(parent=section, expire_at=LATER + SECOND)
    PolicyUpdatePageFactory(parent=section, adopted_on=date(2027, 3, 11))
    PolicyUpdatePageFactory(
        parent=section,
        consultation_opens_at=LATER + 2 * SECOND,
        consultation_closes_at=LATEST + SECOND,
    )
    AlertFactory(starts_at=LATER + 3 * SECOND, ends_at=LATEST)
    # Neither is a draft's.
    PolicyUpdatePageFactory(parent=section, adopted_on=date(2027, 7, 1), live=False)
    draft = StandardPageFactory(parent=section, live=False)
    draft.go_live_at = LATER
    draft.save_revision()
    assert list(changes_after(NOON)) == [
        *(LATER + number * SECOND for number in range(4)),
        datetime(2027, 3, 11, tzinfo=UTC),
        LATEST,
        LATEST + SECOND,
    ]


def test_scheduled_publication_until_its_job_had_two_minutes(section):
    with time_machine.travel(NOON, tick=False):
        page = StandardPageFactory(parent=section, live=False)
        page.go_live_at = LATER
        page.save_revision().publish()
    assert get_next_scheduled_change(NOON) == LATER
    # It is published as soon as the job gets to it, if the job runs at all.
    assert get_next_scheduled_change(LATER) == LATER + SECOND
    assert get_next_scheduled_change(LATER + timedelta(minutes=2)) is None


def test_a_date_begins_at_midnight_in_london(section):
    midnights = {
        date(2027, 1, 5): datetime(2027, 1, 5, 0, tzinfo=UTC),
        # The clocks go forward on 28 March and back on 31 October.
        date(2027, 3, 28): datetime(2027, 3, 28, 0, tzinfo=UTC),
        date(2027, 3, 29): datetime(2027, 3, 28, 23, tzinfo=UTC),
        date(2027, 7, 1): datetime(2027, 6, 30, 23, tzinfo=UTC),
        date(2027, 10, 31): datetime(2027, 10, 30, 23, tzinfo=UTC),
    }
    for day, midnight in midnights.items():
        assert start_of_day(day) == midnight
        PolicyUpdatePageFactory(parent=section, adopted_on=day)
    before = midnights[date(2027, 1, 5)] - SECOND
    assert list(changes_after(before)) == list(midnights.values())


def test_each_date_of_a_policy_is_a_scheduled_change(section):
    days = {name: date(2027, 7, day) for day, name in enumerate(POLICY_DATES, 1)}
    PolicyUpdatePageFactory(parent=section, withdrawn_reason="Out of date", **days)
    assert list(changes_after(NOON)) == [start_of_day(day) for day in days.values()]
