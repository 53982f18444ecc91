"""Search answers from titles, and says so, while its index does not answer (S14)."""

from unittest.mock import patch

import pytest
import tantivy
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from search.engine import index as index_module
from search.engine import results
from search.engine.index import page_index
from search.models import LoggedSearch
from tests.factories import StandardPageFactory

NOTICE = "Search is not fully working"


@pytest.fixture
def allotments(section):
    """Return pages of which one has the word in its text only."""
    StandardPageFactory(
        parent=section, title="Growing food", summary="Rent an allotment."
    )
    return [
        StandardPageFactory(parent=section, title=title, summary="Rules & prices.")
        for title in ("Allotment rules", "Allotments and gardens", "Garden waste")
    ]


@pytest.fixture
def broken(monkeypatch):
    """Return a function that breaks a part of the index."""

    def fail(*arguments, **values):
        raise RuntimeError("secret detail of the index")

    return lambda name: monkeypatch.setattr(name, fail)


@pytest.fixture
def visitor(db):
    return Client(raise_request_exception=False)


def is_degraded(answer):
    return NOTICE in answer.html.main.get_text()


def test_answer_comes_from_titles_and_says_so(
    allotments, search_for, broken, client, monkeypatch
):
    suggestions = reverse("search_suggestions") + "?query=allo"
    assert client.get(suggestions).json()["suggestions"]
    healthy = search_for("allotment")
    assert (healthy.count, is_degraded(healthy)) == (3, False)
    LoggedSearch.objects.all().delete()
    broken("search.engine.index.page_index.search")
    answer = search_for("allotment")
    assert is_degraded(answer)
    assert answer.titles == ["Allotment rules", "Allotments and gardens"]
    assert answer.count == 2
    facts = answer.html.select_one(".result__facts").get_text()
    assert facts.strip().startswith("Information in Stronger communities")
    assert "secret" not in str(answer.html)
    # It is not logged, so no result has the mark of a logged search.
    assert "found=" not in str(answer.html)
    best = search_for("gardens or ALLOTMENTS").titles[0]
    assert best == "Allotments and gardens"
    monkeypatch.setattr(results, "PER_PAGE", 1)
    pages = [search_for("allotment", page=number).titles for number in (1, 2)]
    assert pages == [["Allotment rules"], ["Allotments and gardens"]]
    allotments[0].unpublish()
    assert search_for("rules").titles == []
    monkeypatch.setattr(results, "visible_pages", lambda at: Page.objects.all())
    assert search_for("rules").count == 1
    broken("search.engine.index.page_index.catch_up")
    assert client.get(suggestions).json() == {"suggestions": []}
    assert LoggedSearch.objects.count() == 0
    monkeypatch.undo()
    assert not is_degraded(search_for("allotment"))
    assert LoggedSearch.objects.count() == 1


@pytest.mark.parametrize(
    "name",
    [
        "search.engine.index.page_index.catch_up",
        # The part that answers is picked with this one too.
        "search.engine.ranking.match",
        "search.engine.results.closest_matches",
        "search.engine.results.related_keys",
    ],
)
def test_whichever_part_of_the_index_fails_people_get_an_answer(
    allotments, visitor, broken, name
):
    broken(name)
    odd = ("'\"%_\\", "100% _", "\0", "a" * 10_000, "🥕 ﷺ", "[a-z]*", "?")
    for query in ("allotment", "xylophone", "", "allotmant", "the", *odd):
        assert visitor.get(reverse("search"), {"query": query}).status_code == 200


def test_index_that_is_behind_is_not_waited_for(allotments, search_for, monkeypatch):
    monkeypatch.setattr(index_module, "MAX_SECONDS_TO_WAIT", 0.02)
    search_for("allotment")
    # As held by a thread that brings the index up to date.
    with page_index._lock:
        # Nothing has changed, so there is nothing to wait for.
        assert not is_degraded(search_for("allotment"))
        StandardPageFactory(title="Allotment prices", parent=allotments[0].get_parent())
        answer = search_for("allotment")
        assert is_degraded(answer)
        assert "Allotment prices" in answer.titles
    assert not is_degraded(search_for("allotment"))


def test_document_that_cannot_be_indexed_leaves_titles_until_it_is_fixed(
    allotments, search_for, monkeypatch
):
    to_index = index_module.to_index

    def fail_for_one(document):
        if document.title == "Garden waste":
            raise ValueError("this text cannot be indexed")
        return to_index(document)

    monkeypatch.setattr(index_module, "to_index", fail_for_one)
    for _ in range(2):
        answer = search_for("allotment")
        assert is_degraded(answer)
        assert len(answer.titles) == 2
    page = Page.objects.get(pk=allotments[2].pk).specific
    page.title = "Green waste"
    page.save_revision().publish()
    answer = search_for("allotment")
    assert (answer.count, is_degraded(answer)) == (3, False)


def test_panic_inside_the_index_is_no_end_of_the_process(
    allotments, visitor, monkeypatch
):
    """The index's library reports its own faults by what is no `Exception`."""

    def panic(*arguments, **values):
        # No Python code can catch this one as an `Exception`.
        page_index.catch_up().searcher.search(tantivy.Query.all_query(), limit=0)

    monkeypatch.setattr(page_index, "search", panic)
    response = visitor.get(reverse("search"), {"query": "allotment"})
    assert response.status_code == 200
    assert NOTICE in response.content.decode()


def test_database_that_is_away_is_the_page_for_that(allotments, visitor):
    away = OperationalError("the database is away at 10.0.0.7")
    with (
        patch.object(CursorWrapper, "execute", side_effect=away),
        patch.object(CursorWrapper, "executemany", side_effect=away),
    ):
        response = visitor.get(reverse("search"), {"query": "allotment"})
    assert response.status_code == 503
    assert response["Retry-After"]
    assert "10.0.0.7" not in response.content.decode()
    assert visitor.get(reverse("search"), {"query": "allotment"}).status_code == 200
