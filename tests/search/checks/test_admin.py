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


def post(client, address, **data):
    response = client.post(address, data)
    said = " ".join(str(each) for each in get_messages(response.wsgi_request))
    return response, said


def read(client, address, **parameters):
    response = client.get(address, parameters)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def edit(check):
    return reverse(ADDRESSES("edit"), args=[check.pk])


def check_now(check):
    return reverse(ADDRESSES("check_now"), args=[check.pk])


def listed(client, **filters):
    html = read(client, reverse(ADDRESSES("list")), **filters)
    return [link.get_text(strip=True) for link in html.select(".title-wrapper a")]


def test_new_check_runs_at_once_and_says_what_it_finds(client, editor, page):
    html = read(client, reverse(ADDRESSES("add")))
    (chosen,) = html.select("select[name=owner] option[selected]")
    assert chosen.get_text() == "Eve Editor (eve)"
    assert html.find("input", attrs={"name": "within"})["value"] == "3"
    response, said = post(
        client,
        reverse(ADDRESSES("add")),
        query=" food \n bank",
        page=page.pk,
        within=3,
        owner=editor.pk,
    )
    assert response.status_code == 302
    assert "Passes: in position 1." in said
    check = SearchCheckSnippet.objects.get()
    assert (check.query, check.owner, check.passed) == ("food bank", editor, True)


def unpublished(page):
    page.unpublish()


def private(page):
    PageViewRestriction.objects.create(page=page, restriction_type="login")


@pytest.mark.parametrize("hide", [unpublished, private])
def test_page_that_neither_the_public_nor_the_editor_may_read_is_not_named(
    client, editor, home, hide
):
    page = StandardPageFactory(parent=home, title="Secret merger")
    hide(page)
    values = {"query": "food", "page": page.pk, "within": 3, "owner": editor.pk}
    for wrong in ({}, {"query": ""}):
        response, _ = post(client, reverse(ADDRESSES("add")), **{**values, **wrong})
        html = response.content.decode()
        assert "Choose a public page or one from your section" in html
        assert "Secret merger" not in html
    assert not SearchCheckSnippet.objects.exists()


@pytest.mark.parametrize("hide", [unpublished, private])
def test_draft_of_the_editors_own_section_can_be_checked(client, editor, home, hide):
    page = StandardPageFactory(parent=home, title="Secret merger")
    hide(page)
    group = Group.objects.create(name="Section")
    GroupPagePermission.objects.create(
        group=group,
        page=page,
        permission=Permission.objects.get(codename="change_page"),
    )
    editor.groups.add(group)
    values = {"query": "food", "page": page.pk, "within": 3, "owner": editor.pk}
    assert post(client, reverse(ADDRESSES("add")), **values)[0].status_code == 302
    assert SearchCheckSnippet.objects.get().page_id == page.pk


def test_check_of_a_page_that_is_hidden_since_can_be_changed(
    client, editor, page, make_check
):
    check = make_check(owner=editor)
    unpublished(page)
    values = {"query": "bank", "page": page.pk, "within": 3, "owner": editor.pk}
    assert post(client, edit(check), **values)[0].status_code == 302
    check.refresh_from_db()
    assert (check.query, check.page_id) == ("bank", page.pk)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"query": "?!"}, "Enter at least one word that people can search for"),
        ({"within": "0"}, "greater than or equal to 1"),
        ({"within": "11"}, "less than or equal to 10"),
        ({"page": ""}, "required"),
        ({"owner": ""}, "required"),
    ],
)
def test_mistake_is_explained_and_nothing_is_lost(client, editor, page, wrong, words):
    data = {"query": "food", "page": page.pk, "within": 3, "owner": editor.pk}
    response, _ = post(client, reverse(ADDRESSES("add")), **{**data, **wrong})
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not SearchCheckSnippet.objects.exists()


def test_same_check_cannot_be_made_twice(client, editor, page, make_check):
    make_check()
    data = {"query": "food bank", "page": page.pk, "within": 3, "owner": editor.pk}
    response, said = post(client, reverse(ADDRESSES("add")), **data)
    assert response.status_code == 200
    assert "There is already a check for this search and page" in said
    assert SearchCheckSnippet.objects.count() == 1


def test_owner_can_be_anyone_who_keeps_checks_and_no_one_else(
    client, editor, page, owner
):
    owners = read(client, reverse(ADDRESSES("add"))).select("select[name=owner] option")
    assert [each.get_text() for each in owners[1:]] == ["Eve Editor (eve)"]
    data = {"query": "food", "page": page.pk, "within": 3, "owner": owner.pk}
    response, _ = post(client, reverse(ADDRESSES("add")), **data)
    assert response.status_code == 200


def test_owner_who_has_left_stays_until_someone_else_is_chosen(
    client, editor, page, owner, make_check
):
    check = make_check(owner=owner)
    data = {"query": "food", "page": page.pk, "within": 3, "owner": owner.pk}
    assert post(client, edit(check), **data)[0].status_code == 302
    check.refresh_from_db()
    assert check.owner == owner


def test_changed_check_is_another_check(client, editor, page, owner, make_check):
    other = StandardPageFactory(parent=page.get_parent(), title="Swimming")
    check = make_check(owner=editor)
    post(client, check_now(check))
    data = {"query": "swimming", "page": page.pk, "within": 3, "owner": editor.pk}
    _, said = post(client, edit(check), **data)
    assert "Fails: not in the first 50 results." in said
    check.refresh_from_db()
    # Anyone who has just changed it needs no email about it.
    assert check.notified_at == check.checked_at
    post(client, edit(check), **{**data, "page": other.pk})
    check.refresh_from_db()
    assert (check.passed, check.notified_at) == (True, None)
    assert check.results.count() == 3


def test_check_now_runs_it_and_shows_its_history(client, editor, page, make_check):
    check = make_check()
    response, said = post(client, check_now(check))
    assert response.url == edit(check)
    assert said == "'food bank': Passes: in position 1."
    page.unpublish()
    assert "Fails: the page is not public." in post(client, check_now(check))[1]
    html = read(client, edit(check))
    history = html.find("section", attrs={"aria-labelledby": "check-history"})
    states = [row.td.get_text() for row in history.tbody("tr")]
    assert states == ["Fails", "Passes"]
    assert "Fails: the page is not public. Last checked on" in history.get_text()
    assert history.form["action"] == check_now(check)


def test_who_may_only_read_checks_cannot_run_them(client, enter_admin, make_check):
    check = make_check()
    enter_admin("view_searchchecksnippet")
    client.post(check_now(check))
    check.refresh_from_db()
    assert check.checked_at is None


def test_search_that_does_not_answer_leaves_the_check_for_later(
    client, editor, page, make_check, monkeypatch
):
    def behind(self):
        raise StaleIndexError("busy")

    monkeypatch.setattr(PageIndex, "catch_up", behind)
    check = make_check()
    assert "Search is updating" in post(client, check_now(check))[1]
    data = {"query": "food", "page": page.pk, "within": 3, "owner": editor.pk}
    _, said = post(client, reverse(ADDRESSES("add")), **data)
    assert "Search is updating" in said
    assert "Not checked yet." in said
    assert SearchCheckSnippet.objects.filter(checked_at=None).count() == 2


def test_list_says_the_status_of_checks_and_can_be_narrowed(client, editor, make_check):
    make_check("one", owner=editor, passed=False, reason="In position 5")
    make_check("two", passed=True, reason="In position 1")
    make_check("three", page=None)
    html = read(client, reverse(ADDRESSES("list")))
    text = html.main.get_text()
    for words in (
        "Fails: in position 5",
        "Passes: in position 1",
        "Eve Editor",
        "No owner",
    ):
        assert words in text
    assert listed(client) == ["one", "three", "two"]
    assert listed(client, state="failing") == ["one"]
    assert listed(client, state="passing") == ["two"]
    assert listed(client, state="unchecked") == ["three"]
    assert listed(client, whose="mine") == ["one"]
    assert listed(client, whose="none") == ["three", "two"]
    assert listed(client, state="passing", whose="mine") == []


def test_list_takes_as_many_queries_for_many_checks(client, editor, page, make_check):
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
