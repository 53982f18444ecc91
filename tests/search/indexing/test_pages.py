"""Whatever staff do to a page is true in the very next search: results and counts."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.models import Page, PageViewRestriction

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


def test_draft_is_not_found_until_it_is_published(section, is_found):
    page = StandardPageFactory(parent=section, title="Allotments", live=False)
    page.save_revision()
    assert not is_found()
    page.get_latest_revision().publish()
    assert is_found()


def test_unpublishing_twice_does_no_harm(allotments, is_found):
    allotments.unpublish()
    Page.objects.get(pk=allotments.pk).unpublish()
    assert not is_found()


def test_section_unpublished_with_its_pages_takes_all_away(
    section, allotments, is_found, admin_user
):
    UnpublishPageAction(section, user=admin_user, include_descendants=True).execute(
        skip_permission_checks=True
    )
    assert not is_found()


def test_text_of_a_deleted_page_is_not_stored(allotments):
    pk = allotments.pk
    allotments.delete()
    document = SearchDocument.objects.get(pk=pk)
    assert (document.title, document.summary, document.body) == ("", "", "")


def test_removing_one_of_two_restrictions_keeps_a_page_private(
    section, allotments, is_found
):
    upper, lower = make_private(section), make_private(allotments)
    lower.delete()
    assert not is_found()
    upper.delete()
    assert is_found()


def test_page_published_below_a_private_one_is_not_found(section, is_found):
    make_private(section)
    StandardPageFactory(parent=section, title="Allotments")
    assert not is_found()


def test_section_moved_below_a_private_page_hides_what_is_in_it(
    home, section, allotments, is_found
):
    private = CommunityIndexPageFactory(parent=home, title="For members")
    make_private(private)
    section.move(private, pos="last-child")
    assert not is_found()


def test_expired_page_is_gone_at_its_second_without_a_scheduler(home, is_found):
    with time_machine.travel(NOON, tick=False) as clock:
        StandardPageFactory(
            parent=home, title="Allotments", expire_at=NOON + timedelta(seconds=10)
        )
        clock.shift(9)
        assert is_found()
        clock.shift(1)
        assert not is_found()


def test_page_that_expires_within_a_second_is_counted_as_it_is_listed(home, is_found):
    with time_machine.travel(NOON, tick=False) as clock:
        StandardPageFactory(
            parent=home,
            title="Allotments",
            expire_at=NOON + timedelta(seconds=10, milliseconds=700),
        )
        for seconds in (10, 10.3, 10.699, 10.7, 10.9, 11):
            clock.move_to(NOON + timedelta(seconds=seconds))
            is_found()


def test_later_expiry_brings_an_expired_page_back(home, is_found):
    with time_machine.travel(NOON, tick=False) as clock:
        page = StandardPageFactory(
            parent=home, title="Allotments", expire_at=NOON + timedelta(seconds=10)
        )
        clock.shift(60)
        assert not is_found()
        page.expire_at = NOON + timedelta(days=1)
        page.save_revision().publish()
        assert is_found()


def test_scheduled_page_is_found_once_it_is_published(section, is_found):
    with time_machine.travel(NOON, tick=False) as clock:
        page = StandardPageFactory(parent=section, title="Allotments", live=False)
        page.go_live_at = NOON + timedelta(hours=1)
        page.save_revision(approved_go_live_at=page.go_live_at)
        assert not is_found()
        clock.shift(3601)
        call_command("publish_scheduled")
        assert is_found()


@transaction.atomic
def publish_and_roll_back(page, title, meanwhile=lambda: None):
    """Publish a page under another title in a transaction that then fails."""
    page.title = title
    page.save_revision().publish()
    meanwhile()
    raise ZeroDivisionError


def test_publication_that_is_rolled_back_leaves_no_trace(allotments, is_found):
    assert is_found()
    with pytest.raises(ZeroDivisionError):
        publish_and_roll_back(allotments, "Orchards")
    assert is_found("allotments")
    assert not is_found("orchards")


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


def test_copied_section_is_found_as_well(home, section, allotments, search_for):
    section.copy(recursive=True, update_attrs={"slug": "copy"}, to=home)
    assert search_for("allotments").count == 2


def test_copy_kept_as_a_draft_is_not_found(home, section, allotments, search_for):
    section.copy(
        recursive=True, update_attrs={"slug": "copy"}, to=home, keep_live=False
    )
    assert search_for("allotments").count == 1


def test_alias_is_found_and_follows_its_source(home, allotments, search_for):
    allotments.create_alias(parent=home, update_slug="alias")
    assert search_for("allotments").count == 2
    allotments.title = "Orchards"
    allotments.save_revision().publish()
    assert search_for("orchards").count == 2
    assert search_for("allotments").count == 0


def test_page_changed_in_two_steps_is_found_once(allotments, search_for):
    for _ in range(3):
        allotments.summary = f"Allotments {timezone.now()}"
        allotments.save_revision().publish()
        assert search_for("allotments").count == 1


def test_title_is_shown_as_published_with_the_address_after_a_move(
    home, allotments, search_for, client
):
    other = CommunityIndexPageFactory(parent=home, title="Green spaces", slug="green")
    allotments.move(other, pos="last-child")
    link = search_for("allotments").html.select_one(".result a")
    assert link["href"].partition("?")[0] == f"/green/{allotments.slug}/"
    assert client.get(link["href"], follow=True).status_code == 200


def test_mistake_that_was_fixed_on_a_page_is_no_word_of_the_site(home, search_for):
    """Or else anyone who types it finds nothing, until each worker starts again."""
    page = StandardPageFactory(parent=home, title="Alotment rents", summary="")
    assert search_for("alotment").corrected == ""
    page.title = "Allotment rents"
    page.save_revision().publish()
    answer = search_for("alotment")
    assert (answer.corrected, answer.count) == ("allotment", 1)
