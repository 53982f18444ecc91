"""A canary word in a file that visitors may not see is on no surface of search."""

import pytest
from django.test import Client
from django.urls import reverse

from search.engine import results
from search.engine.index import PageIndex, page_index
from search.indexing import linked_documents
from search.indexing.pages import rebuild
from search.models import SynonymSnippet
from tests.factories import PartnershipPageFactory
from tests.search.indexing.files.hiding import (
    WAYS_TO_HIDE,
    moved_into_a_private_collection,
    private_by_login,
)
from tests.search.indexing.files.offering import offer

CANARY = "quetzal"
# What people type, none of which holds the canary itself.
SEARCHES = {
    "text beside it": "feathers",
    "misspelt": "quetzel",
    "half typed": "quet",
    "far off": "quetzlaabc",
    "name of its file": "plumage",
    "synonym": "moggy",
}

pytestmark = pytest.mark.usefixtures("reader")


@pytest.fixture
def file(upload):
    data = f"Feathers of the {CANARY}."
    return upload(title=f"Plumage of the {CANARY}", data=data.encode(), name="a.pdf")


@pytest.fixture
def page(section, file):
    """Return a page that offers the file, beside one that has some of its words."""
    PartnershipPageFactory(parent=section, title="Feathers and plumage", summary="")
    SynonymSnippet.objects.create(searched="moggy", found_as=CANARY)
    return offer(file, section)


def ask(query, as_json=False, **parameters):
    headers = {"accept": "application/json"} if as_json else {}
    # A visitor of their own, so that no session opens anything.
    return Client().get(
        reverse("search"), {"query": query, **parameters}, headers=headers
    )


def surfaces_with_the_canary():
    """Return the surfaces of search on which the file can be seen."""
    shown = set()
    for name, query in SEARCHES.items():
        if CANARY in ask(query).content.decode():
            shown.add(name)
        if CANARY in ask(query, as_json=True).content.decode():
            shown.add(f"{name}, JSON")
    found = ask(CANARY, as_json=True).json()
    if found["count"] or found["results"]:
        shown.add("count")
    if ask("feathers", as_json=True, type="document").json()["count"]:
        shown.add("narrowed to documents")
    types = ask("feathers", as_json=True).json()["filters"].get("type", [])
    if any(choice["label"] == "Document" for choice in types):
        shown.add("count of documents")
    typed = Client().get(reverse("search_suggestions"), {"query": "mogg"})
    if typed.json()["suggestions"]:
        shown.add("suggestion")
    return shown


EVERYWHERE = {
    *SEARCHES,
    *(f"{name}, JSON" for name in SEARCHES),
    "count",
    "narrowed to documents",
    "count of documents",
    "suggestion",
}


def test_canary_of_a_file_is_seen_where_it_may_be(page):
    """Prove that these tests look in the right places."""
    assert surfaces_with_the_canary() == EVERYWHERE


@pytest.mark.parametrize("hide", WAYS_TO_HIDE)
def test_canary_of_a_hidden_file_is_seen_nowhere(page, file, hide):
    # The index knows the file before it is hidden.
    page_index.catch_up()
    next(hide(page, file))
    assert surfaces_with_the_canary() == set()


def test_canary_of_a_deleted_file_is_seen_nowhere(page, file):
    page_index.catch_up()
    file.delete()
    assert surfaces_with_the_canary() == set()


def test_canary_of_a_file_in_a_draft_is_seen_nowhere(section, file):
    offer(file, section, live=False).save_revision()
    page = offer(file, section, body=[])
    page.title = f"Page of the {CANARY}"
    page.save_revision()
    assert surfaces_with_the_canary() == set()


def answers():
    """Return what programs receive of every search, and suggestions, in one list."""
    queries = [*SEARCHES.values(), CANARY, f"{CANARY}s feathers"]
    found = [ask(query, as_json=True).json() for query in queries]
    for typed in ("mogg", "quet", "plum"):
        found.append(Client().get(reverse("search_suggestions"), {"query": typed}))
        found[-1] = found[-1].json()
    return found


@pytest.mark.parametrize("hide", [private_by_login, moved_into_a_private_collection])
def test_worker_that_knew_a_file_answers_as_one_that_never_did(page, file, hide):
    """So no one can tell from what search says that a word was in a hidden file."""
    PartnershipPageFactory(parent=page.get_parent(), title="Quetzil", summary="")
    page_index.catch_up()
    next(hide(page, file))
    answered = answers()
    page_index.__dict__.update(PageIndex().__dict__)
    assert answered == answers()


def test_without_the_check_of_collections_the_canary_would_leak(
    page, file, monkeypatch
):
    next(moved_into_a_private_collection(page, file))
    assert surfaces_with_the_canary() == set()
    monkeypatch.setattr(linked_documents, "restricted_collections", set)
    monkeypatch.setattr(results, "restricted_collections", set)
    rebuild()
    assert surfaces_with_the_canary() == EVERYWHERE


def test_without_the_last_word_of_the_database_a_stale_index_would_leak(
    page, file, monkeypatch
):
    """A file made private behind the application's back is in no result all the same.

    The index may count it, and fix spelling with it, until it hears of the change.
    """
    monkeypatch.setattr(linked_documents, "restricted_collections", set)
    next(moved_into_a_private_collection(page, file))
    of_results = {"text beside it", "name of its file", "synonym"}
    assert not of_results & surfaces_with_the_canary()
    monkeypatch.setattr(results, "restricted_collections", set)
    assert of_results <= surfaces_with_the_canary()
