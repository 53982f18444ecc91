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


def promote(searched):
    PromotionSnippet.objects.create(searched=searched, link="https://www.gov.uk/")


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
    # Less than two letters.
    " a ": [],
    "!!": [],
    "\0": [],
    "é": [],
}


def test_titles_are_suggested_by_how_their_words_begin(publish, suggest):
    publish("Allotments & gardens", "Café menu", "The council's plan", "E-mail alerts")
    assert {typed: suggest(typed) for typed in BEGINNINGS} == BEGINNINGS


def test_promoted_searches_come_first_then_titles_then_words_of_staff(
    publish, suggest, monkeypatch
):
    publish("Mogul shows")
    SynonymSnippet.objects.create(searched="moggy days", found_as="shows")
    promote("moguls, mogging")
    assert suggest("mog") == ["moguls", "mogging", "Mogul shows", "moggy days"]
    # Each is listed once.
    promote("moggy days")
    assert suggest("moggy") == ["moggy days"]
    publish(*(f"Mogul {number}" for number in range(8)))
    assert len(suggest("mog")) == 8
    monkeypatch.setattr(results, "MAX_SUGGESTIONS", 20)
    assert len(suggest("mog")) == 12


def test_words_of_staff_are_suggested_where_they_find_something(publish, suggest):
    SynonymSnippet.objects.create(searched="moggy, moggery", found_as="cat shelter")
    publish("Cat flaps")
    assert suggest("mogg") == []
    (shelter,) = publish("Cat shelter")
    assert suggest("mogg") == ["moggy", "moggery"]
    shelter.unpublish()
    assert suggest("mogg") == []


NAMES = {
    "smith": "jon smiht",
    "jon smith": "jon smiht",
    "Jon Smith": "jonsmith",
    "damn, smiths": "jonsmith",
    "smith\u200b": "jonsmith",
}


def test_blocked_words_are_suggested_nowhere_and_still_found(
    publish, suggest, search_for
):
    publish("Jon Smith")
    SynonymSnippet.objects.create(searched="jon smith", found_as="tarn")
    for phrase, typed in NAMES.items():
        assert suggest("jon") == ["Jon Smith"]
        assert search_for(typed).corrected == "jon smith"
        blocked = BlockedSuggestion.objects.create(phrase=phrase)
        assert suggest("jon") == suggest("smi") == [], phrase
        assert search_for(typed).corrected == "", phrase
        assert search_for("jon smith").titles == ["Jon Smith"]
        blocked.delete()


def test_editor_adds_and_deletes_a_blocked_suggestion(
    publish, suggest, send_form, admin_client
):
    publish("Allotments")
    for wrong in ("", "?!", ","):
        answer = send_form(reverse(ADDRESSES("add")), "", phrase=wrong)
        assert b"error-message" in answer.content
    assert not BlockedSuggestion.objects.exists()
    send_form(reverse(ADDRESSES("add")), "", phrase="allotment")
    assert suggest("allo") == []
    row = BlockedSuggestion.objects.get()
    admin_client.post(reverse(ADDRESSES("delete"), args=[row.pk]))
    assert suggest("allo") == ["Allotments"]


def test_suggestions_are_data_for_reading_that_is_never_cached(publish, client):
    publish("Allotment garden")
    address = reverse("search_suggestions")
    for name, typed in HOSTILE.items():
        sent = typed.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        response = client.get(address, {"query": sent})
        assert response.status_code == 200, name
        assert isinstance(response.json()["suggestions"], list), name
    for method in (client.post, client.put, client.delete, client.patch):
        assert method(address).status_code == 405
    response = client.get(address)
    assert response.json() == {"suggestions": []}
    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
