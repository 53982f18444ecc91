"""Editors see which pages are due for review, and can export the list."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Page

from home.editorial.reviews.models import PageReview
from tests.factories import PartnershipPageFactory
from tests.home.editorial.conftest import TODAY

DAY = timedelta(days=1)
QUEUE = "reviews_report"


@pytest.fixture(autouse=True)
def _today(home, section):
    PageReview.objects.filter(pk__in=[home.pk, section.pk]).update(
        owner_email="team@example.gov.uk"
    )
    with time_machine.travel(f"{TODAY} 12:00Z", tick=False):
        yield


@pytest.fixture
def ask(admin_client, admin_user):
    """Return a function that asks the queue and gives the titles that it lists."""

    def get(client=admin_client, **query):
        admin_client.force_login(admin_user)
        response = client.get(reverse(QUEUE), query)
        assert response.status_code == 200
        html = BeautifulSoup(response.content, "html.parser")
        return [cell.get_text(strip=True) for cell in html.select("td.title a")]

    return get


@pytest.fixture
def pages(make_reviewed):
    return [
        make_reviewed(TODAY + DAY, title="Soon"),
        make_reviewed(TODAY - DAY, title="Overdue"),
        make_reviewed(TODAY, title="Today"),
        make_reviewed(None, title="Undated"),
        make_reviewed(TODAY + 99 * DAY, email="", title="Ownerless"),
        make_reviewed(TODAY + 99 * DAY, title="Later"),
        make_reviewed(TODAY, title="Draft", live=False),
    ]


@pytest.mark.parametrize(
    ("state", "titles"),
    [
        ("", ["Overdue", "Today", "Soon", "Ownerless", "Undated"]),
        ("due", ["Overdue", "Today"]),
        ("overdue", ["Overdue"]),
        ("soon", ["Soon"]),
        ("undated", ["Undated"]),
        ("ownerless", ["Ownerless"]),
    ],
)
def test_queue_lists_what_needs_attention_the_oldest_first(state, titles, pages, ask):
    assert ask(state=state) == titles


def test_all_pages_can_be_listed_in_either_order(pages, ask, home):
    titles = ask(state="all")
    assert {"Later", home.title}.issubset(titles)
    assert "Draft" not in titles
    assert titles[-1] == "Undated"
    assert ask(state="all", ordering="-review_on")[-1] == "Undated"
    assert ask(ordering="-page__title")[0] == "Undated"


def test_search_and_filters_narrow_the_list(pages, make_reviewed, section, ask, home):
    make_reviewed(TODAY, "ben@example.gov.uk", owner_name="Ben", title="His")
    make_reviewed(TODAY, parent=home, title="Outside")
    page = PartnershipPageFactory(parent=section, title="Partners", review_on=TODAY)
    assert ask(q="over") == ["Overdue"]
    assert ask(q="ben@") == ask(owner="BEN") == ["His"]
    assert "Outside" in ask()
    assert "Outside" not in ask(section=section.pk)
    assert "His" in ask(section=section.pk)
    assert ask(kind=page.content_type_id) == ["Partners"]


@pytest.mark.parametrize(
    "query",
    [
        {"state": "x"},
        {"section": "99999999999999999999"},
        {"ordering": "page__owner__password"},
        {"q": "\x00"},
    ],
)
def test_a_question_that_makes_no_sense_is_no_error(query, pages, ask):
    ask(**query)


def test_each_row_leads_to_the_editor(pages, admin_client, admin_user):
    admin_client.force_login(admin_user)
    html = admin_client.get(reverse(QUEUE)).content.decode()
    assert reverse("wagtailadmin_pages:edit", args=[pages[0].pk]) in html


def test_queue_lists_only_pages_that_an_editor_may_edit(
    pages, make_reviewed, section, home, ask, editor, may
):
    make_reviewed(TODAY, parent=home, title="Outside")
    assert editor.get(reverse(QUEUE)).status_code == 302
    may(section, "change")
    editor.force_login(editor.user)
    titles = ask(editor)
    assert "Overdue" in titles
    assert "Outside" not in titles
    assert reverse(QUEUE) in editor.get(reverse("wagtailadmin_home")).content.decode()


def test_an_author_sees_own_pages_only(make_reviewed, section, ask, editor, may):
    own = make_reviewed(title="Own")
    make_reviewed(title="Someone else's")
    Page.objects.filter(pk=own.pk).update(owner=editor.user)
    may(section, "add")
    editor.force_login(editor.user)
    assert ask(editor) == ["Own"]


def test_number_of_queries_does_not_grow_with_pages(make_reviewed, ask):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ask()
        return len(queries)

    make_reviewed()
    count()
    few = count()
    for _ in range(10):
        make_reviewed()
    assert count() == few


def test_export_is_the_list_as_it_is_filtered_and_safe(
    pages, make_reviewed, admin_client, admin_user
):
    make_reviewed(TODAY, title="=1+1", owner_name="@Ann")
    admin_client.force_login(admin_user)
    response = admin_client.get(reverse(QUEUE), {"state": "due", "export": "csv"})
    text = b"".join(response.streaming_content).decode()
    heading, *rows = csv.reader(StringIO(text))
    assert heading[0] == "Page"
    assert heading[-1] == "Content owner email address"
    assert [row[0] for row in rows] == ["Overdue", "Today", "'=1+1"]
    assert rows[0][1] == pages[1].full_url
    assert rows[0][2:] == [
        "Standard page",
        "2026-03-02",
        "Overdue by 1 day",
        "Ann",
        "ann@example.gov.uk",
    ]
    assert rows[2][5] == "'@Ann"


def test_every_control_of_the_queue_has_a_name(pages, admin_client, admin_user):
    admin_client.force_login(admin_user)
    response = admin_client.get(reverse(QUEUE))
    html = BeautifulSoup(response.content, "html.parser")
    assert len(html.select("h1")) == 1
    names = [tag["aria-label"] for tag in html.select("td input, td button")]
    assert len(set(names)) == len(names) == 15
    assert "6 months until the next review of Overdue" in names
