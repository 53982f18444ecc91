"""Suggestions while someone types: what finds something that they may see (S8)."""

import pytest
from django.urls import reverse

from search.engine import results
from search.models import BlockedSuggestion, PromotionSnippet, SynonymSnippet
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


def promote(searched, **values):
    values = values or {"link": "https://www.gov.uk/", "title": "GOV.UK"}
    return PromotionSnippet.objects.create(searched=searched, **values)


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
    # Each is listed once.
    promote("moggy days")
    assert suggest("moggy") == ["moggy days"]


def test_words_of_staff_are_suggested_where_they_find_something(publish, suggest):
    SynonymSnippet.objects.create(searched="moggy, moggery", found_as="cat shelter")
    publish("Cat flaps")
    assert suggest("mogg") == []
    (shelter,) = publish("Cat shelter")
    assert suggest("mogg") == ["moggy", "moggery"]
    shelter.unpublish()
    assert suggest("mogg") == []


def test_at_most_eight_are_suggested(publish, suggest, monkeypatch):
    publish(*(f"Pond {number}" for number in range(8)))
    promote("pond life, pondering")
    assert len(suggest("pond")) == 8
    monkeypatch.setattr(results, "MAX_SUGGESTIONS", 20)
    assert len(suggest("pond")) == 10


def test_blocked_word_is_suggested_nowhere_and_still_found(
    publish, suggest, search_for
):
    publish("Pond life")
    SynonymSnippet.objects.create(searched="pond life", found_as="tarn")
    for phrase in ("pond", "Ponds", "pond life", "damn, pond", "pond\u200b"):
        assert suggest("pon") == ["Pond life"]
        blocked = BlockedSuggestion.objects.create(phrase=phrase)
        assert suggest("pon") == suggest("lif") == [], phrase
        assert search_for("pond life").titles == ["Pond life"]
        blocked.delete()


NAMES = {
    "smith": "jon smiht",
    "jon smith": "jon smiht",
    "Jon Smith": "jonsmith",
    "smiths": "jonsmith",
}


def test_nothing_is_corrected_to_blocked_words(publish, search_for):
    publish("Jon Smith")
    for phrase, typed in NAMES.items():
        assert search_for(typed).corrected == "jon smith"
        blocked = BlockedSuggestion.objects.create(phrase=phrase)
        assert search_for(typed).corrected == "", phrase
        blocked.delete()


def test_editor_adds_and_deletes_a_blocked_suggestion(
    publish, suggest, send_form, admin_client
):
    publish("Allotments")
    for wrong in ("", "?!", ",", "…"):
        answer = send_form(reverse(ADDRESSES("add")), "", phrase=wrong)
        assert b"error-message" in answer.content
    assert not BlockedSuggestion.objects.exists()
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


def test_suggestions_are_data_for_reading_that_is_never_cached(db, client):
    address = reverse("search_suggestions")
    assert client.get(address, {"query": "allotments"}).status_code == 200
    for method in (client.post, client.put, client.delete, client.patch):
        assert method(address).status_code == 405
    response = client.get(address)
    assert response.json() == {"suggestions": []}
    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert client.head(address).status_code == 200
