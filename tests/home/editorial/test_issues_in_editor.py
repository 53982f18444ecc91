"""The editor lists content issues while someone types."""

import json

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from home.editorial.content_checks import check_draft
from home.editorial.models import ContentIssue
from tests.factories import StandardPageFactory
from tests.home.editorial.conftest import TODAY

PAST = "Apply by 2 March 2026."


@pytest.fixture(autouse=True)
def clock(home):
    with time_machine.travel(f"{TODAY} 12:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section, title="Grants", summary=PAST)


@pytest.fixture
def edit_url(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def panel(html):
    (found,) = BeautifulSoup(html, "html.parser").select("#content-issues")
    return found.get_text(" ", strip=True)


def test_editor_lists_the_issues_of_the_draft(page, edit_url, admin_client):
    shown = panel(admin_client.get(edit_url).content)
    assert "Content issues (1)" in shown
    assert PAST in shown
    assert "Update this sentence" in shown
    page.summary = "Apply when you like."
    page.save_revision()
    assert panel(admin_client.get(edit_url).content) == "No content issues"
    page.summary = "<b>By 2 March 2026</b>"
    page.save_revision()
    assert page.summary in panel(admin_client.get(edit_url).content)


def test_list_follows_what_the_editor_saves_by_itself(
    edit_url, admin_client, admin_form
):
    data = {**admin_form(edit_url), "summary": "Come by 1 March 2026."}
    response = admin_client.post(edit_url, data, headers={"Accept": "application/json"})
    answer = json.loads(response.content)
    assert answer["success"]
    template = BeautifulSoup(answer["html"], "html.parser").select_one(
        "[data-w-teleport-target-value='#content-issues']"
    )
    assert "Come by 1 March 2026." in template.get_text()


def test_new_page_has_the_list_and_an_alert_does_not(section, admin_client):
    address = reverse(
        "wagtailadmin_pages:add", args=["home", "standardpage", section.pk]
    )
    assert "Summary is missing" in panel(admin_client.get(address).content)
    response = admin_client.get(reverse("wagtailsnippets_community_alertsnippet:add"))
    assert response.status_code == 200
    assert b"content-issues" not in response.content


def test_day_without_a_year_keeps_its_meaning_when_published_again(section, clock):
    page = StandardPageFactory(parent=section, summary="Closed until 31 March.")
    before = ContentIssue.objects.get(page=page).shown_from
    clock.move_to("2026-11-20 12:00Z")
    page.title = "Swimming pool"
    page.save_revision().publish()
    assert ContentIssue.objects.get(page=page).shown_from == before
    (found,) = check_draft(page, on=TODAY.replace(month=11, day=20))
    assert found.text == "Closed until 31 March."
    # Another sentence is another matter.
    page.summary = "We are closed until 31 March."
    page.save_revision().publish()
    assert str(ContentIssue.objects.get(page=page).shown_from) == "2027-04-01"
