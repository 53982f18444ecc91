"""Residents find policies by kind, status, topic and year, without a script (P4)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from community import views
from tests.factories import (
    CommunityIndexPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)

LIST = "/policy-updates/"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def add(section):
    def add_policy(title, days_ago=0, parent=section, **values):
        return PolicyUpdatePageFactory(
            parent=parent, title=title, last_published_at=NOW - days_ago * DAY, **values
        )

    return add_policy


@pytest.fixture
def policies(add, home):
    food = CommunityIndexPageFactory(parent=home, title="Food", slug="food")
    add("Old plan", 900, kind="plan", adopted_on="2023-01-01")
    add("New plan", 1, kind="plan")
    add("Food plan", 3, parent=food, kind="plan")
    add("Food strategy", 2, parent=food, kind="strategy")
    open_now = {
        "consultation_opens_at": NOW - DAY,
        "consultation_closes_at": NOW + DAY,
    }
    add("Have your say", 300, kind="consultation", **open_now)


def titles(html):
    return [each.get_text() for each in html.select(".card__title")]


def test_policies_are_listed_in_order_and_filtered(policies, section, add, read):
    PolicyUpdatePageFactory(parent=section, title="Undated", last_published_at=None)
    StandardPageFactory(parent=section, title="No policy")
    add("Draft", live=False)
    add("Expired", expire_at=NOW - DAY)
    # Open consultations first, then the newest; unknown filters are ignored.
    everything = [
        "Have your say",
        "New plan",
        "Food strategy",
        "Food plan",
        "Old plan",
        "Undated",
    ]
    for query in ("", "kind=nonsense", "year=0", "topic=%00", "status=", "other=1"):
        assert titles(read(f"{LIST}?{query}")) == everything
    for query, expected in (
        ("kind=plan", ["New plan", "Food plan", "Old plan"]),
        ("status=adopted", ["Old plan"]),
        ("status=consultation-open", ["Have your say"]),
        ("topic=food", ["Food strategy", "Food plan"]),
        ("year=2025", ["Have your say"]),
        ("kind=plan&topic=food", ["Food plan"]),
        ("kind=framework", []),
    ):
        assert titles(read(f"{LIST}?{query}")) == expected


def choices(html, label):
    nav = html.select_one(f"nav[aria-label='{label}']")
    return [each.get_text(" ", strip=True) for each in nav.select("li")]


def test_options_show_how_many_each_matches(policies, read):
    html = read(f"{LIST}?kind=plan")
    assert html.select_one("main a[href='/policy-updates.atom']")
    # Counted under the other filters, so that one can choose again.
    assert choices(html, "Kind") == [
        "Any kind",
        "Plan (3)",
        "Strategy (1)",
        "Consultation (1)",
    ]
    assert choices(html, "Topic") == ["Food (1)", "Stronger communities (2)"]
    assert choices(html, "Updated in") == ["2026 (2)", "2023 (1)"]
    current = html.select_one("nav[aria-label='Kind'] [aria-current]")
    assert current.get_text() == "Plan"
    link = html.select_one("nav[aria-label='Topic'] a[href*=food]")
    assert titles(read(LIST + link["href"])) == ["Food plan"]


def test_long_list_has_pages_that_keep_the_filters(policies, read, client, monkeypatch):
    monkeypatch.setattr(views, "POLICIES_PER_PAGE", 2)
    first = read(f"{LIST}?kind=plan")
    assert titles(first) == ["New plan", "Food plan"]
    following = first.select_one("a[rel=next]")["href"]
    assert titles(read(LIST + following)) == ["Old plan"]
    for number in ("3", "0", "x", "99999"):
        assert client.get(f"{LIST}?kind=plan&page={number}").status_code == 404
    again = client.get(f"{LIST}?kind=plan&utm_source=x")
    assert "hit" in again.headers["Cache-Status"]


def test_number_of_queries_does_not_grow(
    policies, add, read, django_assert_max_num_queries
):
    for number in range(6):
        add(f"Policy {number}")
    read(LIST)
    with django_assert_max_num_queries(16):
        read(f"{LIST}?year=2026")
