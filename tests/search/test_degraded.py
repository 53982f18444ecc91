"""Search answers from titles, and says so, while its index does not answer (S14)."""

import json
from datetime import timedelta
from unittest.mock import patch

import pytest
import tantivy
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from search.engine import index as index_module
from search.engine import results
from search.engine.index import PageIndex, page_index
from search.models import LoggedSearch
from tests.factories import PartnershipPageFactory, StandardPageFactory

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
    """Return a function that breaks the index, and gives another that fixes it."""

    def fail(*arguments, **values):
        raise RuntimeError("secret detail of the index")

    def break_it(name="search"):
        monkeypatch.setattr(page_index, name, fail)

    return break_it


@pytest.fixture
def visitor(db):
    return Client(raise_request_exception=False)


def is_degraded(answer):
    return NOTICE in answer.html.main.get_text()


def test_answer_comes_from_titles_and_says_so(allotments, search_for, broken):
    healthy = search_for("allotment")
    assert (healthy.count, is_degraded(healthy)) == (3, False)
    broken()
    answer = search_for("allotment")
    assert is_degraded(answer)
    assert answer.titles == ["Allotment rules", "Allotments and gardens"]
    assert answer.count == 2
    assert "secret" not in str(answer.html)


def test_title_with_more_of_the_words_comes_first(allotments, search_for, broken):
    broken()
    answer = search_for("gardens or ALLOTMENTS")
    assert answer.titles[0] == "Allotments and gardens"


@pytest.mark.parametrize("name", ["search", "catch_up", "closest", "related"])
def test_whichever_part_of_the_index_fails_people_get_an_answer(
    allotments, visitor, broken, name
):
    broken(name)
    for query in ("allotment", "xylophone", "", "allotmant", "the"):
        assert visitor.get(reverse("search"), {"query": query}).status_code == 200


def test_answer_does_not_need_the_broken_index_for_its_extracts(
    allotments, visitor, monkeypatch
):
    """What fails while searching fails while the part that answers is picked too."""
    visitor.get(reverse("search"), {"query": "allotment"})

    def fail(*arguments):
        raise ValueError("no such field")

    monkeypatch.setattr(index_module, "match", fail)
    response = visitor.get(reverse("search"), {"query": "allotment"})
    assert response.status_code == 200
    html = response.content.decode()
    assert NOTICE in html
    assert "Allotment rules" in html
    assert "Rules &amp; prices." in html


def test_links_have_no_marks_and_nothing_is_logged(allotments, search_for, broken):
    broken()
    answer = search_for("allotment")
    assert "found=" not in str(answer.html)
    assert search_for("xylophone").count == 0
    assert LoggedSearch.objects.count() == 0


def test_json_says_so_and_there_are_no_suggestions(allotments, client, broken):
    address = reverse("search_suggestions") + "?query=allo"
    assert client.get(address).json()["suggestions"]
    broken()
    broken("catch_up")
    response = client.get(
        reverse("search") + "?query=allotment", headers={"accept": "application/json"}
    )
    data = json.loads(response.content)
    assert (data["degraded"], data["count"]) == (True, 2)
    assert client.get(address).json() == {"suggestions": []}


def test_pages_of_a_degraded_answer_hold_each_result_once(
    section, search_for, broken, monkeypatch
):
    monkeypatch.setattr(results, "PER_PAGE", 3)
    for number in range(8):
        StandardPageFactory(parent=section, title=f"Badger {number}", summary="")
    broken()
    pages = [search_for("badger", page=number) for number in (1, 2, 3)]
    assert [page.count for page in pages] == [8, 8, 8]
    assert len({title for page in pages for title in page.titles}) == 8


def draft(page):
    page.unpublish()


def private(page):
    PageViewRestriction.objects.create(
        page=page, restriction_type=PageViewRestriction.LOGIN
    )


def expired(page):
    page.expire_at = timezone.now() - timedelta(seconds=1)
    page.save()


@pytest.mark.parametrize("hide", [draft, private, expired])
def test_title_of_a_hidden_page_is_not_found(allotments, search_for, broken, hide):
    hide(Page.objects.get(pk=allotments[0].pk).specific)
    broken()
    answer = search_for("rules")
    assert (answer.titles, answer.count) == ([], 0)
    assert search_for("allotment").titles == ["Allotments and gardens"]


def test_newer_draft_of_a_title_is_not_found(allotments, search_for, broken):
    allotments[0].title = "Quetzal"
    allotments[0].save_revision()
    broken()
    assert search_for("quetzal").titles == []
    assert search_for("rules").titles == ["Allotment rules"]


def test_without_the_check_for_visitors_a_hidden_title_would_leak(
    allotments, search_for, broken, monkeypatch
):
    """Show that this defence keeps drafts out of a degraded answer."""
    draft(Page.objects.get(pk=allotments[0].pk).specific)
    broken()
    monkeypatch.setattr(results, "visible_pages", lambda at: Page.objects.all())
    assert search_for("rules").count == 1


def test_odd_search_is_answered_while_degraded(allotments, search_for, broken):
    broken()
    for query in (
        "the",
        "'\"%_\\",
        "100% _",
        "\0",
        "a" * 10_000,
        "🥕 ﷺ",
        "[a-z]*",
        "?",
    ):
        assert search_for(query).count == 0


def test_search_fixes_itself_with_the_next_search(allotments, search_for, monkeypatch):
    def fail(*arguments, **values):
        raise ValueError("an invalid argument was passed")

    monkeypatch.setattr(page_index, "search", fail)
    assert is_degraded(search_for("allotment"))
    monkeypatch.undo()
    answer = search_for("allotment")
    assert (answer.count, is_degraded(answer)) == (3, False)
    assert LoggedSearch.objects.count() == 1


# An index that is behind


@pytest.fixture
def being_updated(monkeypatch):
    """Return a lock that is held as by a thread that brings the index up to date."""
    monkeypatch.setattr(index_module, "MAX_SECONDS_TO_WAIT", 0.02)
    return page_index._lock


def test_index_that_is_behind_is_not_waited_for(allotments, search_for, being_updated):
    search_for("allotment")
    with being_updated:
        # Nothing has changed, so there is nothing to wait for.
        assert not is_degraded(search_for("allotment"))
        StandardPageFactory(title="Allotment prices", parent=allotments[0].get_parent())
        answer = search_for("allotment")
        assert is_degraded(answer)
        assert "Allotment prices" in answer.titles
    answer = search_for("allotment")
    assert not is_degraded(answer)
    assert "Allotment prices" in answer.titles


# A document, or a writer, that fails


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


def test_index_comes_back_after_its_writer_has_failed(
    allotments, search_for, monkeypatch
):
    def make_what_cannot_be_written(document):
        # Measured: numbers given like this end the thread of the writer.
        return tantivy.Document(key=1, expires=1, title="x")

    monkeypatch.setattr(index_module, "to_index", make_what_cannot_be_written)
    search_for("allotment")
    monkeypatch.undo()
    # As another process would: all is read again.
    page_index._state = None
    StandardPageFactory(title="Allotment prices", parent=allotments[0].get_parent())
    answer = search_for("allotment prices")
    assert not is_degraded(answer)
    assert "Allotment prices" in answer.titles


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


# The database


def test_database_that_fails_for_the_index_alone_leaves_titles(
    allotments, search_for, monkeypatch
):
    def time_out(self, version):
        raise OperationalError("canceling statement due to statement timeout")

    with patch.object(PageIndex, "_read", time_out):
        assert is_degraded(search_for("allotment"))
    assert not is_degraded(search_for("allotment"))


def test_database_that_is_away_is_the_page_for_that(allotments, visitor):
    away = OperationalError("the database is away at 10.0.0.7")
    with (
        patch.object(CursorWrapper, "execute", side_effect=away),
        patch.object(CursorWrapper, "executemany", side_effect=away),
    ):
        for headers in ({}, {"accept": "application/json"}):
            response = visitor.get(
                reverse("search"), {"query": "allotment"}, headers=headers
            )
            assert response.status_code == 503
            assert response["Retry-After"]
            assert "10.0.0.7" not in response.content.decode()
    assert visitor.get(reverse("search"), {"query": "allotment"}).status_code == 200


def test_pages_are_found_by_words_of_several_types(section, search_for, broken):
    PartnershipPageFactory(parent=section, title="Food partnership", summary="")
    broken()
    facts = search_for("partnership").html.select_one(".result__facts").get_text()
    assert facts.strip().startswith("Partnership in Stronger communities")
