"""The alert history records each change that visitors see, and who made it (A8)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from community.models import AlertHistoryEntry, AlertScope, AlertSnippet
from tests.community.alerts import address_of
from tests.factories import (
    AlertFactory,
    CommunityIndexPageFactory,
    StandardPageFactory,
)

DAY = datetime(2026, 3, 3, tzinfo=ZoneInfo("Europe/London"))


def clock(text):
    hours, minutes = text.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes))


def at(text):
    return time_machine.travel(clock(text), tick=False)


def change(alert, time, **values):
    """Save an alert at a time of the day, times given in the same way."""
    for name, value in values.items():
        setattr(alert, name, clock(value) if name.endswith("_at") else value)
    with at(time):
        alert.save()


def publish(time, *pages, starts="9:00", ends="17:00", with_descendants=True, **values):
    scope = "pages" if pages else "site"
    times = {"starts_at": clock(starts), "ends_at": clock(ends)}
    alert = AlertFactory.build(scope=scope, live=True, **times, **values)
    alert.scopes = [
        AlertScope(page=page, include_descendants=with_descendants) for page in pages
    ]
    change(alert, time)
    return alert


def events():
    return list(
        AlertHistoryEntry.objects.order_by("pk").values_list("event", flat=True)
    )


def last():
    return AlertHistoryEntry.objects.first()


def test_publishing_is_recorded_with_all_that_visitors_see(section):
    alert = AlertFactory(
        heading="Floods", text="<p>Stay in.</p>", link_text="More", link_page=section
    )
    entry = last()
    assert (entry.event, entry.alert_id, entry.is_live) == ("published", alert.pk, True)
    assert (entry.heading, entry.text) == ("Floods", "<p>Stay in.</p>")
    assert (entry.link_href, entry.link_text) == (section.url, "More")
    assert (entry.scope, entry.places, entry.severity) == ("site", [], 20)
    assert (entry.starts_at, entry.ends_at) == (alert.starts_at, alert.ends_at)


def test_chosen_pages_are_recorded_with_what_they_are_then(home, section):
    alert = publish("9:00", section)
    place = {"title": "Stronger communities", "is_live": True}
    place |= {"url_path": "/front/stronger-communities/", "include_descendants": True}
    assert last().places == [place]
    alert.scopes = [AlertScope(page=home)]
    change(alert, "10:00")
    assert events() == ["published", "changed"]
    assert [place["url_path"] for place in last().places] == ["/front/"]


def test_each_event_of_an_alert_is_recorded_once(alert):
    draft = AlertFactory(live=False)
    draft.save_revision()
    draft.delete()
    alert.save()
    alert.heading = "Floods everywhere"
    alert.save_revision().publish()
    alert.refresh_from_db()
    alert.unpublish()
    alert.save()
    alert.save_revision().publish()
    with transaction.atomic():
        alert.unpublish()
        transaction.set_rollback(True)
    AlertSnippet.objects.all().delete()
    assert events() == ["published", "changed", "taken-down", "published", "deleted"]
    assert last().heading == "Floods everywhere"
    assert not last().is_live


def test_it_is_recorded_who_did_it(alert, admin_client, admin_user):
    assert (last().user_id, last().user_name) == ("", "")
    # No one signs with a name of their own.
    form = {"name_email-first_name": "The", "name_email-last_name": "Leader"}
    admin_client.post(reverse("wagtailadmin_account"), form)
    admin_user.refresh_from_db()
    assert admin_user.get_full_name() == ""
    admin_user.first_name = "The Leader"
    admin_user.save()
    admin_client.post(address_of("unpublish", alert.pk))
    assert last().event == "taken-down"
    assert last().user_id == str(admin_user.pk)
    admin_user.delete()
    assert last().user_name == "The Leader (admin)"


def rename(page):
    page.slug = "renamed"
    page.save()


PAGE_CHANGES = {
    "moved": rename,
    "taken down": lambda page: page.unpublish(),
    "deleted": lambda page: page.delete(),
}


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("moved", [("renamed/", True), ("", True)]),
        ("taken down", [("yarm/", False), ("", True)]),
        ("deleted", [("", True)]),
    ],
)
def test_what_happens_to_a_page_of_an_alert_is_recorded(change, after, section):
    page = StandardPageFactory(parent=section, slug="yarm")
    linked = AlertFactory(link_text="More", link_page=page)
    alert = AlertFactory.build(scope="pages", live=True)
    alert.scopes = [AlertScope(page=page), AlertScope(page=section)]
    alert.save()
    publish("9:00", page)
    PAGE_CHANGES[change](page)
    # An alert that is over is not concerned.
    assert events() == ["published"] * 3 + ["pages-changed"] * 2
    entry, linking = (
        AlertHistoryEntry.objects.filter(alert_id=each.pk).first()
        for each in (alert, linked)
    )
    assert [(p["url_path"], p["is_live"]) for p in entry.places] == [
        (f"/front/stronger-communities/{path}", is_live) for path, is_live in after
    ]
    # As pages show it: there is no link to what is not published.
    assert linking.link_href.endswith("/renamed/") is (change == "moved")


def test_move_costs_the_history_the_same_whatever_is_below(home, section):
    tables = [
        model._meta.db_table for model in (AlertHistoryEntry, AlertScope, AlertSnippet)
    ]

    def queries_of_a_rename(slug):
        section.slug = slug
        with CaptureQueriesContext(connection) as captured:
            section.save()
        return sum(
            any(f'FROM "{table}"' in query["sql"] for table in tables)
            for query in captured
        )

    assert queries_of_a_rename("nothing-to-note") == 1
    inner = CommunityIndexPageFactory(parent=section, slug="inner")
    alert = AlertFactory.build(scope="pages", live=True)
    alert.scopes = [AlertScope(page=inner)]
    alert.save()
    StandardPageFactory.create_batch(3, parent=section)
    assert queries_of_a_rename("alert-concerned") == 3
    assert last().places[0]["url_path"] == "/front/alert-concerned/inner/"


# From when until when


def times_of(alert):
    entries = AlertHistoryEntry.objects.with_period().filter(alert_id=alert.pk)
    return [
        f"{each.on_at - DAY}-{each.off_at - DAY}"[:-3].replace(":00-", "-")
        if each.is_live and each.on_at < each.off_at
        else None
        for each in entries.order_by("pk")
    ]


# For each: when it was published and changed, and when its entries were on.
LIVES = {
    "published before its start": ("8:00", {}, ["9:00-17:00"]),
    "changed before its start": (
        "7:00", {"8:00": {"heading": "Changed"}}, [None, "9:00-17:00"],
    ),
    "extended": (
        "10:00", {"16:00": {"ends_at": "19:00"}}, ["10:00-16:00", "16:00-19:00"],
    ),
    "extended after its end": (
        "10:00", {"18:00": {"ends_at": "19:00"}}, ["10:00-17:00", "18:00-19:00"],
    ),
    "ended": ("10:00", {"13:00": {"ends_at": "13:00"}}, ["10:00-13:00", None]),
    "taken down and published again": (
        "10:00",
        {"12:00": {"live": False}, "13:00": {"live": True}},
        ["10:00-12:00", None, "13:00-17:00"],
    ),
}  # fmt: skip


def test_each_entry_has_its_own_times(home):
    for name, (published, changes, times) in LIVES.items():
        alert = publish(published)
        for time, values in changes.items():
            change(alert, time, **values)
        assert times_of(alert) == times, name


# On which page


def is_visible_on(*paths):
    return [last().is_visible_on(f"/front/{path}") for path in paths]


def test_alert_of_a_page_was_shown_there_and_below_if_chosen(section):
    paths = ("stronger-communities/", "stronger-communities/yarm/", "", "stronger/")
    publish("8:00", section)
    assert is_visible_on(*paths) == [True, True, False, False]
    publish("8:00", section, with_descendants=False)
    assert is_visible_on(*paths) == [True, False, False, False]
    publish("8:00")
    assert all(is_visible_on(*paths))
    publish("8:00", section)
    with at("9:00"):
        section.unpublish()
    assert is_visible_on(*paths) == [False, True, False, False]
