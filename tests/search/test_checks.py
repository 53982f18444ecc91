"""Search checks: kept in the admin, run after changes, and failures reported (S12)."""

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupPagePermission, PageViewRestriction

from home.content_version import bump_content_version, get_content_version
from home.dashboard import get_tasks
from home.notifications.sending import send_notifications
from search.checks import check_searches, get_due, notify_owners, run_checks
from search.engine.index import IndexBrokenError, PageIndex, StaleIndexError
from search.models import PromotionSnippet, SearchCheckResult, SearchCheckSnippet
from tests.factories import StandardPageFactory

ADDRESSES = SearchCheckSnippet.snippet_viewset.get_url_name
EVERYTHING = [
    f"{action}_searchchecksnippet" for action in ("add", "change", "delete", "view")
]
MINUTE = timedelta(minutes=1)
FAILING = {"passed": False, "reason": "In position 5"}


@pytest.fixture(autouse=True)
def noon():
    at = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    with time_machine.travel(at, tick=False):
        yield at


@pytest.fixture
def page(home):
    """Return a page that a search for a food bank finds."""
    return StandardPageFactory(parent=home, title="Food bank", summary="")


@pytest.fixture
def make_check(page):
    """Return a function that makes a check which nothing has run yet."""

    def make(query="food bank", **values):
        values = {"page": page, "within": 1, **values}
        return SearchCheckSnippet.objects.create(query=query, **values)

    return make


@pytest.fixture
def owner(django_user_model):
    return django_user_model.objects.create_user("ann", email="ann@example.gov.uk")


@pytest.fixture
def editor(enter_admin):
    """Return an editor who has signed in."""
    return enter_admin(*EVERYTHING, name="eve", first_name="Eve", last_name="Editor")


@pytest.fixture
def save(client, editor, page):
    """Return a function that sends the form of a check, and reads the messages."""

    def post(check=None, **values):
        address = edit(check) if check else reverse(ADDRESSES("add"))
        data = {"query": "food", "page": page.pk, "within": 3, "owner": editor.pk}
        response = client.post(address, {**data, **values})
        said = " ".join(str(each) for each in get_messages(response.wsgi_request))
        return response, said

    return post


def read(client, address, **parameters):
    response = client.get(address, parameters)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def edit(check):
    return reverse(ADDRESSES("edit"), args=[check.pk])


def listed(client, **filters):
    html = read(client, reverse(ADDRESSES("list")), **filters)
    return [link.get_text(strip=True) for link in html.select(".title-wrapper a")]


def found():
    check = SearchCheckSnippet.objects.get()
    return check.passed, check.reason


def history():
    return [(each.passed, each.reason) for each in SearchCheckResult.objects.all()]


# In the admin


def test_check_runs_each_time_it_is_saved_and_shows_its_history(
    client, editor, home, page, save
):
    html = read(client, reverse(ADDRESSES("add")))
    (chosen,) = html.select("select[name=owner] option[selected]")
    assert chosen.get_text() == "Eve Editor (eve)"
    assert html.find("input", attrs={"name": "within"})["value"] == "3"
    response, said = save(query=" food \n bank")
    assert response.status_code == 302
    assert "Passes: in position 1." in said
    check = SearchCheckSnippet.objects.get()
    assert (check.query, check.owner, check.passed) == ("food bank", editor, True)
    page.unpublish()
    assert "Fails: the page is not public." in save(check, query="food bank")[1]
    tables = read(client, edit(check)).find(attrs={"aria-labelledby": "check-history"})
    states = [row.td.get_text() for row in tables.tbody("tr")]
    assert states == ["Fails", "Passes"]
    assert "Last checked on" in tables.get_text()
    # The page that is hidden since stays, and changed words are another check.
    assert save(check, query="swimming")[0].status_code == 302
    check.refresh_from_db()
    assert (check.query, check.page_id) == ("swimming", page.pk)
    # Anyone who has just changed it needs no email about it.
    assert check.notified_at == check.checked_at
    other = StandardPageFactory(parent=home, title="Swimming")
    save(check, query="swimming", page=other.pk)
    check.refresh_from_db()
    assert (check.passed, check.notified_at) == (True, None)


def unpublished(page):
    page.unpublish()


def private(page):
    PageViewRestriction.objects.create(page=page, restriction_type="login")


@pytest.mark.parametrize("hide", [unpublished, private])
def test_page_that_neither_the_public_nor_the_editor_may_read_is_not_named(
    editor, home, save, hide
):
    page = StandardPageFactory(parent=home, title="Secret merger")
    hide(page)
    for wrong in ({}, {"query": ""}):
        html = save(page=page.pk, **wrong)[0].content.decode()
        assert "Choose a public page or one from your section" in html
        assert "Secret merger" not in html
    assert not SearchCheckSnippet.objects.exists()
    # It can be checked by editors of its section.
    group = Group.objects.create(name="Section")
    change_page = Permission.objects.get(codename="change_page")
    GroupPagePermission.objects.create(group=group, page=page, permission=change_page)
    editor.groups.add(group)
    assert save(page=page.pk)[0].status_code == 302
    assert SearchCheckSnippet.objects.get().page_id == page.pk


def test_mistake_is_explained_and_nothing_is_saved(owner, make_check, save):
    check = make_check(owner=owner)
    for wrong, words in (
        ({"query": "?!"}, "Enter at least one word that people can search for"),
        ({"within": "0"}, "greater than or equal to 1"),
        ({"within": "11"}, "less than or equal to 10"),
        ({"page": ""}, "required"),
        ({"owner": ""}, "required"),
        # Only an editor of checks, or the owner until now.
        ({"owner": owner.pk}, "Select a valid choice"),
        ({"query": "food bank"}, "There is already a check for this search and page"),
    ):
        response, said = save(**wrong)
        assert response.status_code == 200
        assert words in response.content.decode() + said
    assert SearchCheckSnippet.objects.count() == 1
    assert save(check, owner=owner.pk)[0].status_code == 302


def test_list_says_the_status_of_checks_and_can_be_narrowed(client, editor, make_check):
    make_check("one", owner=editor, **FAILING)
    make_check("two", passed=True, reason="In position 1")
    make_check("three", page=None)
    text = read(client, reverse(ADDRESSES("list"))).main.get_text()
    for words in (
        "Fails: in position 5",
        "Passes: in position 1",
        "Not checked yet",
        "Eve Editor",
        "No owner",
    ):
        assert words in text
    assert listed(client) == ["one", "three", "two"]
    assert listed(client, passed="false") == ["one"]
    assert listed(client, passed="true", owner=editor.pk) == []
    counts = []
    for more in (2, 30):
        for number in range(more):
            make_check(f"food {more} {number}", owner=editor)
        with CaptureQueriesContext(connection) as queries:
            listed(client)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Running


def test_check_says_the_position_of_its_page_after_promotions(page, make_check, noon):
    make_check()
    check_searches(noon)
    check = SearchCheckSnippet.objects.get()
    assert (check.passed, check.position, check.reason) == (True, 1, "In position 1")
    other = StandardPageFactory(parent=page.get_parent(), title="Other")
    promotion = PromotionSnippet.objects.create(searched="food bank", page=other)
    check_searches(noon + MINUTE)
    assert found() == (False, "In position 2")
    SearchCheckSnippet.objects.update(query="nothing has these words")
    promotion.searched = "nothing has these words"
    promotion.save()
    check_searches(noon + 2 * MINUTE)
    assert found() == (False, "Not in the first 10 results")
    promotion.page = page
    promotion.save()
    check_searches(noon + 3 * MINUTE)
    assert found() == (True, "In position 1")
    page.delete()
    check_searches(noon + 4 * MINUTE)
    assert found() == (False, "The page has been deleted")


def test_checks_run_after_changes_and_every_hour_and_bump_no_version(make_check, noon):
    make_check()
    version = get_content_version()
    check_searches(noon)
    assert get_due(noon + 59 * MINUTE) == []
    assert len(get_due(noon + 60 * MINUTE)) == 1
    assert get_content_version() == version
    for minutes in range(1, 5):
        bump_content_version()
        assert len(get_due(noon + minutes * MINUTE)) == 1
        check_searches(noon + minutes * MINUTE)
    # The history holds changes and not runs.
    assert history() == [(True, "In position 1")]


@pytest.mark.parametrize("error", [StaleIndexError, IndexBrokenError])
def test_search_that_does_not_answer_fails_no_check(
    page, make_check, save, noon, monkeypatch, error
):
    check = make_check()
    check_searches(noon)
    page.unpublish()

    def refuse(self):
        raise error("away")

    with monkeypatch.context() as patch:
        patch.setattr(PageIndex, "catch_up", refuse)
        check_searches(noon + MINUTE)
        assert found() == (True, "In position 1")
        said = save(check, query="food")[1]
        assert "It will run in a few minutes, as search is updating." in said
    check_searches(noon + 2 * MINUTE)
    assert found() == (False, "The page is not public")


def test_run_overwrites_neither_another_run_nor_a_change(page, make_check, noon):
    check = make_check()
    one, other = get_due(noon), get_due(noon)
    run_checks(one, noon)
    run_checks(other, noon + MINUTE)
    assert history() == [(True, "In position 1")]
    assert SearchCheckSnippet.objects.get().checked_at == noon
    page.unpublish()
    due = get_due(noon + MINUTE)
    check.query = "swimming"
    check.save()
    run_checks(due, noon + MINUTE)
    assert found() == (None, "")


# Failures


def test_checks_of_one_owner_go_in_one_email_once(make_check, owner, noon):
    passing = make_check("passes later", owner=owner, **FAILING)
    make_check("food bank", owner=owner, within=3, **FAILING)
    make_check("three", page=None, owner=owner, **FAILING)
    notify_owners(noon)
    SearchCheckSnippet.objects.filter(pk=passing.pk).update(passed=True)
    for minutes in range(3):
        notify_owners(noon + minutes * MINUTE)
        send_notifications(noon + minutes * MINUTE)
    (message,) = mail.outbox
    assert message.to == ["ann@example.gov.uk"]
    assert message.subject == "Search checks failing on the website"
    assert message.body.count("should find") == 2
    assert '- "food bank" should find "Food bank" in the first 3.\n' in message.body
    assert "  In position 5.\n" in message.body
    assert "should find a page that has been deleted" in message.body
    address = f"{reverse(ADDRESSES('list'))}?passed=false&owner={owner.pk}"
    assert f"{address}\n" in message.body


def test_failure_is_reported_again_once_it_has_passed_in_between(
    page, make_check, owner, noon
):
    make_check(owner=owner)
    # Never passed, so its editor has seen it.
    make_check("swimming", owner=owner)

    def run(minutes):
        check_searches(noon + minutes * MINUTE)
        send_notifications(noon + minutes * MINUTE)
        return len(mail.outbox)

    assert run(0) == 0
    for number in range(2):
        page.refresh_from_db()
        page.unpublish()
        assert run(4 * number + 1) == run(4 * number + 2) == number + 1
        page.save_revision().publish()
        assert run(4 * number + 3) == number + 1


def test_home_page_counts_an_editors_own_and_a_leads_all(
    make_check, owner, enter_admin, django_user_model, noon
):
    def tasks_of(user):
        tasks = get_tasks(user, noon)
        return [task.text for task in tasks if "search check" in task.text]

    owners = django_user_model.objects.create_user
    make_check("passes", passed=True)
    make_check("one", **FAILING)
    make_check("two", owner=owners("silent"), **FAILING)
    gone = owners("gone", email="g@example.org", is_active=False)
    make_check("three", owner=gone, **FAILING)
    notify_owners(noon)
    send_notifications(noon)
    # There is no one to write to.
    assert not mail.outbox
    editor = enter_admin("view_searchchecksnippet", name="editor")
    assert tasks_of(editor) == []
    make_check("four", owner=editor, **FAILING)
    assert tasks_of(editor) == ["1 search check is failing"]
    lead = enter_admin(
        "view_searchchecksnippet", "change_promotionsnippet", name="lead"
    )
    assert tasks_of(lead) == ["4 search checks are failing"]
    assert tasks_of(enter_admin(name="author")) == []
