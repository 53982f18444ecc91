"""Suggestions while someone types: what finds something that they may see (S8)."""

import pytest
from django.urls import reverse

from search.engine import suggestions
from search.engine.index import StaleIndexError, page_index
from search.models import BlockedSuggestion, PromotionSnippet, SynonymSnippet
from tests.factories import StandardPageFactory
from tests.search.test_hostile_searches import HOSTILE

ADDRESSES = BlockedSuggestion.snippet_viewset.get_url_name


@pytest.fixture
def suggest(client):
    """Return a function that gives what is suggested for a text."""

    def get(typed):
        response = client.get(reverse("search_suggestions"), {"query": typed})
        assert response.status_code == 200
        return response.json()["suggestions"]

    return get


@pytest.fixture
def publish(home):
    """Return a function that publishes a page for each title, with no other word."""

    def make(*titles):
        return [
            StandardPageFactory(parent=home, title=title, summary="")
            for title in titles
        ]

    return make


def promote(searched, **values):
    values = values or {"link": "https://www.gov.uk/", "title": "GOV.UK"}
    return PromotionSnippet.objects.create(searched=searched, **values)


def never_suggest(phrase):
    return BlockedSuggestion.objects.create(phrase=phrase)


BEGINNINGS = {
    "ga": ["Allotments & gardens"],
    "ALLOT": ["Allotments & gardens"],
    "allotments g": ["Allotments & gardens"],
    "cafe m": ["Café menu"],
    "  café  ": ["Café menu"],
    "coun": ["The council's plan"],
    "council’s pl": ["The council's plan"],
    "e-ma": ["E-mail alerts"],
    "email": ["E-mail alerts"],
    "ema al": [],
    "xylophone": [],
}


def test_titles_are_suggested_by_how_their_words_begin(publish, suggest):
    publish("Allotments & gardens", "Café menu", "The council's plan", "E-mail alerts")
    assert {typed: suggest(typed) for typed in BEGINNINGS} == BEGINNINGS


def test_nothing_is_suggested_for_less_than_two_letters(publish, suggest):
    publish("A é allotment")
    for typed in ("", "a", " a ", "!!", "?", "\0", "'", "…", "é"):
        assert suggest(typed) == [], typed
    assert suggest("al") == ["A é allotment"]


def test_promoted_searches_come_first_then_titles_then_words_of_staff(publish, suggest):
    publish("Mogul shows")
    SynonymSnippet.objects.create(searched="moggy days", found_as="shows")
    promote("moguls, mogging")
    assert suggest("mog") == ["moguls", "mogging", "Mogul shows", "moggy days"]


def test_each_suggestion_is_listed_once(publish, suggest):
    publish("Moggy")
    SynonymSnippet.objects.create(searched="MOGGY", found_as="cat")
    promote("moggy")
    assert suggest("mog") == ["moggy"]


def test_at_most_eight_are_suggested(publish, suggest, monkeypatch):
    publish(*(f"Pond {number}" for number in range(8)))
    promote("pond life, pondering")
    assert len(suggest("pond")) == 8
    monkeypatch.setattr(suggestions, "MAX_SUGGESTIONS", 20)
    assert len(suggest("pond")) == 10


def test_words_of_staff_are_suggested_where_they_find_something(publish, suggest):
    SynonymSnippet.objects.create(searched="moggy, moggery", found_as="cat shelter")
    assert suggest("mogg") == []
    publish("Cat flaps")
    assert suggest("mogg") == []
    (shelter,) = publish("Cat shelter")
    assert suggest("mogg") == ["moggy", "moggery"]
    shelter.unpublish()
    assert suggest("mogg") == []


@pytest.mark.parametrize(
    "barred", ["pond", "Ponds", "pond life", "damn, pond", "pond\u200b"]
)
def test_blocked_word_is_suggested_nowhere_and_still_found(
    publish, suggest, search_for, barred
):
    publish("Pond life")
    SynonymSnippet.objects.create(searched="pond life", found_as="tarn")
    assert suggest("pon") == ["Pond life"]
    row = never_suggest(barred)
    assert suggest("pon") == suggest("lif") == []
    assert search_for("pond life").titles == ["Pond life"]
    row.delete()
    assert suggest("pon") == ["Pond life"]


@pytest.mark.parametrize(
    ("barred", "typed", "corrected"),
    [
        ("smith", "jon smiht", "jon smith"),
        ("jon smith", "jon smiht", "jon smith"),
        ("jon smith", "jonsmith", "jon smith"),
        ("smiths", "jonsmith", "jon smith"),
    ],
)
def test_nothing_is_corrected_to_blocked_words(
    publish, search_for, barred, typed, corrected
):
    publish("Jon Smith")
    assert search_for(typed).corrected == corrected
    never_suggest(barred)
    assert search_for(typed).corrected == ""


@pytest.mark.parametrize("phrase", ["", "?!", ",", "…"])
def test_blocked_word_that_is_no_word_is_refused(publish, suggest, send_form, phrase):
    publish("Allotments")
    answer = send_form(reverse(ADDRESSES("add")), "", phrase=phrase)
    assert b"error-message" in answer.content
    assert not BlockedSuggestion.objects.exists()
    assert suggest("allo") == ["Allotments"]


def test_editor_adds_and_deletes_a_blocked_suggestion(
    publish, suggest, send_form, admin_client
):
    publish("Allotments")
    send_form(reverse(ADDRESSES("add")), "", phrase="allotment")
    assert suggest("allo") == []
    row = BlockedSuggestion.objects.get()
    admin_client.post(reverse(ADDRESSES("delete"), args=[row.pk]))
    assert suggest("allo") == ["Allotments"]


def test_hostile_texts_get_a_list(publish, client):
    publish("Allotment garden")
    for name, typed in HOSTILE.items():
        sent = typed.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        response = client.get(reverse("search_suggestions"), {"query": sent})
        assert response.status_code == 200, name
        assert isinstance(response.json()["suggestions"], list), name


def test_title_with_html_is_sent_as_text_in_json(publish, suggest, client):
    publish("<script>alert(1)</script>")
    assert suggest("script") == ["<script>alert(1)</script>"]
    response = client.get(reverse("search_suggestions"), {"query": "script"})
    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_no_suggestions_while_the_index_does_not_answer(
    publish, suggest, monkeypatch, caplog
):
    publish("Allotments")
    assert suggest("allo") == ["Allotments"]

    def fail():
        raise StaleIndexError

    monkeypatch.setattr(page_index, "catch_up", fail)
    assert suggest("allo") == []
    assert "Suggestions are unavailable." in caplog.text


def test_no_suggestions_before_there_is_a_site(db, suggest):
    assert suggest("allotments") == []


def test_suggestions_only_answer_reads_and_are_never_cached(publish, client):
    address = reverse("search_suggestions")
    for method in (client.post, client.put, client.delete, client.patch):
        assert method(address).status_code == 405
    response = client.get(address)
    assert response.json() == {"suggestions": []}
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert client.head(address).status_code == 200
