"""Kept pages are right to the second, whatever the clock changes (A3, P4)."""

import re
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from community.alerts.visibility import COOKIE_NAME
from community.models.alerts import AlertSnippet
from community.receivers import next_alert_change, next_policy_status_change
from community.templatetags import community_tags
from home import content_version
from home.jobs import run_due_jobs
from home.page_tree.visibility import (
    next_page_expiry,
    next_page_publication,
)
from stockton_cms.page_cache import entries
from stockton_cms.page_cache.middleware import SHARED_SECONDS, RequestCollapser
from tests.factories import AlertFactory
from tests.stockton_cms.clock_changes import (
    AT_ANY_MOMENT,
    DAY,
    EVERYTHING,
    HOUR,
    SECOND,
    alert_ends,
    alert_starts,
    midnight,
)

NOON = datetime(2027, 7, 1, 11, tzinfo=UTC)
# Also a midnight by the council's clock, for what changes by date.
MOMENT = midnight(date(2027, 7, 2))
HALF = SECOND / 2
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def walk(section, client, clock):
    def walk_over(make, moment):
        clock.move_to(moment - HOUR / 3)
        # What the site knows of its next boundary is older than the change.
        client.get("/")
        change = make(section, moment)
        assert not see(change)
        for before in (SECOND, MICROSECOND):
            clock.move_to(moment - before)
            assert not see(change, is_hit=True)
        clock.move_to(moment + MICROSECOND if change.needs_job else moment)
        if change.needs_job:
            assert run_due_jobs(timezone.now()) == []
        assert see(change)
        clock.move_to(moment + SECOND)
        assert see(change, is_hit=True)

    def see(change, is_hit=False):
        response = client.get(change.address)
        reach = timezone.now() + seconds_in_other_caches(response)
        assert reach <= moment_after_now() or not is_public(response)
        if is_hit and change.is_kept and response.status_code == 200:
            assert says_hit(response)
        return change.is_seen_in(response.content.decode())

    def moment_after_now():
        now = timezone.now()
        changes = [function(now) for function in ALL_FUNCTIONS]
        return min(filter(None, changes), default=now + DAY)

    return walk_over


ALL_FUNCTIONS = tuple(content_version._scheduled_change_functions)


def is_public(response):
    return "public" in response["Cache-Control"]


def says_hit(response):
    return response["Cache-Status"] == "StocktonCMS; hit"


def seconds_given(response):
    """Return for how many seconds other caches may give out the response."""
    return int((re.findall(r"s-maxage=(\d+)", response["Cache-Control"]) or [0])[0])


def seconds_in_other_caches(response):
    """Return how long others may keep it: nginx goes on to the end of a second."""
    given = seconds_given(response)
    return given * SECOND + SECOND if given else timedelta(0)


# The walk


@pytest.mark.parametrize("name", EVERYTHING)
def test_cached_pages_change_at_the_very_moment(name, walk):
    # `tests/faults/test_clock_changes.py` does it on both Sundays.
    walk(EVERYTHING[name], MOMENT)


# The walk would notice


def test_walk_notices_pages_kept_for_ever(walk, monkeypatch):
    monkeypatch.setattr(entries, "_seconds", lambda at: entries.FOREVER)
    with pytest.raises(AssertionError):
        walk(alert_ends, MOMENT)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (next_alert_change, "alert starts"),
        (next_page_expiry, "page leaves its parent"),
        (next_page_publication, "page goes live"),
        (next_policy_status_change, "policy withdrawn"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_walk_notices_a_boundary_that_nobody_registered(
    function, name, walk, monkeypatch
):
    others = [
        each
        for each in content_version._scheduled_change_functions
        if each is not function
    ]
    monkeypatch.setattr(content_version, "_scheduled_change_functions", others)
    with pytest.raises(AssertionError):
        walk(EVERYTHING[name], MOMENT)


# What other caches are told


@pytest.mark.parametrize("name", [*AT_ANY_MOMENT, "policy adopted"])
def test_other_caches_never_keep_a_page_past_a_moment(name, section, client, clock):
    clock.move_to(MOMENT - HOUR)
    change = EVERYTHING[name](section, MOMENT)
    assert seconds_given(client.get(change.address)) == SHARED_SECONDS
    for halves in range(20, 0, -1):
        clock.move_to(MOMENT - halves * HALF)
        response = client.get(change.address)
        assert timezone.now() + seconds_in_other_caches(response) <= MOMENT
        assert is_public(response) is (seconds_given(response) > 0)
        headers = {"If-None-Match": response["ETag"]}
        not_modified = client.get(change.address, headers=headers)
        assert not_modified.status_code == 304
        assert not_modified["Cache-Control"] == response["Cache-Control"]
    assert not is_public(response)


def test_page_that_is_about_to_go_live_is_waited_for(section, client, clock):
    change = EVERYTHING["page goes live"](section, MOMENT)
    for seconds in (0, 0.02, 1, 59):
        clock.move_to(MOMENT + seconds * SECOND)
        assert not is_public(client.get(section.url))
        assert says_hit(client.get(section.url))
    assert run_due_jobs(timezone.now()) == []
    response = client.get(section.url)
    assert change.is_seen_in(response.content.decode())
    assert seconds_given(response) == SHARED_SECONDS
    # One that no one publishes is not waited for for ever.
    later = MOMENT + HOUR
    EVERYTHING["page goes live"](section, later)
    clock.move_to(later + 5 * timedelta(minutes=1))
    assert seconds_given(client.get(section.url)) == SHARED_SECONDS


# Moments close together, new, moved, and in the middle of a request


def test_alert_that_is_ended_early_or_extended_ends_when_it_says(
    section, client, clock
):
    for moment, minutes in ((MOMENT, -30), (MOMENT + DAY, 30)):
        change = alert_ends(section, moment)
        clock.move_to(moment - HOUR)
        assert not change.is_seen_in(client.get(section.url).content.decode())
        new_end = moment + timedelta(minutes=minutes)
        alert = AlertSnippet.objects.get(heading=change.sign)
        alert.ends_at = new_end
        alert.save_revision().publish()
        client.get(section.url)
        for at in sorted([moment, new_end - SECOND, new_end, new_end + SECOND]):
            clock.move_to(at)
            html = client.get(section.url).content.decode()
            assert change.is_seen_in(html) is (at >= new_end)


def test_page_under_way_at_the_moment_is_given_to_nobody_else(
    section, client, clock, monkeypatch
):
    change = alert_ends(section, MOMENT)
    visible_alerts = community_tags.visible_alerts

    def shown_slowly(*arguments):
        alerts = visible_alerts(*arguments)
        clock.move_to(MOMENT + SECOND)
        return alerts

    monkeypatch.setattr(community_tags, "visible_alerts", shown_slowly)
    clock.move_to(MOMENT - 4 * SECOND)
    response = client.get(section.url)
    assert not change.is_seen_in(response.content.decode())
    assert not is_public(response)
    monkeypatch.undo()
    assert change.is_seen_in(client.get(section.url).content.decode())


def test_visitor_who_waits_for_a_page_past_the_moment_sees_the_new(
    section, client, clock, monkeypatch
):
    change = alert_ends(section, MOMENT)
    clock.move_to(MOMENT - 4 * SECOND)

    @contextmanager
    def wait_for_another(flights, key):
        # Meanwhile someone else's request has made the page.
        with monkeypatch.context() as patch:
            patch.setattr(RequestCollapser, "lead_or_wait", lead_or_wait)
            client.get(section.url)
        clock.move_to(MOMENT)
        yield False

    lead_or_wait = RequestCollapser.lead_or_wait
    monkeypatch.setattr(RequestCollapser, "lead_or_wait", wait_for_another)
    response = client.get(section.url)
    assert change.is_seen_in(response.content.decode())


def test_each_kept_variant_of_a_page_changes_at_the_moment(section, client, clock):
    clock.move_to(MOMENT - HOUR)
    others = [AlertFactory(heading=f"Alert {n}", ends_at=NOON + DAY) for n in (1, 2)]
    page_leaves = EVERYTHING["page leaves its parent"]
    changes = {
        MOMENT: alert_ends(section, MOMENT),
        MOMENT + SECOND: page_leaves(section, MOMENT + SECOND),
        MOMENT + 2 * SECOND: alert_starts(section, MOMENT + 2 * SECOND),
    }
    cookies = [[], others[:1], others[1:], others]
    for at in (MOMENT - SECOND, *changes):
        clock.move_to(at)
        for again in (False, True):
            for closed in cookies:
                keys = [f"{alert.pk}.1" for alert in closed]
                client.cookies[COOKIE_NAME] = "-".join(keys)
                response = client.get(section.url)
                html = response.content.decode()
                assert says_hit(response) is again
                for alert in others:
                    assert (alert.heading in html) is (alert not in closed)
                for moment, change in changes.items():
                    assert change.is_seen_in(html) is (at >= moment)
