"""Each process keeps an index of its own, and all of them follow the one database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from home.content_version import ContentVersion, get_content_version
from search.engine import index as index_module
from search.engine.filters import SearchRequest
from search.engine.index import IndexBuild, PageIndex
from search.indexing.documents import SearchDocument
from tests.factories import StandardPageFactory


def count(index, word):
    return index.search(SearchRequest(word), timezone.now()).count


def test_both_processes_read_every_change_and_nothing_else(
    home, django_assert_num_queries
):
    two_processes = PageIndex(), PageIndex()
    page = StandardPageFactory(parent=home, title="Allotments")
    for index in two_processes:
        assert count(index, "allotments") == 1
        with django_assert_num_queries(1):
            count(index, "anything")
    version = get_content_version()
    page.title = "Orchards"
    page.save_revision().publish()
    for index in two_processes:
        with patch.object(index_module, "get_content_version", lambda: version):
            assert count(index, "orchards") == 0
        assert count(index, "allotments") == 0
        assert count(index, "orchards") == 1
    page.delete()
    for index in two_processes:
        assert count(index, "orchards") == 0


def test_version_that_went_back_builds_the_index_again(home, caplog):
    page = StandardPageFactory(parent=home, title="Allotments")
    index = PageIndex()
    assert count(index, "allotments") == 1
    # What restoring a backup does: rows are older, and some are gone.
    SearchDocument.objects.filter(pk=page.pk).delete()
    ContentVersion.objects.update(number=1)
    SearchDocument.objects.update(version=1)
    assert count(index, "allotments") == 0
    assert "went back" in caplog.text
    assert count(index, "stockton") == 1


def test_index_that_failed_while_reading_holds_no_page_twice(home):
    StandardPageFactory(parent=home, title="Allotments")
    index = PageIndex()
    calls = []

    def fail_at_the_second(build, document):
        calls.append(document)
        if len(calls) == 2:
            raise OperationalError("the database is gone")
        put(build, document)

    put = IndexBuild.put
    with (
        patch.object(IndexBuild, "put", fail_at_the_second),
        pytest.raises(OperationalError),
    ):
        count(index, "allotments")
    assert count(index, "allotments") == 1
    assert count(index, "stockton") == 1


def test_process_with_an_old_version_at_hand_does_not_build_again(home, caplog):
    """Two threads of a process ask; the one with the older answer comes last."""
    StandardPageFactory(parent=home, title="Allotments")
    index = PageIndex()
    count(index, "allotments")
    answers = [get_content_version() - 1]

    def stale_first():
        return answers.pop() if answers else get_content_version()

    with patch.object(index_module, "get_content_version", stale_first):
        assert count(index, "allotments") == 1
    assert "went back" not in caplog.text


def run_together(*functions):
    """Run functions in threads at the same time; raise what any of them raised."""

    def run(function):
        try:
            function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        for done in [pool.submit(run, each) for each in functions]:
            done.result(timeout=30)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_searching_while_pages_are_published_never_misses_what_was_there(home):
    steady = StandardPageFactory(parent=home, title="Steady steadfast")
    index, other = PageIndex(), PageIndex()
    index.catch_up()
    missed, published = [], threading.Event()

    def publish():
        try:
            for number in range(4):
                StandardPageFactory(parent=home, title=f"Busy {number}")
                at = timezone.now() + timedelta(seconds=1)
                found = index.search(SearchRequest("busy"), at).count
                if found < number + 1:
                    missed.append(("own", number, found))
        finally:
            published.set()

    def search():
        seen = 0
        while not published.is_set():
            for each in (index, other):
                asked = SearchRequest("steadfast")
                keys = each.search(asked, timezone.now()).keys
                if keys != [steady.pk * 2]:
                    missed.append(("steady", keys))
            now_seen = count(index, "busy")
            if now_seen < seen:
                missed.append(("fewer", seen, now_seen))
            seen = now_seen

    run_together(publish, search, search, search)
    assert missed == []
    assert count(index, "busy") == count(other, "busy") == 4


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_pages_published_at_the_same_time_are_all_found(home):
    homes = [type(home).objects.get(pk=home.pk) for _ in range(3)]

    def publish_below(parent, name):
        def publish():
            for number in range(2):
                title = f"Together {name} {number}"
                StandardPageFactory(parent=parent, title=title, slug=f"{name}-{number}")

        return publish

    index = PageIndex()
    run_together(
        *(publish_below(each, "abc"[place]) for place, each in enumerate(homes)),
        lambda: [count(index, "together") for _ in range(20)],
    )
    assert count(index, "together") == count(PageIndex(), "together") == 6
