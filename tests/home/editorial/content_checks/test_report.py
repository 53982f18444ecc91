"""Editors see content issues after saving a page, and in a report."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from home.content_version.counter import get_content_version
from home.editorial.content_checks import issues, rules
from home.editorial.content_checks.issues import counts_for
from home.jobs import run_due_jobs
from home.models import ContentCheckRun, ContentIssue
from tests.factories import PAGE_FACTORIES, PartnershipPageFactory, StandardPageFactory

REPORT = "content_checks_report"
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


@pytest.fixture
def ask(admin_client, admin_user):
    """Return a function that asks the report and gives the rows that it lists."""

    def get(client=admin_client, **query):
        admin_client.force_login(admin_user)
        response = client.get(reverse(REPORT), query)
        assert response.status_code == 200
        html = BeautifulSoup(response.content, "html.parser")
        return [
            [" ".join(cell.get_text(" ").split()) for cell in row.find_all("td")]
            for row in html.select("table.listing tbody tr")
        ]

    return get


def titles(rows):
    return [row[0] for row in rows]


def found_on(page):
    return list(
        ContentIssue.objects.filter(page=page.pk).values_list("rule", flat=True)
    )


def edit_url(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


@pytest.mark.parametrize("factory", PAGE_FACTORIES)
def test_every_kind_of_page_is_checked_when_it_is_saved(factory, make_page):
    page = make_page(factory, body=[("text", HERE)])
    assert found_on(page) == ["link-text"]
    assert ContentCheckRun.objects.get(pk=page.pk).rules_version == rules.VERSION


def test_a_row_says_what_is_wrong_and_what_to_do(make_faulty, ask):
    make_faulty(title="Grants")
    (row,) = ask()
    assert row[:3] == ["Grants", "Link text is not descriptive", "click here"]
    assert row[3].startswith("Say where the link goes")
    assert row[4] == "Ann"


def test_a_row_leads_to_the_block_in_the_editor(make_faulty, admin_client):
    page = make_faulty()
    block = Page.objects.get(pk=page.pk).specific.body[0]
    html = BeautifulSoup(admin_client.get(reverse(REPORT)).content, "html.parser")
    address = f"{edit_url(page)}#:w:contentpath=body.{block.id}"
    assert html.select_one("td.title a")["href"] == address
    assert html.title.get_text(strip=True)
    assert len(html.select("h1")) == 1


def test_a_draft_changes_nothing_until_it_is_published(make_faulty):
    page = make_faulty()
    page.body = [("text", "<p>Good words.</p>")]
    revision = page.save_revision()
    assert found_on(page) == ["link-text"]
    revision.publish()
    assert found_on(page) == []


def test_a_page_taken_down_has_no_findings_until_it_is_back(make_faulty, ask):
    page = make_faulty(title="Grants")
    page.unpublish()
    assert ask() == []
    page.save_revision().publish()
    assert titles(ask()) == ["Grants"]


@pytest.mark.parametrize("expired_for", [timedelta(), timedelta(days=1)])
def test_an_expired_page_has_no_findings(expired_for, make_faulty, ask):
    page = make_faulty()
    Page.objects.filter(pk=page.pk).update(expire_at=timezone.now() - expired_for)
    assert ask() == []


def test_a_draft_an_alias_and_a_deleted_page_are_not_listed(make_faulty, home, ask):
    make_faulty(live=False)
    make_faulty().delete()
    page = make_faulty(title="Original")
    page.create_alias(parent=home, update_slug="alias")
    assert titles(ask()) == ["Original"]


def test_saving_again_writes_nothing_that_is_there_already(make_faulty):
    page = make_faulty()
    (before,) = ContentIssue.objects.all()
    page.save()
    assert list(ContentIssue.objects.all()) == [before]


def test_a_date_becomes_a_finding_on_the_day_after_by_itself(
    make_faulty, ask, admin_user
):
    with time_machine.travel(PUBLISHED_AT, tick=False):
        make_faulty(UNTIL, title="Pool", last_published_at=PUBLISHED_AT)
    with time_machine.travel(EVE, tick=False):
        assert ask() == []
        assert counts_for(admin_user, EVE.date()) == {"pages": 0, "dates": 0}
    with time_machine.travel(DAY, tick=False):
        ((title, wrong, words, *_),) = ask()
    assert (title, wrong) == ("Pool", "Date has passed")
    assert words == "The pool is closed until 31 March."


def test_search_and_filters_narrow_the_list(make_faulty, section, home, ask):
    make_faulty(title="Grants")
    make_faulty(title="His", owner_name="Ben", owner_email="ben@example.gov.uk")
    make_faulty(title="Bare", html="<p>Good words.</p>", summary="")
    make_faulty(title="Outside", parent=home)
    page = PartnershipPageFactory(parent=section, title="Partners", summary="")
    assert len(ask()) == 5
    assert titles(ask(q="gran")) == ["Grants"]
    assert titles(ask(owner="BEN")) == titles(ask(owner="ben@")) == ["His"]
    assert titles(ask(rule="no-summary")) == ["Bare", "Partners"]
    assert "Outside" not in titles(ask(section=section.pk))
    assert titles(ask(kind=page.content_type_id)) == ["Partners"]
    assert titles(ask(page=page.pk)) == ["Partners"]


@pytest.mark.parametrize(
    "query",
    [
        {"rule": "x"},
        {"section": "99999999999999999999"},
        {"page": "99999999999999999999"},
        {"ordering": "page__owner__password"},
        {"q": "\x00"},
    ],
)
def test_a_question_that_makes_no_sense_is_no_error(query, make_faulty, ask):
    make_faulty()
    ask(**query)


def test_editors_see_only_pages_that_they_may_edit(
    make_faulty, section, home, ask, editor, may
):
    own, other = make_faulty(title="Inside"), make_faulty(title="Out", parent=home)
    assert editor.get(reverse(REPORT)).status_code == 302
    may(section, "change")
    editor.force_login(editor.user)
    assert titles(ask(editor)) == [own.title]
    assert ask(editor, page=other.pk) == []
    counts = counts_for(editor.user, timezone.localdate())
    assert counts == {"pages": 1, "dates": 0}
    assert reverse(REPORT) in editor.get(reverse("wagtailadmin_home")).content.decode()


def test_counts_lead_to_the_lists_that_they_count(
    make_faulty, admin_user, admin_client
):
    published_at = datetime(2025, 2, 2, tzinfo=UTC)
    make_faulty(HERE + UNTIL, last_published_at=published_at)
    make_faulty()
    with CaptureQueriesContext(connection) as queries:
        counts = counts_for(admin_user, timezone.localdate())
    assert len(queries) == 1
    assert counts == {"pages": 2, "dates": 1}
    for query, rows in (({}, 3), ({"rule": rules.Rule.PASSED_DATE.value}, 1)):
        response = admin_client.get(reverse(REPORT), query)
        html = BeautifulSoup(response.content, "html.parser")
        assert len(html.select("td.title")) == rows


def test_number_of_queries_does_not_grow_with_findings(make_faulty, ask):
    def count():
        with CaptureQueriesContext(connection) as queries:
            ask()
        return len(queries)

    make_faulty()
    count()
    few = count()
    for _ in range(10):
        make_faulty()
    assert count() == few


def test_export_is_the_list_as_it_is_filtered_and_safe(make_faulty, admin_client):
    html = '<p><a href="https://a.test/">=1+1</a></p>'
    make_faulty(title="Grants")
    page = make_faulty(html, title="=A", owner_email="ann@example.gov.uk", summary="")
    query = {"rule": "link-text", "export": "csv"}
    response = admin_client.get(reverse(REPORT), query)
    text = b"".join(response.streaming_content).decode()
    rows = list(csv.DictReader(StringIO(text)))
    assert [row["Page"] for row in rows] == ["Grants"]
    query = {"rule": "no-summary", "export": "csv"}
    response = admin_client.get(reverse(REPORT), query)
    (row,) = csv.DictReader(StringIO(b"".join(response.streaming_content).decode()))
    assert row["Page"] == "'=A"
    assert row["Web address"] == page.full_url
    assert row["Page type"] == "Standard page"
    assert row["Content owner email address"] == "ann@example.gov.uk"


def test_html_in_an_issue_is_escaped(make_faulty, admin_client, send_form):
    page = make_faulty(title="<script>alert(1)</script>", summary="")
    html = admin_client.get(reverse(REPORT)).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert page.pk


# The job.


def test_job_checks_what_was_never_checked_or_by_earlier_rules(make_faulty, section):
    old, new = make_faulty(), make_faulty()
    ContentCheckRun.objects.filter(pk=old.pk).update(rules_version=0)
    ContentCheckRun.objects.filter(pk=new.pk).delete()
    ContentIssue.objects.all().delete()
    issues.check_unchecked_pages(timezone.now())
    assert found_on(old) == found_on(new) == ["link-text"]
    assert not ContentCheckRun.objects.filter(rules_version=0).exists()


def test_job_goes_on_batch_after_batch_and_comes_to_an_end(make_faulty, monkeypatch):
    monkeypatch.setattr(issues, "BATCH", 2)
    pages = [make_faulty() for _ in range(3)]
    ContentCheckRun.objects.all().delete()
    for _ in range(10):
        issues.check_unchecked_pages(timezone.now())
    # All live pages, Wagtail's root too.
    assert ContentCheckRun.objects.count() == Page.objects.live().count()
    with CaptureQueriesContext(connection) as queries:
        issues.check_unchecked_pages(timezone.now())
    assert len(queries) == 1
    assert found_on(pages[0])


def test_change_of_the_rules_reaches_all_pages(make_faulty, monkeypatch):
    page = make_faulty()
    monkeypatch.setattr(rules, "RULES", [])
    monkeypatch.setattr(issues, "VERSION", rules.VERSION + 1)
    issues.check_unchecked_pages(timezone.now())
    assert found_on(page) == []


def test_finding_of_a_rule_that_is_gone_is_not_listed(make_faulty, ask):
    make_faulty()
    ContentIssue.objects.update(rule="gone")
    assert ask() == []


def test_checks_change_nothing_for_readers(make_faulty):
    make_faulty()
    ContentCheckRun.objects.all().delete()
    version = get_content_version()
    issues.check_unchecked_pages(timezone.now())
    assert get_content_version() == version


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_job_runs_with_the_others(home):
    ContentCheckRun.objects.all().delete()
    assert "check content" not in run_due_jobs(timezone.now())
    assert ContentCheckRun.objects.filter(pk=home.pk).exists()


# The editor. Bodies are empty in forms that tests send, so the summary is at fault.


def messages_after(response):
    assert response.status_code == 302
    return [str(message) for message in response.wsgi_request._messages]


@pytest.mark.parametrize("button", ["action-publish", None])
def test_saving_lists_issues_and_is_never_prevented(button, make_faulty, send_form):
    page = make_faulty()
    fields = {"summary": "", "title": "New title", "minor_edit": "on"}
    response = send_form(edit_url(page), button, **fields)
    text = " ".join(messages_after(response))
    assert "Summary is missing" in text
    assert f'underline" href="{edit_url(page)}#:w:contentpath=summary"' in text
    page.refresh_from_db()
    assert page.draft_title == "New title"
    # What is live is in the report, a draft is not.
    assert (f"{reverse(REPORT)}?page={page.pk}" in text) == bool(button)


def test_page_without_issues_has_no_message(make_faulty, send_form):
    response = send_form(edit_url(make_faulty()), minor_edit="on")
    assert "make this page better" not in " ".join(messages_after(response))


def test_date_to_come_is_not_mentioned_yet(make_faulty, send_form):
    until = f"Closed until {date(timezone.localdate().year + 1, 3, 31):%d %B %Y}."
    fields = {"minor_edit": "on", "summary": until}
    response = send_form(edit_url(make_faulty()), **fields)
    assert "Date has passed" not in " ".join(messages_after(response))
    fields["summary"] = "Closed until 31 March 2020."
    response = send_form(edit_url(make_faulty()), **fields)
    assert "Date has passed" in " ".join(messages_after(response))


def test_html_in_a_page_is_escaped_in_the_message(make_faulty, send_form):
    fields = {"minor_edit": "on", "summary": "<b>Open</b> until 31 March 2020."}
    response = send_form(edit_url(make_faulty()), **fields)
    assert "&lt;b&gt;Open" in " ".join(messages_after(response))


def test_the_editors_own_saving_is_mute(make_faulty, admin_client, admin_form):
    page = make_faulty()
    address = edit_url(page)
    data = {**admin_form(address), "summary": ""}
    response = admin_client.post(address, data, headers={"Accept": "application/json"})
    assert response.json()["success"]
    assert list(response.wsgi_request._messages) == []
