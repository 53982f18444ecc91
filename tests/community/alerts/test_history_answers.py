"""The alert history answers what a page showed at a given time (A8)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from community.alerts.history import get_appearances, visible_between
from community.models import AlertHistoryEntry, AlertScope
from community.models.visible_alerts import Severity
from home.page_tree.addresses import url_path_at
from tests.factories import AlertFactory, StandardPageFactory

DAY = datetime(2026, 3, 3, tzinfo=ZoneInfo("Europe/London"))
SECOND = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)


def clock(text):
    """Return a time of the day from a text such as 14:05."""
    hours, minutes = text.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes))


def change(alert, at, **values):
    """Save an alert at a time of the day, times given in the same way."""
    for name, value in values.items():
        setattr(alert, name, clock(value) if name.endswith("_at") else value)
    with time_machine.travel(clock(at), tick=False):
        alert.save()


def publish(at, starts="9:00", ends="17:00", pages=None, **values):
    scope = "pages" if pages else "site"
    times = {"starts_at": clock(starts), "ends_at": clock(ends)}
    alert = AlertFactory.build(scope=scope, live=True, **times, **values)
    alert.scopes = [
        AlertScope(page=page, include_descendants=with_all_below)
        for page, with_all_below in (pages or {}).items()
    ]
    change(alert, at)
    return alert


def times_of(alert, url_path=None):
    """Return, for each entry of an alert, when it was on, as texts."""
    appearances = get_appearances([alert.pk], url_path)
    found = [
        appearances.get(entry.pk)
        for entry in AlertHistoryEntry.objects.filter(alert_id=alert.pk).order_by("pk")
    ]
    return [each and f"{each.on_at - DAY}-{each.off_at - DAY}" for each in found]


def visible_at(at, url_path=None):
    return visible_between(at, at + INSTANT, url_path)


def headings_at(time, address=None):
    url_path = url_path_at(address) if address else None
    return [entry.heading for entry in visible_at(clock(time), url_path)]


# From when until when


def test_alert_published_before_it_starts_is_on_from_its_start(home):
    assert times_of(publish("8:00")) == ["9:00:00-17:00:00"]


def test_alert_published_after_its_end_was_never_on(home):
    assert times_of(publish("18:00")) == [None]


def test_each_text_of_a_running_alert_has_its_own_times(home):
    alert = publish("10:00")
    change(alert, "11:00", heading="Changed")
    change(alert, "12:00", ends_at="19:00")
    change(alert, "13:00", ends_at="13:00")
    changed = "11:00:00-13:00:00"
    assert times_of(alert) == ["10:00:00-11:00:00", changed, changed, None]


def test_edit_of_a_scheduled_alert_leaves_what_it_said_before_unseen(home):
    alert = publish("7:00")
    change(alert, "8:00", heading="Changed")
    assert times_of(alert) == [None, "9:00:00-17:00:00"]


def test_extended_alert_is_on_in_one_go(home):
    alert = publish("10:00")
    change(alert, "16:00", ends_at="19:00")
    assert times_of(alert) == ["10:00:00-19:00:00"] * 2


def test_alert_extended_after_its_end_was_on_twice(home):
    alert = publish("10:00")
    change(alert, "18:00", ends_at="19:00")
    assert times_of(alert) == ["10:00:00-17:00:00", "18:00:00-19:00:00"]


def test_alert_that_is_taken_down_is_off_and_on_again_later(home):
    alert = publish("10:00")
    change(alert, "12:00", live=False)
    change(alert, "13:00", live=True)
    assert times_of(alert) == ["10:00:00-12:00:00", None, "13:00:00-17:00:00"]


def test_deleted_alert_is_off_from_then(home):
    alert = publish("10:00")
    number = alert.pk
    with time_machine.travel(clock("12:00"), tick=False):
        alert.delete()
    alert.pk = number
    assert times_of(alert) == ["10:00:00-12:00:00", None]


def test_start_moved_to_later_takes_the_alert_off_until_then(home):
    alert = publish("10:00")
    change(alert, "11:00", starts_at="12:00")
    assert times_of(alert) == ["10:00:00-11:00:00", "12:00:00-17:00:00"]


def test_alert_that_goes_to_another_page_is_off_on_the_first(home, section):
    alert = publish("10:00", pages={section: True})
    alert.scopes = [AlertScope(page=home, include_descendants=False)]
    change(alert, "12:00")
    assert times_of(alert, section.url_path) == ["10:00:00-12:00:00", None]
    assert times_of(alert, home.url_path) == [None, "12:00:00-17:00:00"]
    assert times_of(alert) == ["10:00:00-12:00:00", "12:00:00-17:00:00"]


# Which alerts, at an address and a time


def test_times_of_an_appearance_are_right_to_the_second(home):
    publish("10:00", heading="Floods")
    on_at, off_at = clock("10:00"), clock("17:00")
    times = (on_at - SECOND, on_at, off_at - SECOND, off_at)
    assert [len(visible_at(time)) for time in times] == [0, 1, 1, 0]


def test_period_has_every_text_that_was_visible_in_it(home):
    alert = publish("10:00", heading="First")
    change(alert, "12:00", heading="Second")
    change(alert, "12:00", heading="Third")
    change(alert, "12:30", live=False)
    shown = visible_between(clock("11:59"), clock("12:01"))
    assert [entry.heading for entry in shown] == ["First", "Third"]
    assert visible_between(clock("12:30"), clock("12:31")) == []
    assert visible_between(clock("9:59"), clock("10:00")) == []


def test_what_was_said_then_is_not_what_is_said_now(home):
    alert = publish("10:00", heading="First")
    change(alert, "12:00", heading="Second")
    change(alert, "14:00", live=False)
    times = ("11:00", "13:00", "15:00")
    assert [headings_at(time) for time in times] == [["First"], ["Second"], []]


def test_worst_is_first_then_newest(home):
    publish("8:00", heading="Old")
    publish("8:00", starts="10:00", heading="New")
    publish("8:00", heading="Worst", severity=Severity.EMERGENCY)
    assert headings_at("12:00", "/") == ["Worst", "New", "Old"]


@pytest.mark.parametrize(
    ("with_all_below", "shown"),
    [(True, [True, True, False, False]), (False, [True, False, False, False])],
)
def test_alert_of_a_page_is_shown_there_and_below_if_chosen(
    with_all_below, shown, section
):
    publish("8:00", pages={section: with_all_below}, heading="Here")
    addresses = ("", "yarm/", "../", "../stronger-communities-too/")
    paths = ["/stronger-communities/" + address for address in addresses[:2]]
    paths += ["/", "/stronger-communities-too/"]
    assert [bool(headings_at("12:00", path)) for path in paths] == shown


def test_alert_of_the_whole_site_is_shown_at_every_address(home):
    publish("8:00", heading="All")
    assert headings_at("12:00", "/not/a/page/") == ["All"]


def test_answer_follows_the_address_that_people_saw(home, section):
    page = StandardPageFactory(parent=section, slug="before")
    publish("8:00", pages={page: True}, heading="Here")
    with time_machine.travel(clock("12:00"), tick=False):
        page.move(home, pos="last-child")
        page.refresh_from_db()
        page.slug = "after"
        page.save()
    old, new = "/stronger-communities/before/", "/after/"
    assert (headings_at("11:00", old), headings_at("11:00", new)) == (["Here"], [])
    assert (headings_at("13:00", old), headings_at("13:00", new)) == ([], ["Here"])


def test_page_that_is_taken_down_shows_its_alert_no_more(section):
    page = StandardPageFactory(parent=section, slug="yarm")
    publish("8:00", pages={page: True}, heading="Here")
    with time_machine.travel(clock("12:00"), tick=False):
        page.unpublish()
    address = "/stronger-communities/yarm/"
    assert headings_at("11:00", address) == ["Here"]
    assert headings_at("13:00", address) == []
    assert headings_at("13:00", f"{address}below/") == ["Here"]


def test_number_of_queries_does_not_grow(section, django_assert_num_queries):
    for _ in range(3):
        change(publish("8:00", pages={section: True}), "9:30", heading="Changed")
    with django_assert_num_queries(2):
        shown = visible_at(clock("12:00"), section.url_path)
        assert len(get_appearances([entry.alert_id for entry in shown])) == 6


@pytest.mark.parametrize(
    "address",
    [
        "/stronger-communities/",
        "/stronger-communities",
        " /stronger-communities/?page=2#top ",
        "//localhost/stronger-communities/",
        "https://localhost/stronger-communities/",
        "http://localhost:8000/stronger%2Dcommunities/",
    ],
)
def test_address_is_understood_however_it_was_copied(address, section):
    assert url_path_at(address) == section.url_path


@pytest.mark.parametrize(
    "address",
    ["", "stronger-communities", "https://example.com/", "javascript:x", "http://["],
)
def test_address_of_another_site_is_rejected(address, section):
    assert url_path_at(address) is None
