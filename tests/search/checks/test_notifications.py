"""Owners hear once of each search check that comes to fail; leads see all (S12)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from home.dashboard import get_tasks
from home.notifications.sending import send_notifications
from search.checks import running
from search.models import SearchCheckSnippet

NOON = datetime(2027, 7, 1, 12, tzinfo=ZoneInfo("Europe/London"))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def make_failing(make_check, owner):
    """Return a function that makes a check which has just come to fail."""

    def make(query="food bank", **values):
        failing = {"passed": False, "reason": "In position 5", "checked_at": NOON}
        return make_check(query, **{"owner": owner, **failing, **values})

    return make


def notify_owners(at):
    running.notify_owners(at)
    send_notifications(at)


def check_searches(at):
    running.check_searches(at)
    send_notifications(at)


def tasks_of(user):
    return [task.text for task in get_tasks(user, NOON) if "search check" in task.text]


def test_owner_is_notified_of_what_fails_and_where_to_look(make_failing, owner):
    make_failing(query="food bank", within=3)
    notify_owners(NOON)
    (message,) = mail.outbox
    assert message.to == ["ann@example.gov.uk"]
    assert message.subject == "Search checks failing on the website"
    assert '- "food bank" should find "Food bank" in the first 3.\n' in message.body
    assert "  In position 5.\n" in message.body
    address = (
        f"/admin/snippets/search/searchchecksnippet/?passed=false&owner={owner.pk}"
    )
    assert f"{address}\n" in message.body


def test_checks_of_one_owner_go_in_one_email_once(make_failing, django_user_model):
    ben = django_user_model.objects.create_user("ben", email="ben@example.gov.uk")
    for query in ("one", "two"):
        make_failing(query)
    make_failing("three", page=None, reason="The page has been deleted")
    make_failing("four", owner=ben)
    for minutes in range(3):
        notify_owners(NOON + minutes * MINUTE)
    recipients = [message.to for message in mail.outbox]
    assert recipients == [["ann@example.gov.uk"], ["ben@example.gov.uk"]]
    assert mail.outbox[0].body.count("should find") == 3
    assert "should find a page that has been deleted" in mail.outbox[0].body


def test_what_passes_before_the_email_is_sent_is_not_in_it(make_failing):
    check, other = make_failing(), make_failing("two")
    running.notify_owners(NOON)
    type(check).objects.filter(pk=check.pk).update(passed=True)
    send_notifications(NOON)
    assert other.query in mail.outbox[0].body
    assert mail.outbox[0].body.count("should find") == 1


def test_failure_is_reported_again_once_it_has_passed_in_between(
    page, make_check, owner
):
    make_check(owner=owner)
    check_searches(NOON)
    for number in range(2):
        page.refresh_from_db()
        page.unpublish()
        check_searches(NOON + (4 * number + 1) * MINUTE)
        check_searches(NOON + (4 * number + 2) * MINUTE)
        assert len(mail.outbox) == number + 1
        page.save_revision().publish()
        check_searches(NOON + (4 * number + 3) * MINUTE)
        assert SearchCheckSnippet.objects.get().notified_at is None


def test_no_one_is_notified_of_what_passes_or_never_passed(page, make_check, owner):
    make_check(owner=owner)
    make_check("swimming", owner=owner)
    check_searches(NOON)
    assert set(SearchCheckSnippet.objects.values_list("passed", flat=True)) == {
        True,
        False,
    }
    assert not mail.outbox


def test_without_an_owner_to_write_to_only_the_leads_see_it(
    make_failing, owner, enter_admin, django_user_model
):
    owners = django_user_model.objects.create_user
    make_failing("one", owner=owners("gone", email="g@example.org", is_active=False))
    make_failing("two", owner=owners("silent"))
    make_failing("three")
    owner.delete()
    notify_owners(NOON)
    assert not mail.outbox
    lead = enter_admin(
        "view_searchchecksnippet", "change_promotionsnippet", name="lead"
    )
    assert tasks_of(lead) == ["3 search checks are failing"]


def test_home_page_counts_an_editors_own_and_a_leads_all(
    make_failing, make_check, enter_admin
):
    make_failing("one")
    make_check("passes", passed=True)
    editor = enter_admin("view_searchchecksnippet", name="editor")
    assert tasks_of(editor) == []
    make_failing("two", owner=editor)
    assert tasks_of(editor) == ["1 search check is failing"]
    lead = enter_admin(
        "view_searchchecksnippet", "change_promotionsnippet", name="lead"
    )
    assert tasks_of(lead) == ["2 search checks are failing"]
    assert tasks_of(enter_admin(name="author")) == []
