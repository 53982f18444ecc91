"""The A to Z of a section leads to every page below it that a visitor may see (R2)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community import views
from tests.factories import CommunityIndexPageFactory, StandardPageFactory


@pytest.fixture
def read_list(section, read):
    def get(query="", status=200):
        return read(f"{section.url}a-to-z/{query}", status=status)

    return get


def groups_of(html):
    return {
        heading.get_text(): [
            link.get_text() for link in heading.find_next_sibling("ul").select("a")
        ]
        for heading in html.main.select("h2")
    }


def add(parent, *titles, **values):
    return [StandardPageFactory(parent=parent, title=each, **values) for each in titles]


def test_pages_at_any_depth_are_under_their_first_letter(section, read_list):
    below = CommunityIndexPageFactory(parent=section, title="Food banks")
    add(below, "Baby milk", "bread", "7 places to eat", "Étude club")
    html = read_list()
    assert groups_of(html) == {
        "Numbers and symbols": ["7 places to eat", "Étude club"],
        "B": ["Baby milk", "bread"],
        "F": ["Food banks"],
    }
    links = html.select("nav[aria-label='A to Z'] a")
    targets = ["?page=1#letter-", "?page=1#letter-b", "?page=1#letter-f"]
    assert [link["href"] for link in links] == targets
    assert html.find(id="letter-b").get_text() == "B"


def test_long_list_has_pages_and_letters_link_to_theirs(
    section, read_list, monkeypatch
):
    monkeypatch.setattr(views, "A_TO_Z_PER_PAGE", 2)
    add(section, "Ale", "Bread", "Bacon", "Cheese")
    first, second = read_list(), read_list("?page=2")
    assert groups_of(first) == {"A": ["Ale"], "B": ["Bacon"]}
    assert groups_of(second) == {"B": ["Bread"], "C": ["Cheese"]}
    assert [link["href"] for link in first.select("nav[aria-label='A to Z'] a")] == [
        "?page=1#letter-a",
        "?page=1#letter-b",
        "?page=2#letter-c",
    ]
    assert first.find("a", rel="next")["href"] == "?page=2"
    assert second.find("link", rel="canonical")["href"].endswith("/a-to-z/?page=2")


def test_page_that_visitors_may_not_see_is_left_out(section, read_list):
    read_list(status=404)
    add(section, "Bread")
    add(section, "Draft", live=False)
    add(section, "Expired", expire_at=timezone.now() - timedelta(seconds=1))
    [private] = add(section, "Private")
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    assert groups_of(read_list()) == {"B": ["Bread"]}
    for query in ("?page=0", "?page=2", "?page=x", "?page=99999"):
        read_list(query, status=404)
    PageViewRestriction.objects.create(page=section, restriction_type="login")
    read_list(status=404)


def test_section_links_to_it_with_breadcrumbs(section, read, read_list):
    [page] = add(section, "Bread")
    link = read(page.url).select_one(".section-navigation p a")
    assert link["href"] == f"{section.url}a-to-z/"
    crumbs = read_list().select(".breadcrumbs li")
    assert [crumb.get_text() for crumb in crumbs] == ["Home", section.title, "A to Z"]
    assert crumbs[1].a["href"] == section.url
    section.unpublish()
    assert not read(page.url).select(".section-navigation")


def test_number_of_queries_does_not_grow(
    section, uncached, read_list, django_assert_max_num_queries
):
    add(section, *(f"Page {number}" for number in range(8)))
    read_list()
    with django_assert_max_num_queries(6):
        read_list()


def test_hostile_address_is_not_found(home, client):
    for path in ("%00", "a%00b", "a//b", "..", "%F0%9F%98%80"):
        assert client.get(f"/{path}/a-to-z/").status_code == 404


def test_page_cannot_take_its_address(section, send_form):
    [page] = add(section, "Bread", live=False)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    response = send_form(address, slug="a-to-z")
    assert "The website already uses this address" in response.content.decode()
    page.refresh_from_db()
    assert not page.live
