"""The status of a policy follows from its dates (P4)."""

import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError

from community.models import PolicyUpdatePage
from community.models.policy import STATUS_DATES, PolicyStatus
from tests.factories import PolicyUpdatePageFactory

LONDON = ZoneInfo("Europe/London")
SECOND = timedelta(seconds=1)
AT = datetime(2027, 7, 1, 12, tzinfo=LONDON)
TODAY = AT.date()
DAY = timedelta(days=1)

OPEN = {"consultation_opens_at": AT - DAY, "consultation_closes_at": AT + DAY}
CLOSED = {"consultation_opens_at": AT - 2 * DAY, "consultation_closes_at": AT - DAY}
PLANNED = {"consultation_opens_at": AT + DAY, "consultation_closes_at": AT + 2 * DAY}
OUTCOME = {"outcome_published_on": TODAY}
ADOPTED = {"adopted_on": TODAY}
REVIEWED = {"review_started_on": TODAY}
REPLACED = {"replaced_on": TODAY}
WITHDRAWN = {"withdrawn_on": TODAY}
# From the rule that decides last to the one that decides first.
RULES = [
    (PolicyStatus.AWAITING_OUTCOME, CLOSED),
    (PolicyStatus.CLOSED, OUTCOME),
    (PolicyStatus.ADOPTED, ADOPTED),
    (PolicyStatus.UNDER_REVIEW, REVIEWED),
    (PolicyStatus.CONSULTATION_OPEN, OPEN),
    (PolicyStatus.REPLACED, REPLACED),
    (PolicyStatus.WITHDRAWN, WITHDRAWN),
]


@pytest.fixture
def status_in_database(section):
    """Return a function that asks the database where a policy of some dates stands."""
    policy = PolicyUpdatePageFactory(parent=section)
    nothing = dict.fromkeys(STATUS_DATES)

    def get(dates, at):
        PolicyUpdatePage.objects.filter(pk=policy.pk).update(**{**nothing, **dates})
        return PolicyUpdatePage.objects.with_status(at).get().status

    return get


def status_of(dates, at=AT):
    return PolicyUpdatePage(**dates).get_status(at)


@pytest.mark.parametrize(
    ("dates", "status"),
    [
        ({}, PolicyStatus.PROPOSED),
        (PLANNED, PolicyStatus.PROPOSED),
        ({"adopted_on": TODAY + DAY}, PolicyStatus.PROPOSED),
        ({"outcome_published_on": TODAY + DAY}, PolicyStatus.PROPOSED),
        ({**CLOSED, "outcome_published_on": TODAY + DAY}, RULES[0][0]),
        ({**ADOPTED, **PLANNED}, PolicyStatus.ADOPTED),
        ({**ADOPTED, "withdrawn_on": TODAY + DAY}, PolicyStatus.ADOPTED),
        ({**ADOPTED, "replaced_on": TODAY + DAY}, PolicyStatus.ADOPTED),
        ({**ADOPTED, **CLOSED}, PolicyStatus.ADOPTED),
        *[(dates, status) for status, dates in RULES],
    ],
)
def test_status_follows_from_the_dates(dates, status, status_in_database):
    assert status_of(dates) == status
    assert status_in_database(dates, AT) == status


def test_later_stage_goes_before_each_earlier_one(status_in_database):
    everything = {}
    for status, dates in RULES:
        everything |= dates
        assert status_of(everything) == status
        assert status_in_database(everything, AT) == status


@pytest.mark.parametrize("day", [date(2027, 1, 5), date(2027, 7, 1), date(2027, 3, 28)])
def test_a_date_counts_from_midnight_in_london(day, status_in_database):
    midnight = datetime(day.year, day.month, day.day, tzinfo=LONDON)
    before = (midnight.astimezone(ZoneInfo("UTC")) - SECOND).astimezone(LONDON)
    for name in ("outcome_published_on", "adopted_on", "withdrawn_on"):
        for get_status in (status_of, status_in_database):
            assert get_status({name: day}, before) == PolicyStatus.PROPOSED
            assert get_status({name: day}, midnight) != PolicyStatus.PROPOSED


def random_dates(chance):
    """Return some dates around a time, as likely set as not."""
    dates = {}
    for name in STATUS_DATES:
        if chance.random() < 0.4:
            time = AT + timedelta(hours=chance.randint(-72, 72))
            dates[name] = time if name.endswith("_at") else time.date()
    return dates


def test_page_and_database_agree_whatever_the_dates(section):
    chance = random.Random(1)
    policies = [PolicyUpdatePageFactory(parent=section) for _ in range(20)]
    nothing = dict.fromkeys(STATUS_DATES)
    seen = set()
    for _ in range(10):
        for policy in policies:
            dates = {**nothing, **random_dates(chance)}
            PolicyUpdatePage.objects.filter(pk=policy.pk).update(**dates)
        at = AT + timedelta(hours=chance.randint(-48, 48), minutes=30)
        for policy in PolicyUpdatePage.objects.with_status(at):
            assert policy.status == policy.get_status(at)
            seen.add(policy.status)
    assert seen == set(PolicyStatus.values)


@pytest.mark.parametrize("status", PolicyStatus)
def test_page_shows_the_status_of_the_policy(status, section, read):
    dates = dict(RULES).get(status, {})
    policy = PolicyUpdatePageFactory(
        parent=section, withdrawn_reason="Out of date.", **dates
    )
    with time_machine.travel(AT, tick=False):
        shown = read(policy.url).select_one(".policy-status")
    assert shown["data-status"] == status.value
    assert shown.strong.get_text() == status.label


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"consultation_opens_at": AT}, "consultation_closes_at"),
        ({"consultation_closes_at": AT}, "consultation_opens_at"),
        (
            {"consultation_opens_at": AT, "consultation_closes_at": AT},
            "consultation_closes_at",
        ),
        (
            {"consultation_opens_at": AT, "consultation_closes_at": AT - SECOND},
            "consultation_closes_at",
        ),
        ({"withdrawn_on": TODAY}, "withdrawn_reason"),
    ],
)
def test_contradictory_dates_are_rejected(values, field, section):
    policy = PolicyUpdatePageFactory(parent=section)
    for name, value in values.items():
        setattr(policy, name, value)
    with pytest.raises(ValidationError) as rejected:
        policy.full_clean()
    assert list(rejected.value.message_dict) == [field]


def test_replacement_needs_a_date_and_is_another_page(section):
    policy, other = PolicyUpdatePageFactory.create_batch(2, parent=section)
    policy.replaced_by = other
    with pytest.raises(ValidationError) as rejected:
        policy.full_clean()
    assert list(rejected.value.message_dict) == ["replaced_on"]
    policy.replaced_by = policy
    with pytest.raises(ValidationError) as rejected:
        policy.full_clean()
    assert list(rejected.value.message_dict) == ["replaced_by"]
    policy.replaced_by, policy.replaced_on = other, TODAY
    policy.full_clean()
