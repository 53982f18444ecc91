"""Editors keep search checks in the admin, and see what they find (S12)."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import GroupPagePermission, PageViewRestriction

from search.engine.index import PageIndex, StaleIndexError
from search.models import SearchCheckSnippet
from tests.factories import StandardPageFactory

ADDRESSES = SearchCheckSnippet.snippet_viewset.get_url_name
EVERYTHING = [
    f"{action}_searchchecksnippet" for action in ("add", "change", "delete", "view")
]


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


def test_check_runs_each_time_it_is_saved_and_shows_its_history(
    client, editor, page, save
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
    history = read(client, edit(check)).find(attrs={"aria-labelledby": "check-history"})
    states = [row.td.get_text() for row in history.tbody("tr")]
    assert states == ["Fails", "Passes"]
    assert "Last checked on" in history.get_text()


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


def test_check_of_a_page_that_is_hidden_since_can_be_changed(
    editor, page, make_check, save
):
    check = make_check(owner=editor)
    unpublished(page)
    assert save(check, query="bank")[0].status_code == 302
    check.refresh_from_db()
    assert (check.query, check.page_id) == ("bank", page.pk)


def test_mistake_is_explained_and_nothing_is_saved(make_check, save):
    make_check()
    for wrong, words in (
        ({"query": "?!"}, "Enter at least one word that people can search for"),
        ({"within": "0"}, "greater than or equal to 1"),
        ({"within": "11"}, "less than or equal to 10"),
        ({"page": ""}, "required"),
        ({"owner": ""}, "required"),
        ({"query": "food bank"}, "There is already a check for this search and page"),
    ):
        response, said = save(**wrong)
        assert response.status_code == 200
        assert words in response.content.decode() + said
    assert SearchCheckSnippet.objects.count() == 1


def test_owner_can_be_anyone_who_keeps_checks_or_has_owned_this_one(
    client, owner, make_check, save
):
    owners = read(client, reverse(ADDRESSES("add"))).select("select[name=owner] option")
    assert [each.get_text() for each in owners[1:]] == ["Eve Editor (eve)"]
    assert save(owner=owner.pk)[0].status_code == 200
    check = make_check(owner=owner)
    assert save(check, owner=owner.pk)[0].status_code == 302
    check.refresh_from_db()
    assert check.owner == owner


def test_changed_check_is_another_check(page, save):
    other = StandardPageFactory(parent=page.get_parent(), title="Swimming")
    save(query="food bank")
    check = SearchCheckSnippet.objects.get()
    said = save(check, query="swimming")[1]
    assert "Fails: not in the first 10 results." in said
    check.refresh_from_db()
    # Anyone who has just changed it needs no email about it.
    assert check.notified_at == check.checked_at
    save(check, query="swimming", page=other.pk)
    check.refresh_from_db()
    assert (check.passed, check.notified_at) == (True, None)
    assert check.results.count() == 3


def test_search_that_does_not_answer_leaves_the_check_for_later(save, monkeypatch):
    def behind(self):
        raise StaleIndexError("busy")

    monkeypatch.setattr(PageIndex, "catch_up", behind)
    assert "It will run in a few minutes, as search is updating." in save()[1]
    assert SearchCheckSnippet.objects.get().checked_at is None


def test_list_says_the_status_of_checks_and_can_be_narrowed(client, editor, make_check):
    make_check("one", owner=editor, passed=False, reason="In position 5")
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
    assert listed(client, passed="true") == ["two"]
    assert listed(client, owner=editor.pk) == ["one"]
    assert listed(client, passed="true", owner=editor.pk) == []


def test_list_takes_as_many_queries_for_many_checks(client, editor, make_check):
    def count():
        with CaptureQueriesContext(connection) as queries:
            listed(client)
        return len(queries)

    for number in range(2):
        make_check(f"food {number}", owner=editor)
    count()
    few = count()
    for number in range(2, 30):
        make_check(f"food {number}", owner=editor)
    assert count() == few
