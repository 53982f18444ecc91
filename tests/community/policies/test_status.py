"""The status of a policy follows from its dates (P4)."""

import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError

from community.models import PolicyUpdatePage
from community.models.policies import STATUS_DATES, PolicyStatus
from tests.factories import PolicyUpdatePageFactory

LONDON = ZoneInfo("Europe/London")
SECOND = timedelta(seconds=1)
AT = datetime(2027, 7, 1, 12, tzinfo=LONDON)
TODAY = AT.date()
DAY = timedelta(days=1)
NOTHING = dict.fromkeys(STATUS_DATES)

OPEN = {"consultation_opens_at": AT - DAY, "consultation_closes_at": AT + DAY}
CLOSED = {"consultation_opens_at": AT - 2 * DAY, "consultation_closes_at": AT - DAY}
PLANNED = {"consultation_opens_at": AT + DAY, "consultation_closes_at": AT + 2 * DAY}
# From the rule that decides last to the one that decides first.
RULES = [
    (PolicyStatus.AWAITING_OUTCOME, CLOSED),
    (PolicyStatus.CLOSED, {"outcome_published_on": TODAY}),
    (PolicyStatus.ADOPTED, {"adopted_on": TODAY}),
    (PolicyStatus.UNDER_REVIEW, {"review_started_on": TODAY}),
    (PolicyStatus.CONSULTATION_OPEN, OPEN),
    (PolicyStatus.REPLACED, {"replaced_on": TODAY}),
    (PolicyStatus.WITHDRAWN, {"withdrawn_on": TODAY}),
]


def status_of(dates, at=AT):
    return PolicyUpdatePage(**dates).get_status(at)


@pytest.mark.parametrize(
    ("dates", "status"),
    [
        ({}, PolicyStatus.PROPOSED),
        (PLANNED, PolicyStatus.PROPOSED),
        ({"adopted_on": TODAY + DAY}, PolicyStatus.PROPOSED),
        (
            {**CLOSED, "outcome_published_on": TODAY + DAY},
            PolicyStatus.AWAITING_OUTCOME,
        ),
        ({"adopted_on": TODAY, **PLANNED}, PolicyStatus.ADOPTED),
        ({"adopted_on": TODAY, "withdrawn_on": TODAY + DAY}, PolicyStatus.ADOPTED),
        *[(dates, status) for status, dates in RULES],
    ],
)
def test_status_follows_from_the_dates(dates, status):
    assert status_of(dates) == status


def test_later_stage_goes_before_all_earlier_ones():
    everything = {}
    for status, dates in RULES:
        everything |= dates
        assert status_of(everything) == status


def test_a_date_counts_from_midnight_in_london():
    for day in (date(2027, 1, 5), date(2027, 7, 1), date(2027, 3, 28)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=LONDON)
        before = (midnight.astimezone(ZoneInfo("UTC")) - SECOND).astimezone(LONDON)
        assert status_of({"adopted_on": day}, before) == PolicyStatus.PROPOSED
        assert status_of({"adopted_on": day}, midnight) == PolicyStatus.ADOPTED


def random_dates(chance):
    dates = {}
    for name in STATUS_DATES:
        if chance.random() < 0.4:
            time = AT + timedelta(hours=chance.randint(-72, 72))
            dates[name] = time if name.endswith("_at") else time.date()
    return dates


def test_page_and_database_agree_whatever_the_dates(section):
    chance = random.Random(1)
    policies = PolicyUpdatePageFactory.create_batch(8, parent=section)
    seen = set()
    for _ in range(20):
        for policy in policies:
            dates = {**NOTHING, **random_dates(chance)}
            PolicyUpdatePage.objects.filter(pk=policy.pk).update(**dates)
        # Also just before and at midnight in London.
        midnight = AT.replace(hour=0) + chance.randint(-2, 2) * DAY
        for at in (midnight - SECOND, midnight, midnight + timedelta(hours=9)):
            for policy in PolicyUpdatePage.objects.with_status(at):
                assert policy.status == policy.get_status(at)
                seen.add(policy.status)
    assert seen == set(PolicyStatus.values)


def test_page_shows_the_status_of_the_policy(section, read):
    policy = PolicyUpdatePageFactory(parent=section, **OPEN)
    with time_machine.travel(AT, tick=False):
        shown = read(policy.url).select_one(".policy-status")
    assert shown["data-status"] == PolicyStatus.CONSULTATION_OPEN.value
    assert shown.strong.get_text() == PolicyStatus.CONSULTATION_OPEN.label


def wrong_fields(policy, **values):
    for name, value in values.items():
        setattr(policy, name, value)
    with pytest.raises(ValidationError) as rejected:
        policy.full_clean()
    return list(rejected.value.message_dict)


def test_contradictory_dates_are_rejected(section):
    opens, closes = "consultation_opens_at", "consultation_closes_at"
    policy, other = PolicyUpdatePageFactory.create_batch(2, parent=section)
    for values, field in (
        ({opens: AT}, closes),
        ({opens: None, closes: AT}, opens),
        ({opens: AT, closes: AT}, closes),
        ({opens: None, closes: None, "withdrawn_on": TODAY}, "withdrawn_reason"),
        ({"withdrawn_on": None, "replaced_by": other}, "replaced_on"),
        ({"replaced_by": policy}, "replaced_by"),
    ):
        assert wrong_fields(policy, **values) == [field]
    policy.replaced_by, policy.replaced_on = None, TODAY
    assert "replaced_by" in policy.find_gaps_for_publishing()
    policy.replaced_by = other
    policy.full_clean()
    assert "replaced_by" not in policy.find_gaps_for_publishing()
