"""Officers end and extend alerts with one click from the list (A9)."""

from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupApprovalTask, ModelLogEntry, Workflow, WorkflowTask

from community.alerts.actions import get_new_end
from community.alerts.states import AlertState
from community.models import AlertScope, AlertSnippet
from tests.factories import AlertFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def address_of(name, *arguments):
    return reverse(AlertSnippet.snippet_viewset.get_url_name(name), args=arguments)


@pytest.fixture
def alert(home):
    alert = AlertFactory(heading="Floods in Yarm")
    alert.save_revision().publish()
    alert.refresh_from_db()
    return alert


@pytest.fixture
def press(admin_client):
    """Return a function that presses a button of the list; it returns what is said."""

    def act(alert, name, ends_at=None, client=admin_client):
        arguments = [alert.pk] if name == "end" else [alert.pk, name]
        seen = (ends_at or alert.ends_at).isoformat()
        address = address_of("end" if name == "end" else "extend", *arguments)
        response = client.post(address, {"ends_at": seen}, follow=True)
        assert response.status_code == 200
        return " ".join(str(message) for message in response.context["messages"])

    return act


def buttons_of(client):
    html = BeautifulSoup(client.get(address_of("list")).content, "html.parser")
    return [button["aria-label"] for button in html.select(".alert-actions button")]


def make(state):
    now = timezone.now()
    values = {
        "live": {},
        "scheduled": {"starts_at": now + HOUR, "ends_at": now + 2 * HOUR},
        "ended": {"ends_at": now - timedelta(minutes=1)},
        "long over": {"starts_at": now - 3 * DAY, "ends_at": now - 2 * DAY},
        "draft": {"live": False},
    }
    return AlertFactory(heading="Floods", **values[state])


@pytest.mark.parametrize(
    ("state", "labels"),
    [
        ("live", ["End now", "Add 2 hours", "Add a day"]),
        ("scheduled", ["Cancel"]),
        ("ended", ["Add 2 hours", "Add a day"]),
        ("long over", []),
        ("draft", []),
    ],
)
def test_list_offers_the_buttons_that_make_sense(state, labels, home, admin_client):
    make(state)
    assert buttons_of(admin_client) == [f"{label}: Floods" for label in labels]


def test_running_alert_is_ended_at_once(alert, press, read):
    assert press(alert, "end") == "'Floods in Yarm' has ended."
    assert not read("/").select(".alerts")
    alert.refresh_from_db()
    assert alert.live
    assert alert.ends_at <= timezone.now()


def test_ending_twice_says_that_it_has_ended(alert, press):
    press(alert, "end")
    alert.refresh_from_db()
    end = alert.ends_at
    assert "'Floods in Yarm' has already ended, at " in press(alert, "end")
    alert.refresh_from_db()
    assert alert.ends_at == end


def test_scheduled_alert_is_unpublished(home, press):
    alert = make("scheduled")
    assert "will not start" in press(alert, "end")
    alert.refresh_from_db()
    assert not alert.live


def test_draft_cannot_be_ended(home, press):
    assert press(make("draft"), "end") == "'Floods' is not published."


def test_two_hours_are_added_to_the_end(alert, press):
    assert press(alert, "two-hours").startswith("'Floods in Yarm' now ends at ")
    end = alert.ends_at
    alert.refresh_from_db()
    assert alert.ends_at == end + 2 * HOUR


def test_second_click_adds_no_time(alert, press):
    seen = alert.ends_at
    press(alert, "day")
    assert "Your change was not made" in press(alert, "day", ends_at=seen)
    alert.refresh_from_db()
    assert alert.ends_at == seen + DAY


def test_unknown_extension_adds_nothing(alert, press):
    assert "Your change was not made" in press(alert, "year")


def test_ended_alert_is_shown_again_when_time_is_added(home, press, read):
    alert = make("ended")
    assert not read("/").select(".alerts")
    press(alert, "two-hours")
    assert read("/").select(".alerts")


def test_alert_that_is_long_over_gets_no_more_time(home, press):
    assert "Your change was not made" in press(make("long over"), "day")


@pytest.mark.parametrize(
    ("day", "hours"), [((2027, 3, 27), 23), ((2027, 10, 30), 25), ((2027, 6, 1), 24)]
)
def test_day_that_is_added_ends_at_the_same_time_by_the_clock(day, hours):
    noon = datetime(*day, 12, tzinfo=UTC)
    alert = AlertFactory.build(starts_at=noon - DAY, ends_at=noon)
    alert.state = AlertState.LIVE
    assert get_new_end(alert, "day", noon - HOUR) - noon == timedelta(hours=hours)


@pytest.mark.parametrize("name", ["end", "two-hours"])
def test_colleagues_draft_stays_a_draft_with_the_new_end(
    name, section, alert, press, django_user_model
):
    colleague = django_user_model.objects.create_user("colleague")
    draft = alert.get_latest_revision_as_object()
    draft.heading, draft.scope, draft.show_again = "Only a draft", "pages", True
    draft.scopes = [AlertScope(page=section)]
    draft.save_revision(user=colleague)
    alert.refresh_from_db()

    press(alert, name)

    alert.refresh_from_db()
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


def test_editor_is_warned_that_the_draft_leaves_its_workflow(alert, press, admin_user):
    alert.save_revision()
    workflow = Workflow.objects.create(name="Second pair of eyes")
    task = GroupApprovalTask.objects.create(name="Look")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    workflow.start(alert, admin_user)
    said = press(alert, "two-hours")
    assert "You need to submit the draft of 'Floods in Yarm' again." in said
    assert "'Floods in Yarm' now ends" in said


def test_dismissed_alert_is_not_shown_again_when_the_end_moves(home, press):
    alert = AlertFactory(show_again=True, live=False)
    alert.save_revision().publish()
    alert.refresh_from_db()
    press(alert, "two-hours")
    alert.refresh_from_db()
    assert alert.dismissal_version == 1


def test_new_end_is_a_version_in_the_history_of_the_alert(alert, press, admin_user):
    press(alert, "two-hours")
    alert.refresh_from_db()
    assert alert.live_revision.user == admin_user
    entries = ModelLogEntry.objects.filter(object_id=alert.pk, user=admin_user)
    assert "wagtail.publish" in entries.values_list("action", flat=True)


@pytest.mark.parametrize("name", ["end", "day"])
def test_locked_alert_is_left_alone(name, alert, press, django_user_model):
    owner = django_user_model.objects.create_user("owner")
    end = alert.ends_at
    AlertSnippet.objects.filter(pk=alert.pk).update(locked=True, locked_by=owner)
    assert "is locked, so it was not changed" in press(alert, name)
    alert.refresh_from_db()
    assert alert.ends_at == end


@pytest.mark.parametrize("name", ["end", "day"])
def test_deleted_alert_is_no_error(name, alert, press):
    AlertSnippet.objects.all().delete()
    assert press(alert, name) == "This alert has been deleted."


@pytest.fixture
def writer(client, django_user_model):
    """Return the client of someone who may write alerts and not publish them."""
    user = django_user_model.objects.create_user("writer")
    names = ["access_admin", "add_alertsnippet", "change_alertsnippet"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def test_who_may_not_publish_has_no_buttons_and_is_rejected(alert, writer, press):
    assert buttons_of(writer) == []
    for name in ("end", "day"):
        assert "permission" in press(alert, name, client=writer)
    end = alert.ends_at
    alert.refresh_from_db()
    assert alert.ends_at == end


def test_reading_an_address_changes_nothing(alert, admin_client):
    for address in (address_of("end", alert.pk), address_of("extend", alert.pk, "day")):
        assert admin_client.get(address).status_code == 405
