"""Officers find partnerships and policies wherever they are in the tree."""

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
)

LISTINGS = ("partnerships:index", "policies:index")
FACTORIES = {
    "partnerships:index": PartnershipPageFactory,
    "policies:index": PolicyUpdatePageFactory,
}


@pytest.fixture
def listed(admin_client):
    """Return a function that gives the titles in a listing."""

    def get(name, **query):
        response = admin_client.get(reverse(name), query)
        assert response.status_code == 200
        return {page.title for page in response.context["object_list"]}

    return get


def columns_of(client, name):
    html = BeautifulSoup(client.get(reverse(name)).content, "html.parser")
    cells = html.select("table.listing thead th")
    return [" ".join(cell.get_text(" ", strip=True).split()) for cell in cells]


@pytest.mark.parametrize("name", LISTINGS)
def test_listing_holds_pages_of_all_sections_and_states(name, home, section, listed):
    other = CommunityIndexPageFactory(parent=home)
    FACTORIES[name](parent=section, title="Here")
    FACTORIES[name](parent=other, title="There")
    FACTORIES[name](parent=other, title="A draft", live=False)
    assert listed(name) == {"Here", "There", "A draft"}


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("partnerships:index", ["Lead officer", "Content owner", "Next review"]),
        ("policies:index", ["Kind", "Policy status", "Content owner", "Next review"]),
    ],
)
def test_listing_has_its_columns(name, columns, section, admin_client):
    FACTORIES[name](parent=section)
    shown = columns_of(admin_client, name)
    assert [column for column in shown if column in columns] == columns


def test_listings_show_what_the_columns_promise(section, admin_client):
    values = {"owner_name": "Policy team", "review_on": date(2031, 5, 6)}
    PartnershipPageFactory(parent=section, lead_officer="Jo Bloggs", **values)
    PolicyUpdatePageFactory(
        parent=section, kind="strategy", adopted_on=date(2020, 1, 1), **values
    )
    expected = {
        "partnerships:index": ("Jo Bloggs", "Policy team", "6 May 2031"),
        "policies:index": ("Strategy", "Adopted", "Policy team", "6 May 2031"),
    }
    for name, texts in expected.items():
        html = BeautifulSoup(
            admin_client.get(reverse(name)).content, "html.parser"
        ).select_one("table.listing tbody")
        for text in texts:
            assert text in html.get_text()


@pytest.mark.parametrize("name", LISTINGS)
def test_listing_of_many_pages_is_divided(name, section, admin_client, monkeypatch):
    monkeypatch.setattr("wagtail.admin.views.pages.listing.IndexView.paginate_by", 5)
    FACTORIES[name].create_batch(7, parent=section)
    first = admin_client.get(reverse(name))
    second = admin_client.get(reverse(name), {"p": 2})
    assert len(first.context["object_list"]) == 5
    assert len(second.context["object_list"]) == 2


@pytest.mark.parametrize("name", LISTINGS)
def test_queries_of_a_listing_do_not_grow(name, section, admin_client):
    counts = []
    for number in (3, 8):
        FACTORIES[name].create_batch(number, parent=section)
        admin_client.get(reverse(name))
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(reverse(name))
        counts.append(len(captured))
    assert counts[1] <= counts[0] + 2


@pytest.mark.parametrize("name", LISTINGS)
@pytest.mark.parametrize(
    ("review", "expected"),
    [("due", {"Overdue", "Today"}), ("none", {"Never"}), ("", None)],
)
def test_listing_is_filtered_by_review(name, review, expected, section, listed):
    today = timezone.localdate()
    dates = {
        "Overdue": today - timedelta(days=1),
        "Today": today,
        "Tomorrow": today + timedelta(days=1),
        "Never": None,
    }
    for title, day in dates.items():
        FACTORIES[name](parent=section, title=title, review_on=day)
    assert listed(name, review=review) == (set(dates) if expected is None else expected)


def test_policies_are_filtered_by_status(section, listed):
    past = date(2020, 1, 1)
    PolicyUpdatePageFactory(parent=section, title="Idea")
    PolicyUpdatePageFactory(parent=section, title="Law", adopted_on=past)
    PolicyUpdatePageFactory(
        parent=section, title="Gone", withdrawn_on=past, withdrawn_reason="Old"
    )
    assert listed("policies:index", policy_status="adopted") == {"Law"}
    assert listed("policies:index", policy_status=["proposed", "withdrawn"]) == {
        "Idea",
        "Gone",
    }


def test_wrong_value_of_a_filter_is_no_error(section, listed):
    PolicyUpdatePageFactory(parent=section, title="A plan")
    for query in ({"kind": "nonsense"}, {"review": "x"}, {"policy_status": "x"}):
        listed("policies:index", **query)


@pytest.mark.parametrize("name", LISTINGS)
@pytest.mark.parametrize("column", ["title", "owner_name", "review_on"])
def test_listing_is_sorted_by_a_column(name, column, section, admin_client):
    first = FACTORIES[name](
        parent=section, title="A", owner_name="A", review_on=date(2020, 1, 1)
    )
    second = FACTORIES[name](
        parent=section, title="B", owner_name="B", review_on=date(2021, 1, 1)
    )
    for ordering, expected in (
        (column, [first, second]),
        (f"-{column}", [second, first]),
    ):
        response = admin_client.get(reverse(name), {"ordering": ordering})
        assert [page.pk for page in response.context["object_list"]] == [
            page.pk for page in expected
        ]


@pytest.mark.parametrize("name", LISTINGS)
def test_listing_is_not_for_visitors(name, home, client):
    assert client.get(reverse(name)).status_code == 302
