"""Editors see what a promotion or a synonym changes before they save it (S6)."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from home.content_version.counter import get_content_version
from search.checks import change_preview
from search.checks.change_preview import compare_positions, frequent_searches
from search.engine.index import PageIndex, StaleIndexError, page_index
from search.models import (
    LoggedSearch,
    PromotionSnippet,
    SearchCheckSnippet,
    SynonymSnippet,
)
from tests.factories import StandardPageFactory

PROMOTIONS = PromotionSnippet.snippet_viewset.get_url_name
SYNONYMS = SynonymSnippet.snippet_viewset.get_url_name
SYNONYM = {"searched": "moggy", "found_as": "cat"}
PREVIEW = {"action-preview": "preview"}


@pytest.fixture
def pages(home):
    """Return pages that a search for a cat finds, the best first, and one of dogs."""
    texts = ("Cat", "Cat shelter", "Cat food and toys", "Dog")
    return [StandardPageFactory(parent=home, title=t, summary="") for t in texts]


@pytest.fixture
def attempt(admin_client):
    """Return a function that selects "Preview results" and reads the response."""

    def send(address, client=admin_client, status=200, **fields):
        response = client.post(address, {**fields, **PREVIEW})
        assert response.status_code == status
        return BeautifulSoup(response.content, "html.parser")

    return send


def preview_of(html):
    return html.find("section", attrs={"aria-labelledby": "preview-heading"})


def text_of(html):
    return " ".join(preview_of(html).get_text().split())


def rows(html, number=0):
    table = preview_of(html).find_all("table")[number]
    return [
        [" ".join(cell.get_text(" ", strip=True).split()) for cell in row("td")]
        for row in table.tbody("tr")
    ]


def search_often(**counts):
    for query, count in counts.items():
        for _ in range(count):
            LoggedSearch.objects.create(query=query.replace("_", " "), result_count=1)


def check(query, page, **values):
    return SearchCheckSnippet.objects.create(query=query, page=page, **values)


def test_synonym_shows_what_is_found_with_and_without_it(pages, attempt):
    html = attempt(reverse(SYNONYMS("add")), **SYNONYM)
    assert "Results for “moggy”" in text_of(html)
    assert [then for _, then in rows(html)] == [
        "Cat (added)",
        "Cat shelter (added)",
        "Cat food and toys (added)",
    ]
    assert [now for now, _ in rows(html)] == ["", "", ""]


def test_promotion_shows_what_it_pushes_down(pages, attempt):
    html = attempt(
        reverse(PROMOTIONS("add")), searched="cat", page=pages[1].pk, title="Ours"
    )
    assert rows(html) == [
        ["Cat", "Cat shelter (up 1)"],
        ["Cat shelter", "Cat (down 1)"],
        ["Cat food and toys", "Cat shelter (already listed above)"],
        ["", "Cat food and toys (down 1)"],
    ]


def test_page_of_another_site_is_known_by_its_address(pages, attempt):
    link = "https://example.org/cats"
    html = attempt(
        reverse(PROMOTIONS("add")), searched="cat", link=link, title="Others"
    )
    assert rows(html)[0] == ["Cat", f"{link} (added)"]


def test_moves_are_described():
    titles = {key: str(key) for key in range(12)}
    now, then = [0, 1, 2, 3, 4, 5], [9, 0, 2, 1, 3, 5, 8]
    moves = [
        (row.move_from, row.move_to) for row in compare_positions(now, then, titles)
    ]
    assert moves == [
        ("", "added"),
        ("", "down 1"),
        ("", ""),
        ("", "down 2"),
        ("removed", "down 1"),
    ]
    assert (
        compare_positions(now, [9, 8, 7, 6, 5, 0], titles)[0].move_from == "moves to 6"
    )
    assert compare_positions([], [], {}) == []


def test_nothing_is_saved_and_no_version_is_bumped(pages, attempt, search_for):
    assert search_for("moggy").titles == []
    state, version = page_index.catch_up(), get_content_version()
    attempt(reverse(SYNONYMS("add")), **SYNONYM)
    attempt(reverse(PROMOTIONS("add")), searched="moggy", page=pages[0].pk)
    assert not SynonymSnippet.objects.filter(**SYNONYM).exists()
    assert not PromotionSnippet.objects.exists()
    assert get_content_version() == version
    assert page_index.catch_up() is state
    assert search_for("moggy").titles == []


def test_saving_has_the_previewed_effect(pages, attempt, search_for, admin_client):
    html = attempt(reverse(SYNONYMS("add")), **SYNONYM)
    shown = [then.removesuffix(" (added)") for _, then in rows(html)]
    admin_client.post(reverse(SYNONYMS("add")), SYNONYM)
    assert search_for("moggy").titles == shown


def test_errors_are_beside_their_fields_and_nothing_is_previewed(pages, attempt):
    html = attempt(reverse(SYNONYMS("add")), searched="?!", found_as="cat")
    assert preview_of(html) is None
    assert "has no words that people can search for" in html.main.get_text()
    assert "Fix the errors below first" in html.get_text()


def test_edited_synonym_takes_the_place_of_the_saved_one(pages, attempt):
    saved = SynonymSnippet.objects.create(**SYNONYM)
    address = reverse(SYNONYMS("edit"), args=[saved.pk])
    html = attempt(address, searched="moggy", found_as="dog")
    assert rows(html) == [
        ["Cat (removed)", "Dog (added)"],
        ["Cat shelter (removed)", ""],
        ["Cat food and toys (removed)", ""],
    ]
    saved.refresh_from_db()
    assert saved.found_as == "cat"


def test_edited_promotion_takes_the_place_of_the_saved_one(pages, attempt):
    saved = PromotionSnippet.objects.create(searched="cat", page=pages[3])
    address = reverse(PROMOTIONS("edit"), args=[saved.pk])
    html = attempt(address, searched="cat", page=pages[2].pk)
    assert rows(html)[0] == ["Dog (removed)", "Cat food and toys (up 3)"]


def test_future_promotion_is_previewed_as_if_it_were_active(pages, attempt):
    starts_at = timezone.now() + timedelta(days=30)
    typed = {
        "searched": "cat",
        "page": pages[3].pk,
        "starts_at": f"{starts_at:%Y-%m-%d %H:%M}",
    }
    html = attempt(reverse(PROMOTIONS("add")), **typed)
    assert rows(html)[0] == ["Cat", "Dog (added)"]
    assert "not active on its current dates" in text_of(html)
    del typed["starts_at"]
    assert "not active" not in text_of(attempt(reverse(PROMOTIONS("add")), **typed))


def test_hidden_page_is_in_no_list(pages, attempt):
    pages[3].unpublish()
    html = attempt(reverse(PROMOTIONS("add")), searched="cat", page=pages[3].pk)
    assert "Dog" not in text_of(html)
    assert rows(html)[0] == ["Cat", "Cat"]


def test_many_phrases_are_bounded(pages, attempt):
    searched = ", ".join(f"moggy{number}" for number in range(8))
    said = text_of(attempt(reverse(SYNONYMS("add")), searched=searched, found_as="cat"))
    assert said.count("Results for “") == 5
    assert "3 more phrases are not shown here" in said


def test_checks_that_would_fail_or_pass_are_named(pages, attempt):
    check("cat", pages[0], within=1)
    check("cat", pages[3], within=1)
    check("cat", pages[2], within=10)
    check("dog", pages[3])
    html = attempt(reverse(PROMOTIONS("add")), searched="cat", page=pages[3].pk)
    said = text_of(html)
    assert "1 search check would fail." in said
    assert (
        "“cat” should find Cat in the first 1. It would fail. Now: In position 1. "
        "With this change: In position 2." in said
    )
    assert "should find Dog in the first 1. It would pass." in said
    assert said.count("It would") == 2


def test_searches_of_last_month_that_change_at_the_top_are_counted(pages, attempt):
    search_often(dog=3, Cats=2, cat=1, my_cat=1, cat_food=1)
    html = attempt(reverse(PROMOTIONS("add")), searched="cat", page=pages[3].pk)
    assert "3 of the 5 most frequent searches get a different first result." in text_of(
        html
    )
    found = preview_of(html).find_all("table")[-1].tbody("tr")
    assert [row.th.get_text() for row in found] == ["Cats", "cat", "my cat"]
    assert rows(html, -1)[0] == ["2", "Cat", "Dog"]


def test_searches_are_those_of_the_last_thirty_days_without_what_is_personal(db):
    now = timezone.now()
    search_often(cat=2, dog=1)
    LoggedSearch.objects.create(query="someone@example.org", result_count=0)
    LoggedSearch.objects.create(query="cat", page_number=2, result_count=1)
    for days in (29, 31):
        at = now - timedelta(days=days)
        query = f"before {days}"
        LoggedSearch.objects.create(query=query, searched_at=at, result_count=1)
    found = frequent_searches(now + timedelta(seconds=1))
    assert found == [("cat", 2), ("before 29", 1), ("dog", 1)]


def test_preview_says_how_many_searches_there_was_no_time_for(
    pages, attempt, monkeypatch
):
    search_often(cat=2, dog=1)
    monkeypatch.setattr(change_preview, "MAX_SECONDS", -1.0)
    said = text_of(attempt(reverse(SYNONYMS("add")), **SYNONYM))
    assert "0 of the 0 most frequent searches get a different first result." in said
    assert "The other 2 would take too long to check." in said


def test_who_may_not_read_the_log_is_not_shown_it(pages, attempt, client, enter_admin):
    search_often(cat=1)
    user = enter_admin("add_synonymsnippet")
    said = text_of(attempt(reverse(SYNONYMS("add")), client, **SYNONYM))
    assert "most frequent" not in said
    user.user_permissions.add(Permission.objects.get(codename="view_loggedsearch"))
    said = text_of(attempt(reverse(SYNONYMS("add")), client, **SYNONYM))
    assert "0 of the 1 most frequent searches get" in said


def test_search_that_does_not_answer_keeps_the_form(pages, attempt, monkeypatch):
    def behind(self):
        raise StaleIndexError("busy")

    monkeypatch.setattr(PageIndex, "catch_up", behind)
    html = attempt(reverse(SYNONYMS("add")), **SYNONYM)
    assert "Preview unavailable: search is updating" in html.main.get_text()
    assert html.find("input", attrs={"name": "searched"})["value"] == "moggy"


def test_delete_confirmation_previews_the_impact(pages, admin_client):
    saved = PromotionSnippet.objects.create(searched="cat", page=pages[3])
    address = reverse(PROMOTIONS("delete"), args=[saved.pk])
    html = BeautifulSoup(admin_client.get(address).content, "html.parser")
    assert "What would change if you delete this" in text_of(html)
    assert rows(html)[0] == ["Dog (removed)", "Cat (up 1)"]
    assert admin_client.post(address).status_code == 302
    assert not PromotionSnippet.objects.exists()


def test_form_begins_with_what_residents_searched_for(db, admin_client):
    address = reverse(PROMOTIONS("add"))
    response = admin_client.get(address, {"searched": " cat,\x00 dog\n"})
    html = BeautifulSoup(response.content, "html.parser")
    assert html.find("input", attrs={"name": "searched"})["value"] == "cat dog"
    assert (
        html.find("button", attrs={"name": "action-preview"}).get_text()
        == "Preview results"
    )
