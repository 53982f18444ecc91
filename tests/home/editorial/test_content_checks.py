"""Editors see content issues beside the editor, after saving, and in a report."""

import json
from datetime import UTC, date, datetime

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from home.content_version import get_content_version
from home.dashboard import get_tasks
from home.editorial.models import ContentIssue
from tests.factories import PAGE_FACTORIES, PartnershipPageFactory, StandardPageFactory

REPORT = "content_checks"
HERE = '<p>To apply <a href="https://a.test/">click here</a>.</p>'
UNTIL = "<p>The pool is closed until 31 March.</p>"
PUBLISHED_AT = datetime(2026, 2, 2, 12, tzinfo=UTC)
EVE, DAY = datetime(2026, 3, 31, 12, tzinfo=UTC), datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def make_faulty(section):
    """Return a function that gives a live page with a link that says nothing."""

    def make(html=HERE, **values):
        values = {"parent": section, "owner_name": "Ann", **values}
        return StandardPageFactory(body=[("text", html)], **values)

    return make


def titles(rows):
    return [row[0] for row in rows]


def found_on(page):
    return list(
        ContentIssue.objects.filter(page=page.pk).values_list("rule", flat=True)
    )


def edit_url(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def panel(html):
    (found,) = BeautifulSoup(html, "html.parser").select("#content-issues")
    return found.get_text(" ", strip=True)


def test_every_kind_of_page_is_checked_when_it_is_saved_or_all_at_once(make_page):
    pages = [make_page(each, body=[("text", HERE)]) for each in PAGE_FACTORIES]
    assert [found_on(page) for page in pages] == [["link-text"]] * len(pages)
    ContentIssue.objects.all().delete()
    version = get_content_version()
    call_command("recheck_pages")
    assert [found_on(page) for page in pages] == [["link-text"]] * len(pages)
    assert get_content_version() == version


def test_a_row_says_what_is_wrong_and_where_and_what_to_do(
    make_faulty, ask, admin_client
):
    page = make_faulty(title="Grants")
    (row,) = ask(REPORT)
    assert row[:3] == ["Grants", "Link text is not descriptive", "click here"]
    assert row[3].startswith("Say where the link goes")
    assert row[4] == "Ann"
    block = Page.objects.get(pk=page.pk).specific.body[0]
    response = admin_client.get(reverse("content_checks_report"))
    link = BeautifulSoup(response.content, "html.parser").select_one("td.title a")
    assert link["href"] == f"{edit_url(page)}#:w:contentpath=body.{block.id}"


def test_the_report_has_what_readers_see(make_faulty, home, ask):
    page = make_faulty(title="Original")
    page.create_alias(parent=home, update_slug="alias")
    make_faulty(live=False)
    page.body = [("text", "<p>Good words.</p>")]
    revision = page.save_revision()
    assert titles(ask(REPORT)) == ["Original"]
    page.unpublish()
    assert ask(REPORT) == []
    page.body = [("text", HERE)]
    page.save_revision().publish()
    assert titles(ask(REPORT)) == ["Original"]
    Page.objects.filter(pk=page.pk).update(expire_at=timezone.now())
    assert ask(REPORT) == []
    Page.objects.filter(pk=page.pk).update(expire_at=None)
    # A rule that only another release has.
    ContentIssue.objects.update(rule="gone")
    assert ask(REPORT) == []
    revision.publish()
    assert found_on(page) == []


def test_a_date_becomes_an_issue_on_the_day_after_by_itself(
    make_faulty, ask, admin_user
):
    with time_machine.travel(PUBLISHED_AT, tick=False):
        page = make_faulty(UNTIL, title="Pool", last_published_at=PUBLISHED_AT)
    with time_machine.travel(EVE, tick=False):
        assert ask(REPORT) == []
        assert not any("date" in task.text for task in get_tasks(admin_user, EVE))
    with time_machine.travel(DAY, tick=False):
        (row,) = ask(REPORT)
        tasks = {task.text for task in get_tasks(admin_user, DAY)}
        assert {"1 page has content issues", "1 date has passed"} <= tasks
    until = "The pool is closed until 31 March."
    assert row[:3] == ["Pool", "Date has passed", until]
    # Published again for another reason, it means the same day; other words do not.
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        page.title = "Swimming pool"
        page.save_revision().publish()
        assert titles(ask(REPORT)) == ["Swimming pool"]
        page.body = [("text", "<p>We are closed until 31 March.</p>")]
        page.save_revision().publish()
        assert ContentIssue.objects.get(page=page).shown_from == date(2027, 4, 1)


def test_list_is_filtered_by_rule_and_exported(make_faulty, section, ask, export):
    make_faulty()
    values = {"summary": "", "owner_email": "ann@example.gov.uk"}
    page = PartnershipPageFactory(parent=section, title="Partners", **values)
    assert titles(ask(REPORT, rule="no-summary")) == ["Partners"]
    (row,) = export(REPORT, rule="no-summary")
    assert row["Web address"] == page.full_url
    assert row["Page type"] == "Partnership page"
    assert row["Issue"] == "Summary is missing"
    assert row["Content owner email address"] == "ann@example.gov.uk"


# The editor. Bodies are empty in forms that tests send, so the summary is at fault.


def messages_after(response):
    assert response.status_code == 302
    return " ".join(str(message) for message in response.wsgi_request._messages)


@pytest.mark.parametrize("button", ["action-publish", None])
def test_saving_lists_issues_and_is_never_prevented(button, make_faulty, send_form):
    page = make_faulty()
    fields = {"summary": "", "title": "New title", "minor_edit": "on"}
    text = messages_after(send_form(edit_url(page), button, **fields))
    link = f'underline" href="{edit_url(page)}#:w:contentpath=summary">'
    assert f"{link}Summary is missing</a>" in text
    page.refresh_from_db()
    assert page.draft_title == "New title"


def test_only_dates_that_have_passed_are_mentioned(make_faulty, send_form):
    address = edit_url(make_faulty())
    until = f"Closed until {date(timezone.localdate().year + 1, 3, 31):%d %B %Y}."
    text = messages_after(send_form(address, minor_edit="on", summary=until))
    assert "Content issues" not in text
    until = "<b>Closed</b> until 31 March 2020."
    text = messages_after(send_form(address, minor_edit="on", summary=until))
    assert "Date has passed" in text
    assert "&lt;b&gt;Closed" in text


def test_panel_lists_the_issues_of_the_draft_and_follows_autosave(
    section, admin_client, admin_form
):
    page = StandardPageFactory(parent=section, summary="<b>By 2 March 2020</b>")
    shown = panel(admin_client.get(edit_url(page)).content)
    assert "Content issues (1)" in shown
    assert f"{page.summary} Update this sentence" in shown.replace(" ”", "")
    page.summary = "Apply when you like."
    page.save_revision()
    assert panel(admin_client.get(edit_url(page)).content) == "No content issues"
    data = {**admin_form(edit_url(page)), "summary": "Come by 1 March 2020."}
    response = admin_client.post(
        edit_url(page), data, headers={"Accept": "application/json"}
    )
    answer = json.loads(response.content)
    template = BeautifulSoup(answer["html"], "html.parser").select_one(
        "[data-w-teleport-target-value='#content-issues']"
    )
    assert "Come by 1 March 2020." in template.get_text()
    # It sends no messages.
    assert list(response.wsgi_request._messages) == []


def test_new_page_has_the_panel_and_an_alert_does_not(section, admin_client):
    parts = ["home", "standardpage", section.pk]
    address = reverse("wagtailadmin_pages:add", args=parts)
    assert "Summary is missing" in panel(admin_client.get(address).content)
    response = admin_client.get(reverse("wagtailsnippets_community_alertsnippet:add"))
    assert response.status_code == 200
    assert b"content-issues" not in response.content
