"""Whatever staff do to a page is true in the very next search: results and counts."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from wagtail.models import PageViewRestriction

from search.indexing.documents import SearchDocument
from tests.factories import CommunityIndexPageFactory, StandardPageFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def make_private(page):
    return PageViewRestriction.objects.create(
        page=page, restriction_type=PageViewRestriction.LOGIN
    )


@pytest.fixture
def allotments(section):
    return StandardPageFactory(parent=section, title="Allotments")


@pytest.fixture
def is_found(search_for):
    """Return a function that says if a word finds one page; list and count agree."""

    def found(word="allotments"):
        answer = search_for(word)
        assert len(answer.titles) == answer.count
        if not answer.count:
            assert answer.html.select(".result") == []
        return answer.count == 1

    return found


@transaction.atomic
def publish_and_roll_back(page, title, meanwhile=lambda: None):
    """Publish a page under another title in a transaction that then fails."""
    page.title = title
    page.save_revision().publish()
    meanwhile()
    raise ZeroDivisionError


def test_search_during_a_publication_that_is_rolled_back_leaves_no_trace(
    allotments, is_found
):
    seen = []
    with pytest.raises(ZeroDivisionError):
        publish_and_roll_back(
            allotments, "Orchards", lambda: seen.append(is_found("orchards"))
        )
    assert seen == [True]
    assert is_found("allotments")
    assert not is_found("orchards")


def test_mistake_that_was_fixed_on_a_page_is_no_word_of_the_site(home, search_for):
    """Or else anyone who types it finds nothing, until each worker starts again."""
    page = StandardPageFactory(parent=home, title="Alotment rents", summary="")
    assert search_for("alotment").corrected == ""
    page.title = "Allotment rents"
    page.save_revision().publish()
    answer = search_for("alotment")
    assert (answer.corrected, answer.count) == ("allotment", 1)


def test_private_pages_are_not_found_and_restrictions_add_up(
    home, section, allotments, is_found
):
    upper, lower = make_private(section), make_private(allotments)
    lower.delete()
    assert not is_found()
    upper.delete()
    assert is_found()
    private = CommunityIndexPageFactory(parent=home, title="For members")
    make_private(private)
    StandardPageFactory(parent=private, title="Allotments")
    assert is_found()
    section.move(private, pos="last-child")
    assert not is_found()


def test_page_is_found_from_its_publication_to_the_second_of_its_expiry(home, is_found):
    with time_machine.travel(NOON, tick=False) as clock:
        page = StandardPageFactory(parent=home, title="Allotments", live=False)
        page.go_live_at = NOON - timedelta(hours=1)
        page.expire_at = NOON + timedelta(seconds=10, milliseconds=700)
        page.save_revision(approved_go_live_at=page.go_live_at)
        assert not is_found()
        call_command("publish_scheduled")
        for seconds in (0, 9, 10, 10.699, 10.7, 10.9, 11):
            clock.move_to(NOON + timedelta(seconds=seconds))
            # Within the second of its expiry, list and count still agree.
            if is_found() != (seconds < 10.7):
                assert int(seconds) == 10
        page.refresh_from_db()
        page.expire_at = NOON + timedelta(days=1)
        page.save_revision().publish()
        assert is_found()
        page.delete()
        assert not is_found()
        document = SearchDocument.objects.get(pk=page.pk)
        assert (document.title, document.summary, document.body) == ("", "", "")


def test_copies_and_aliases_are_found_as_well(home, section, allotments, search_for):
    section.copy(
        recursive=True, update_attrs={"slug": "draft"}, to=home, keep_live=False
    )
    assert search_for("allotments").count == 1
    section.copy(recursive=True, update_attrs={"slug": "copy"}, to=home)
    assert search_for("allotments").count == 2
    allotments.create_alias(parent=home, update_slug="alias")
    assert search_for("allotments").count == 3
    allotments.title = "Orchards"
    for _ in range(2):
        allotments.save_revision().publish()
        assert search_for("orchards").count == 2
    assert search_for("allotments").count == 1
