"""Officers end and extend alerts with one click from the list (A9)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.utils import timezone
from wagtail.models import ModelLogEntry

from community.models import AlertScope, AlertSnippet
from tests.community.alerts import address_of
from tests.factories import AlertFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def press(admin_client):
    def act(alert, name, ends_at=None, client=admin_client):
        address = (
            address_of("end", alert.pk)
            if name == "end"
            else address_of("extend", alert.pk, name)
        )
        seen = (ends_at or alert.ends_at).isoformat()
        response = client.post(address, {"ends_at": seen}, follow=True)
        assert response.status_code == 200
        alert.refresh_from_db()
        return " ".join(str(message) for message in response.context["messages"])

    return act


def buttons_of(client):
    html = BeautifulSoup(client.get(address_of("list")).content, "html.parser")
    return {button["aria-label"] for button in html.select(".alert-actions button")}


@pytest.fixture
def alerts(home):
    now = timezone.now()
    times = {
        "Live": {},
        "Scheduled": {"starts_at": now + HOUR, "ends_at": now + 2 * HOUR},
        "Ended": {"ends_at": now - timedelta(minutes=1)},
        "Long over": {"starts_at": now - 3 * DAY, "ends_at": now - 2 * DAY},
        "Draft": {"live": False},
    }
    return {name: AlertFactory(heading=name, **each) for name, each in times.items()}


def test_list_offers_the_buttons_that_make_sense(alerts, admin_client, press):
    assert buttons_of(admin_client) == {
        "End now: Live",
        "Add 2 hours: Live",
        "Add a day: Live",
        "Cancel: Scheduled",
        "Add 2 hours: Ended",
        "Add a day: Ended",
    }
    for name, button in (("Draft", "end"), ("Long over", "day")):
        end = alerts[name].ends_at
        assert "Your change was not made" in press(alerts[name], button)
        assert alerts[name].ends_at == end
    assert "will not start" in press(alerts["Scheduled"], "end")
    assert not alerts["Scheduled"].live
    for action in (["end"], ["extend", "day"]):
        address = address_of(action[0], alerts["Live"].pk, *action[1:])
        assert admin_client.get(address).status_code == 405
    wrong = address_of("extend", alerts["Live"].pk, "year")
    assert admin_client.post(wrong).status_code == 400


def test_running_alert_is_ended_at_once_and_may_be_shown_longer(alert, press, read):
    assert press(alert, "end") == "'Floods in Yarm' has ended."
    assert not read("/").select(".alerts")
    assert alert.live
    assert (end := alert.ends_at) <= timezone.now()
    assert "has changed: Ended at " in press(alert, "end")
    assert alert.ends_at == end
    assert "is on the website again and now ends" in press(alert, "two-hours")
    assert read("/").select(".alerts")


def test_time_is_added_to_the_end_that_was_seen(alert, press, admin_user):
    end = alert.ends_at
    assert press(alert, "two-hours").startswith("'Floods in Yarm' now ends at ")
    assert alert.ends_at == end + 2 * HOUR
    assert "Your change was not made" in press(alert, "two-hours", ends_at=end)
    assert alert.ends_at == end + 2 * HOUR
    assert alert.live_revision.user == admin_user
    entries = ModelLogEntry.objects.filter(object_id=alert.pk, user=admin_user)
    assert "wagtail.publish" in entries.values_list("action", flat=True)


@pytest.mark.parametrize(("day", "hours"), [((2027, 3, 27), 23), ((2027, 10, 30), 25)])
def test_day_that_is_added_ends_at_the_same_time_by_the_clock(
    day, hours, home, press, client, admin_user
):
    noon = datetime(*day, 12, tzinfo=UTC)
    alert = AlertFactory(starts_at=noon - DAY, ends_at=noon)
    with time_machine.travel(noon - HOUR, tick=False):
        client.force_login(admin_user)
        press(alert, "day", client=client)
    assert alert.ends_at - noon == timedelta(hours=hours)


def test_colleagues_draft_stays_a_draft_with_the_new_end(
    section, alert, press, django_user_model, start_workflow
):
    colleague = django_user_model.objects.create_user("colleague")
    draft = alert.get_latest_revision_as_object()
    draft.heading, draft.scope, draft.show_again = "Only a draft", "pages", True
    draft.scopes = [AlertScope(page=section)]
    draft.save_revision(user=colleague)
    alert.refresh_from_db()
    start_workflow(alert)

    said = press(alert, "two-hours")

    assert "You need to submit the draft of 'Floods in Yarm' again." in said
    assert (alert.heading, alert.scope) == ("Floods in Yarm", "site")
    assert alert.has_unpublished_changes
    assert alert.dismissal_version == 1
    stored = alert.get_latest_revision_as_object()
    assert stored.heading == "Only a draft"
    assert stored.show_again
    assert [scope.page_id for scope in stored.scopes.all()] == [section.pk]
    assert abs(stored.ends_at - alert.ends_at) < timedelta(seconds=1)
    assert alert.latest_revision.user == colleague
    assert alert.live_revision.as_object().heading == "Floods in Yarm"


def test_live_alert_is_ended_whatever_else_is_wrong_with_it(home, press):
    alert = AlertFactory(link_url="https://example.org/", link_text="")
    assert "has ended" in press(alert, "end")


def test_locked_alert_is_left_alone(alert, press, django_user_model):
    owner = django_user_model.objects.create_user("owner")
    end = alert.ends_at
    AlertSnippet.objects.update(locked=True, locked_by=owner)
    for name in ("end", "day"):
        assert "is locked, so it was not changed" in press(alert, name)
    assert alert.ends_at == end


def test_who_may_not_publish_has_no_buttons_and_is_rejected(alert, writer, press):
    assert buttons_of(writer) == set()
    end = alert.ends_at
    for name in ("end", "day"):
        assert "permission" in press(alert, name, client=writer)
    assert alert.ends_at == end
