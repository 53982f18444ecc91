"""Editors see content issues after saving a page, and in a report."""

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


def test_every_kind_of_page_is_checked_when_it_is_saved(make_page):
    for factory in PAGE_FACTORIES:
        assert found_on(make_page(factory, body=[("text", HERE)])) == ["link-text"]


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
    make_faulty().delete()
    assert titles(ask(REPORT)) == ["Original"]
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
        make_faulty(UNTIL, title="Pool", last_published_at=PUBLISHED_AT)
    with time_machine.travel(EVE, tick=False):
        assert ask(REPORT) == []
        assert not any("date" in task.text for task in get_tasks(admin_user, EVE))
    with time_machine.travel(DAY, tick=False):
        ((title, wrong, words, *_),) = ask(REPORT)
        tasks = {task.text for task in get_tasks(admin_user, DAY)}
        assert {"1 page has content issues", "1 date has passed"} <= tasks
    assert (title, wrong) == ("Pool", "Date has passed")
    assert words == "The pool is closed until 31 March."


def test_list_is_filtered_by_rule_and_page_and_exported(
    make_faulty, section, ask, export
):
    make_faulty(title="Bare", html="<p>Good words.</p>", summary="")
    values = {"summary": "", "owner_email": "ann@example.gov.uk"}
    page = PartnershipPageFactory(parent=section, title="Partners", **values)
    make_faulty()
    assert titles(ask(REPORT, rule="no-summary")) == ["Bare", "Partners"]
    assert titles(ask(REPORT, page=page.pk)) == ["Partners"]
    (row,) = export(REPORT, page=page.pk)
    assert row["Web address"] == page.full_url
    assert row["Page type"] == "Partnership page"
    assert row["Issue"] == "Summary is missing"
    assert row["Content owner email address"] == "ann@example.gov.uk"


def test_all_pages_can_be_checked_again(make_faulty):
    page = make_faulty()
    ContentIssue.objects.all().delete()
    version = get_content_version()
    call_command("recheck_pages")
    assert found_on(page) == ["link-text"]
    assert get_content_version() == version


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
    # What is live is in the report, a draft is not.
    assert (f"{reverse('content_checks_report')}?page={page.pk}" in text) == bool(
        button
    )


def test_only_dates_that_have_passed_are_mentioned(make_faulty, send_form):
    address = edit_url(make_faulty())
    until = f"Closed until {date(timezone.localdate().year + 1, 3, 31):%d %B %Y}."
    text = messages_after(send_form(address, minor_edit="on", summary=until))
    assert "Content issues" not in text
    until = "<b>Closed</b> until 31 March 2020."
    text = messages_after(send_form(address, minor_edit="on", summary=until))
    assert "Date has passed" in text
    assert "&lt;b&gt;Closed" in text


def test_the_editors_own_saving_is_mute(make_faulty, admin_client, admin_form):
    page = make_faulty()
    address = edit_url(page)
    data = {**admin_form(address), "summary": ""}
    response = admin_client.post(address, data, headers={"Accept": "application/json"})
    assert response.json()["success"]
    assert list(response.wsgi_request._messages) == []
