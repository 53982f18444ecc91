"""What the reports of reviews, content checks and broken links have in common."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import PartnershipPageFactory, StandardPageFactory

# The whole of each report: pages without an owner are in the review queue too.
ALL = {"reviews": {"state": "due"}, "content_checks": {}, "broken_links": {}}


@pytest.fixture
def make_faulty(home, section):
    """Return a function that gives a page with a row in each report."""
    target = StandardPageFactory(parent=home)
    target.unpublish()
    link = f'<p>To apply <a linktype="page" id="{target.pk}">click here</a>.</p>'

    def make(title="A page", factory=StandardPageFactory, **values):
        values = {"parent": section, "owner_email": "ann@example.gov.uk", **values}
        return factory(
            title=title, body=[("text", link)], review_on=date(2020, 1, 1), **values
        )

    return make


def titles(rows):
    return sorted(row[0] for row in rows)


def test_filters_narrow_the_list(make_faulty, section, home, ask):
    make_faulty("Inside")
    make_faulty("His", owner_name="Ben", owner_email="ben@example.gov.uk")
    make_faulty("Outside", parent=home)
    partners = make_faulty("Partners", PartnershipPageFactory)

    def listed(**query):
        return titles(ask(report, **{**ALL[report], **query}))

    for report in ALL:
        assert listed() == ["His", "Inside", "Outside", "Partners"]
        assert listed(owner="BEN") == listed(owner="ben@") == ["His"]
        assert listed(section=section.pk) == ["His", "Inside", "Partners"]
        assert listed(kind=partners.content_type_id) == ["Partners"]
        if report != "broken_links":
            assert listed(q="insi") == ["Inside"]


def test_a_question_that_makes_no_sense_is_no_error(make_faulty, ask):
    make_faulty()
    for query in (
        {"state": "x", "rule": "x", "problem": "x"},
        {"section": "99999999999999999999", "page": "99999999999999999999"},
        {"ordering": "page__owner__password"},
        {"q": "\x00"},
    ):
        for report in ALL:
            ask(report, **query)


def test_editors_see_only_pages_that_they_may_edit(
    make_faulty, section, home, ask, editor, may
):
    make_faulty("Inside")
    other = make_faulty("Outside", parent=home)
    addresses = {report: reverse(f"{report}_report") for report in ALL}
    assert {editor.get(each).status_code for each in addresses.values()} == {302}
    may(section, "change")
    editor.force_login(editor.user)
    dashboard = editor.get(reverse("wagtailadmin_home")).content
    tasks = BeautifulSoup(dashboard, "html.parser").find(id="your-tasks-content")
    for report, address in addresses.items():
        assert titles(ask(report, editor, **ALL[report])) == ["Inside"]
        assert ask(report, editor, owner="nobody", page=other.pk) == []
        [task] = tasks.select(f'a[href^="{address}"]')
        assert task.get_text().startswith("1 ")


def test_number_of_queries_does_not_grow_with_rows(make_faulty, ask):
    def counts():
        with CaptureQueriesContext(connection) as queries:
            for report in ALL:
                ask(report)
        return len(queries)

    make_faulty()
    counts()
    few = counts()
    for _ in range(3):
        make_faulty()
    assert counts() == few


def test_export_is_filtered_and_all_text_is_safe(make_faulty, export, admin_client):
    make_faulty("<script>alert(1)</script>")
    make_faulty("=1+1", owner_name="@Ann")
    for report in ALL:
        [row] = export(report, **ALL[report], owner="@Ann")
        assert row["Page"] == "'=1+1"
        assert row["Content owner"] == "'@Ann"
        response = admin_client.get(reverse(f"{report}_report"), ALL[report])
        html = response.content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html
        html = BeautifulSoup(html, "html.parser")
        assert html.title.get_text(strip=True)
        assert len(html.select("h1")) == 1
        names = [tag["aria-label"] for tag in html.select("td input, td button")]
        assert len(set(names)) == len(names)
