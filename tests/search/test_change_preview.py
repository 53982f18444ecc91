"""Editors see what a promotion or a synonym changes before they save it (S6)."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from home.content_version import get_content_version
from search.engine.index import PageIndex, StaleIndexError, page_index
from search.models import PromotionSnippet, SearchCheckSnippet, SynonymSnippet

PROMOTIONS = PromotionSnippet.snippet_viewset.get_url_name
SYNONYMS = SynonymSnippet.snippet_viewset.get_url_name
SYNONYM = {"searched": "moggy", "found_as": "cat"}


@pytest.fixture
def pages(publish):
    """Return pages that a search for a cat finds, the best first, and one of dogs."""
    return publish("Cat", "Cat shelter", "Cat food and toys", "Dog")


@pytest.fixture
def preview(admin_client):
    """Return a function that selects "Preview results" and reads the response."""

    def send(address, **fields):
        response = admin_client.post(address, {**fields, "action-preview": "preview"})
        assert response.status_code == 200
        return BeautifulSoup(response.content, "html.parser")

    return send


def preview_of(html):
    return html.find("section", attrs={"aria-labelledby": "preview-heading"})


def text_of(html):
    return " ".join(preview_of(html).get_text().split())


def rows(html):
    return [
        [" ".join(cell.get_text(" ", strip=True).split()) for cell in row("td")]
        for row in preview_of(html).table.tbody("tr")
    ]


def check(query, page, **values):
    return SearchCheckSnippet.objects.create(query=query, page=page, **values)


def test_synonym_shows_what_it_adds_saves_nothing_and_has_that_effect_once_saved(
    pages, preview, search_for, admin_client
):
    assert search_for("moggy").titles == []
    state, version = page_index.catch_up(), get_content_version()
    add = reverse(SYNONYMS("add"))
    html = preview(add, **SYNONYM)
    assert "Results for “moggy”" in text_of(html)
    titles = ["Cat", "Cat shelter", "Cat food and toys"]
    assert rows(html) == [["", f"{title} (added)"] for title in titles]
    preview(reverse(PROMOTIONS("add")), searched="moggy", page=pages[0].pk)
    assert not SynonymSnippet.objects.filter(**SYNONYM).exists()
    assert not PromotionSnippet.objects.exists()
    assert get_content_version() == version
    assert page_index.catch_up() is state
    assert search_for("moggy").titles == []
    html = preview(add, searched="?!", found_as="cat")
    assert preview_of(html) is None
    assert "has no words that people can search for" in html.main.get_text()
    assert "Fix the errors below first" in html.get_text()
    searched = ", ".join(f"moggy{number}" for number in range(8))
    said = text_of(preview(add, searched=searched, found_as="cat"))
    assert said.count("Results for “") == 5
    assert "3 more phrases are not shown here" in said
    admin_client.post(add, SYNONYM)
    assert search_for("moggy").titles == titles


def test_promotion_shows_what_it_pushes_down(pages, preview):
    add = reverse(PROMOTIONS("add"))
    html = preview(add, searched="cat", page=pages[1].pk)
    assert rows(html) == [
        ["Cat", "Cat shelter (up 1)"],
        ["Cat shelter", "Cat (down 1)"],
        ["Cat food and toys", "Cat food and toys"],
    ]
    assert "not active" not in text_of(html)
    link = "https://example.org/cats"
    html = preview(add, searched="cat", link=link, title="Others")
    assert rows(html)[0] == ["Cat", "Others (added)"]
    starts_at = f"{timezone.now() + timedelta(days=30):%Y-%m-%d %H:%M}"
    html = preview(add, searched="cat", page=pages[3].pk, starts_at=starts_at)
    assert rows(html)[0] == ["Cat", "Dog (added)"]
    assert "not active on its current dates" in text_of(html)
    pages[3].unpublish()
    assert "Dog" not in text_of(preview(add, searched="cat", page=pages[3].pk))


def test_edited_or_deleted_snippet_is_compared_with_the_saved_one(
    pages, preview, admin_client
):
    synonym = SynonymSnippet.objects.create(**SYNONYM)
    address = reverse(SYNONYMS("edit"), args=[synonym.pk])
    assert rows(preview(address, searched="moggy", found_as="dog")) == [
        ["Cat (removed)", "Dog (added)"],
        ["Cat shelter (removed)", ""],
        ["Cat food and toys (removed)", ""],
    ]
    synonym.refresh_from_db()
    assert synonym.found_as == "cat"
    promotion = PromotionSnippet.objects.create(searched="cat", page=pages[3])
    address = reverse(PROMOTIONS("edit"), args=[promotion.pk])
    html = preview(address, searched="cat", page=pages[2].pk)
    assert rows(html)[0] == ["Dog (removed)", "Cat food and toys (up 3)"]
    address = reverse(PROMOTIONS("delete"), args=[promotion.pk])
    html = BeautifulSoup(admin_client.get(address).content, "html.parser")
    assert "What would change if you delete this" in text_of(html)
    assert rows(html)[0] == ["Dog (removed)", "Cat (up 1)"]
    assert admin_client.post(address).status_code == 302
    assert not PromotionSnippet.objects.exists()


def test_checks_that_would_fail_or_pass_are_named(pages, preview):
    check("cat", pages[0], within=1)
    check("cat", pages[3], within=1)
    check("cat", pages[2], within=10)
    check("dog", pages[3])
    html = preview(reverse(PROMOTIONS("add")), searched="cat", page=pages[3].pk)
    said = text_of(html)
    assert "1 search check would fail." in said
    assert (
        "“cat” should find Cat in the first 1. It would fail. Now: In position 1. "
        "With this change: In position 2." in said
    )
    assert "should find Dog in the first 1. It would pass." in said
    assert said.count("It would") == 2


def test_form_holds_what_was_searched_for_even_if_search_does_not_answer(
    pages, preview, admin_client, monkeypatch
):
    response = admin_client.get(
        reverse(PROMOTIONS("add")), {"searched": " cat,\x00 dog\n"}
    )
    html = BeautifulSoup(response.content, "html.parser")
    assert html.find("input", attrs={"name": "searched"})["value"] == "cat dog"
    button = html.find("button", attrs={"name": "action-preview"})
    assert button.get_text() == "Preview results"

    def behind(self):
        raise StaleIndexError("busy")

    monkeypatch.setattr(PageIndex, "catch_up", behind)
    html = preview(reverse(SYNONYMS("add")), **SYNONYM)
    assert "Preview unavailable: search is updating" in html.main.get_text()
    assert html.find("input", attrs={"name": "searched"})["value"] == "moggy"
