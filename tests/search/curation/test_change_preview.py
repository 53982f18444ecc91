"""Officers see what a promotion or a synonym does before they save it (S6)."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from home.content_version.counter import get_content_version
from search.curation import change_preview
from search.curation.change_preview import frequent_searches, rows_of
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
TRY = {"action-try": "try"}


@pytest.fixture
def pages(home):
    """Return pages that a search for a cat finds, the best first, and one of dogs."""
    texts = ("Cat", "Cat shelter", "Cat food and toys", "Dog")
    return [StandardPageFactory(parent=home, title=t, summary="") for t in texts]


@pytest.fixture
def attempt(admin_client):
    """Return a function that chooses "Try it" and reads what comes back."""

    def send(address, client=admin_client, status=200, **fields):
        response = client.post(address, {**fields, **TRY})
        assert response.status_code == status
        return BeautifulSoup(response.content, "html.parser")

    return send


def proof_of(html):
    return html.find("section", attrs={"aria-labelledby": "proof-heading"})


def said_in(html):
    return " ".join(proof_of(html).get_text().split())


def rows(html, number=0):
    table = proof_of(html).find_all("table")[number]
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
    assert "Who searches for “moggy”" in said_in(html)
    assert [then for _, then in rows(html)] == [
        "Cat (new)",
        "Cat shelter (new)",
        "Cat food and toys (new)",
    ]
    assert [now for now, _ in rows(html)] == ["", "", ""]


def test_synonym_that_works_both_ways_shows_both(pages, attempt):
    html = attempt(reverse(SYNONYMS("add")), **SYNONYM, both_ways="on")
    said = said_in(html)
    assert "“moggy”" in said
    assert "“cat”" in said


def test_promotion_shows_what_it_pushes_down(pages, attempt):
    html = attempt(
        reverse(PROMOTIONS("add")), searched="cat", page=pages[1].pk, title="Ours"
    )
    assert rows(html) == [
        ["Cat", "Cat shelter (up 1)"],
        ["Cat shelter", "Cat (down 1)"],
        ["Cat food and toys", "Cat shelter (stands above already)"],
        ["", "Cat food and toys (down 1)"],
    ]


def test_page_of_another_site_is_known_by_its_address(pages, attempt):
    link = "https://example.org/cats"
    html = attempt(
        reverse(PROMOTIONS("add")), searched="cat", link=link, title="Others"
    )
    assert rows(html)[0] == ["Cat", f"{link} (new)"]


def test_what_moves_is_said_in_words():
    titles = {key: str(key) for key in range(12)}
    now, then = [0, 1, 2, 3, 4, 5], [9, 0, 2, 1, 3, 5, 8]
    moves = [(row.goes, row.comes) for row in rows_of(now, then, titles)]
    assert moves == [
        ("", "new"),
        ("", "down 1"),
        ("", ""),
        ("", "down 2"),
        ("gone", "down 1"),
    ]
    assert rows_of(now, [9, 8, 7, 6, 5, 0], titles)[0].goes == "goes down to 6"
    assert rows_of([], [], {}) == []


def test_nothing_is_saved_and_no_version_is_raised(pages, attempt, search_for):
    assert search_for("moggy").titles == []
    state, version = page_index.catch_up(), get_content_version()
    attempt(reverse(SYNONYMS("add")), **SYNONYM)
    attempt(reverse(PROMOTIONS("add")), searched="moggy", page=pages[0].pk)
    assert not SynonymSnippet.objects.filter(**SYNONYM).exists()
    assert not PromotionSnippet.objects.exists()
    assert get_content_version() == version
    assert page_index.catch_up() is state
    assert search_for("moggy").titles == []


def test_proof_is_what_comes_true(pages, attempt, search_for, admin_client):
    html = attempt(reverse(SYNONYMS("add")), **SYNONYM)
    shown = [then.removesuffix(" (new)") for _, then in rows(html)]
    admin_client.post(reverse(SYNONYMS("add")), SYNONYM)
    assert search_for("moggy").titles == shown


def test_everything_typed_comes_back(pages, attempt):
    html = attempt(reverse(SYNONYMS("add")), **SYNONYM, both_ways="on")
    assert html.find("input", attrs={"name": "searched"})["value"] == "moggy"
    assert html.find("input", attrs={"name": "found_as"})["value"] == "cat"
    assert html.find("input", attrs={"name": "both_ways"}).has_attr("checked")


def test_mistake_is_told_beside_its_field_and_nothing_is_tried(pages, attempt):
    html = attempt(reverse(SYNONYMS("add")), searched="?!", found_as="cat")
    assert proof_of(html) is None
    assert "holds no word that can be searched for" in html.main.get_text()
    assert "could not try this" in html.get_text()


def test_edited_synonym_takes_the_place_of_the_saved_one(pages, attempt):
    saved = SynonymSnippet.objects.create(**SYNONYM)
    address = reverse(SYNONYMS("edit"), args=[saved.pk])
    html = attempt(address, searched="moggy", found_as="dog")
    assert rows(html) == [
        ["Cat (gone)", "Dog (new)"],
        ["Cat shelter (gone)", ""],
        ["Cat food and toys (gone)", ""],
    ]
    saved.refresh_from_db()
    assert saved.found_as == "cat"


def test_edited_promotion_takes_the_place_of_the_saved_one(pages, attempt):
    saved = PromotionSnippet.objects.create(searched="cat", page=pages[3])
    address = reverse(PROMOTIONS("edit"), args=[saved.pk])
    html = attempt(address, searched="cat", page=pages[2].pk)
    assert rows(html)[0] == ["Dog (gone)", "Cat food and toys (up 3)"]


def test_promotion_of_the_future_is_tried_as_if_it_were_at_work(pages, attempt):
    starts_at = timezone.now() + timedelta(days=30)
    typed = {
        "searched": "cat",
        "page": pages[3].pk,
        "starts_at": f"{starts_at:%Y-%m-%d %H:%M}",
    }
    html = attempt(reverse(PROMOTIONS("add")), **typed)
    assert rows(html)[0] == ["Cat", "Dog (new)"]
    assert "it is not at work now" in said_in(html)
    del typed["starts_at"]
    assert "not at work" not in said_in(attempt(reverse(PROMOTIONS("add")), **typed))


def test_page_that_nobody_may_see_is_in_no_list(pages, attempt):
    pages[3].unpublish()
    html = attempt(reverse(PROMOTIONS("add")), searched="cat", page=pages[3].pk)
    assert "Dog" not in said_in(html)
    assert rows(html)[0] == ["Cat", "Cat"]


def test_many_phrases_are_bounded(pages, attempt):
    searched = ", ".join(f"moggy{number}" for number in range(8))
    said = said_in(attempt(reverse(SYNONYMS("add")), searched=searched, found_as="cat"))
    assert said.count("Who searches for") == 5
    assert "3 more are not shown here" in said


def test_checks_that_would_fail_or_pass_are_named(pages, attempt):
    check("cat", pages[0], within=1)
    check("cat", pages[3], within=1)
    check("cat", pages[2], within=10)
    check("dog", pages[3])
    html = attempt(reverse(PROMOTIONS("add")), searched="cat", page=pages[3].pk)
    said = said_in(html)
    assert "1 search check would fail." in said
    assert (
        "“cat” must find Cat among the first 1. It would fail. Now: Stands at 1. "
        "Then: Stands at 2." in said
    )
    assert "must find Dog among the first 1. It would pass." in said
    assert said.count("It would") == 2


def test_change_that_fails_a_check_can_be_saved(pages, admin_client):
    check("cat", pages[0], within=1)
    data = {"searched": "cat", "page": pages[3].pk}
    assert admin_client.post(reverse(PROMOTIONS("add")), data).status_code == 302
    assert PromotionSnippet.objects.exists()


def test_searches_of_last_month_that_change_at_the_top_are_counted(pages, attempt):
    search_often(dog=3, Cats=2, cat=1, my_cat=1, cat_food=1)
    html = attempt(reverse(PROMOTIONS("add")), searched="cat", page=pages[3].pk)
    assert "Of the 5 most frequent searches, 3 change at the top." in said_in(html)
    found = proof_of(html).find_all("table")[-1].tbody("tr")
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


def test_proof_says_where_there_was_no_time_for_more(pages, attempt, monkeypatch):
    search_often(cat=2, dog=1)
    monkeypatch.setattr(change_preview, "MAX_SECONDS", -1.0)
    said = said_in(attempt(reverse(SYNONYMS("add")), **SYNONYM))
    assert "Of the 0 most frequent searches, 0 change at the top." in said
    assert "The other 2 would have taken too long." in said


def test_who_may_not_read_the_log_is_not_shown_it(pages, attempt, client, enter_admin):
    search_often(cat=1)
    user = enter_admin("add_synonymsnippet")
    said = said_in(attempt(reverse(SYNONYMS("add")), client, **SYNONYM))
    assert "most frequent" not in said
    user.user_permissions.add(Permission.objects.get(codename="view_loggedsearch"))
    said = said_in(attempt(reverse(SYNONYMS("add")), client, **SYNONYM))
    assert "Of the 1 most frequent searches, 0 change" in said


def test_search_that_does_not_answer_keeps_the_form(pages, attempt, monkeypatch):
    def behind(self):
        raise StaleIndexError("busy")

    monkeypatch.setattr(PageIndex, "catch_up", behind)
    html = attempt(reverse(SYNONYMS("add")), **SYNONYM)
    assert "Search is being brought up to date" in html.main.get_text()
    assert html.find("input", attrs={"name": "searched"})["value"] == "moggy"


def test_question_before_deleting_says_what_changes(pages, admin_client):
    saved = PromotionSnippet.objects.create(searched="cat", page=pages[3])
    address = reverse(PROMOTIONS("delete"), args=[saved.pk])
    html = BeautifulSoup(admin_client.get(address).content, "html.parser")
    assert "What deleting this would change" in said_in(html)
    assert rows(html)[0] == ["Dog (gone)", "Cat (up 1)"]
    assert admin_client.post(address).status_code == 302
    assert not PromotionSnippet.objects.exists()


def test_form_begins_with_what_residents_searched_for(db, admin_client):
    address = reverse(PROMOTIONS("add"))
    response = admin_client.get(address, {"searched": " cat,\x00 dog\n"})
    html = BeautifulSoup(response.content, "html.parser")
    assert html.find("input", attrs={"name": "searched"})["value"] == "cat dog"
    assert html.find("button", attrs={"name": "action-try"}).get_text() == "Try it"
