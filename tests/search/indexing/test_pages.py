"""Whatever staff do to a page is true in the very next search: results and counts."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from wagtail.models import Page, PageViewRestriction

from community.models import Partner
from search.indexing.documents import SearchDocument
from search.indexing.receivers import rebuild
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HEADING = {"type": "heading", "value": {"text": "What to bring", "level": "h2"}}


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


def test_search_during_a_publication_that_is_rolled_back_leaves_no_trace(
    allotments, is_found
):
    with transaction.atomic():
        allotments.title = "Orchards"
        allotments.save_revision().publish()
        assert is_found("orchards")
        transaction.set_rollback(True)
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


@pytest.fixture
def pages(section):
    """Return a section with a page of each kind and in each state."""
    partnership = PartnershipPageFactory.build(title="Food power", slug="food-power")
    partnership.partners = [Partner(name="Thornaby Harvesters")]
    section.add_child(instance=partnership)
    PolicyUpdatePageFactory(parent=section, title="Bins plan", body=[HEADING])
    StandardPageFactory(parent=section, title="Draft", live=False)
    private = CommunityIndexPageFactory(
        parent=section, title="Members", introduction="<h2>Hello</h2><p>You.</p>"
    )
    make_private(private)
    StandardPageFactory(parent=private, title="For members")
    taken_down = StandardPageFactory(parent=section, title="Taken down")
    taken_down.unpublish()
    return section


def public_documents():
    rows = SearchDocument.objects.filter(is_public=True).values()
    return {
        row.pop("page_id"): {name: row[name] for name in row if name != "version"}
        for row in rows
    }


def test_rebuilding_from_nothing_gives_what_publishing_wrote(pages, search_for):
    assert search_for("harvesters").count == 1
    written = public_documents()
    assert len(written) == 4
    SearchDocument.objects.all().delete()
    for _ in range(2):
        assert rebuild()[0] == Page.objects.live().filter(depth__gt=1).count()
        assert public_documents() == written
        assert search_for("harvesters").count == 1


def test_rebuilding_fixes_what_was_changed_behind_the_applications_back(
    pages, search_for
):
    policy = Page.objects.get(title="Bins plan")
    # As an import by SQL does: no signal, no version.
    Page.objects.filter(pk=policy.pk).update(title="Orchards plan")
    SearchDocument.objects.filter(title="Food power").delete()
    assert search_for("orchards").count == 0
    SearchDocument.objects.create(
        pk=999_999, title="Orchards of long ago", is_public=True, version=0
    )
    rebuild()
    assert search_for("orchards").titles == ["Orchards plan"]
    assert search_for("food power").titles == ["Food power"]
    assert SearchDocument.objects.get(pk=999_999).title == ""
    Page.objects.filter(pk=policy.pk).update(live=False)
    rebuild()
    assert search_for("orchards").count == 0
