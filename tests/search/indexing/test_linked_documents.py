"""A file is found while a public page offers it and its collection is for everyone."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from wagtail.models import Collection, Page, PageViewRestriction

from search.engine import results
from search.indexing import receivers
from search.indexing.documents import SearchFile
from search.indexing.receivers import rebuild
from tests.factories import CommunityIndexPageFactory, StandardPageFactory
from tests.hiding import (
    fresh,
    moved_into_a_private_collection,
    new_collection,
    private_by_login,
)
from tests.search.indexing.files.offering import (
    WAYS_TO_OFFER,
    block,
    offer,
    offer_by_link,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("reader")


@pytest.fixture
def plan(upload):
    """Return a file with one word in its title and another in its text."""
    return upload(title="Wildlife plan", data=b"Mind the hedgehogs.")


@pytest.fixture
def page(section, plan):
    return offer(plan, section)


@pytest.fixture
def is_found(search_for):
    """Return a function that says if the file is found; all that is shown agrees."""

    def found():
        by_text, by_title = search_for("hedgehogs"), search_for("wildlife")
        assert by_text.titles == by_title.titles
        assert len(by_text.titles) == by_text.count == by_title.count
        # A word of a file that is not found is not what someone meant either.
        near = search_for("hedgehosg")
        assert near.corrected == ("hedgehogs" if by_text.count else "")
        return by_text.titles == ["Wildlife plan"]

    return found


def result_of(answer):
    (item,) = answer.html.select(".result")
    path = item.h2.a["href"].partition("?")[0]
    facts = " ".join(item.select_one(".result__facts").get_text().split())
    return path, facts, item.select_one(".result__facts a")


# Found


def test_result_links_to_the_file_and_names_its_page(
    home, section, plan, page, search_for, upload, client
):
    path, facts, page_link = result_of(search_for("hedgehogs"))
    assert path == plan.url
    assert client.get(path).status_code == 200
    assert facts.startswith("Document (PDF, 19 bytes) on the page Gardens, updated ")
    assert page_link["href"] == page.url
    plan.title = "Forest plan"
    plan.save()
    other = CommunityIndexPageFactory(parent=home, title="Parks", slug="parks")
    page.title = "Meadows"
    page.save_revision().publish()
    fresh(page).move(other, pos="last-child")
    assert search_for("forest").titles == ["Forest plan"]
    _, facts, link = result_of(search_for("hedgehogs", section="parks"))
    assert "on the page Meadows" in facts
    assert link["href"] == f"/parks/{page.slug}/"
    # Suggestions are titles of pages; many files by one name leave room for them.
    files = [upload("Pond", f"{number}".encode()).pk for number in range(8)]
    body = [{"type": "documents", "value": {"documents": files}}]
    StandardPageFactory(parent=section, title="The pond papers", body=body)
    response = client.get(reverse("search_suggestions"), {"query": "pond"})
    assert response.json()["suggestions"] == ["The pond papers"]


def test_file_of_several_pages_is_listed_once_under_the_page_that_stays(
    home, section, plan, search_for
):
    """An expiring page comes after one that stays; of equal ones the oldest counts."""
    with time_machine.travel(NOON, tick=False) as clock:
        soon = offer(plan, section, title="Soon", expire_at=NOON + timedelta(days=1))
        offer(plan, home, title="Later", expire_at=NOON + timedelta(days=2))
        first = offer(plan, section, title="First")
        second = offer_by_link(plan, home, title="Second")

        def named():
            answer = search_for("hedgehogs")
            assert answer.titles == ["Wildlife plan"]
            assert answer.count == 1
            return result_of(answer)[2].get_text()

        assert named() == "First"
        next(private_by_login(first, plan))
        assert named() == "Second"
        second.delete()
        assert named() == "Later"
        fresh(soon).delete()
        assert named() == "Later"
        clock.move_to(NOON + timedelta(days=2))
        assert search_for("hedgehogs").count == 0


def test_alias_offers_the_file_of_its_source_and_is_as_private(
    home, plan, page, search_for, is_found
):
    page.create_alias(parent=home, update_slug="alias")
    assert is_found()
    members = CommunityIndexPageFactory(parent=home, title="Members")
    PageViewRestriction.objects.create(page=members, restriction_type="login")
    page.move(members, pos="last-child")
    assert result_of(search_for("hedgehogs"))[2]["href"] == "/alias/"
    next(private_by_login(page, plan))
    assert not is_found()


# Not found, and found again


def test_file_is_found_while_the_published_version_of_a_page_offers_it(
    section, plan, is_found
):
    page = offer(plan, section, live=False)
    page.save_revision()
    assert not is_found()
    page.get_latest_revision().publish()
    assert is_found()
    for body in ([], [*block(plan), *block(plan)]):
        page = fresh(page)
        page.body = body
        revision = page.save_revision()
        assert is_found() != bool(body)
        revision.publish()
        assert is_found() == bool(body)


def test_file_is_found_until_it_is_deleted(section, plan, is_found):
    for offer_it in WAYS_TO_OFFER:
        page = offer_it(plan, section)
        assert is_found()
        page.unpublish()
        assert not is_found()
    pk = plan.pk
    plan.delete()
    rebuild()
    assert not is_found()
    stored = SearchFile.objects.get(pk=pk)
    assert (stored.title, stored.body, stored.is_public) == ("", "", False)


# Ways around the signals of one file: each is a thing that editors do in the admin


def test_file_or_collection_that_is_moved_below_a_private_one_is_gone(
    page, plan, is_found, send_form, admin_client, django_capture_on_commit_callbacks
):
    """The bulk action of the list of documents writes without saving each one."""
    collection, private = new_collection(), new_collection(private=True)
    root = Collection.get_first_root_node()
    names = ["wagtaildocs", "document", "add_to_collection"]
    bulk = reverse("wagtail_bulk_action", args=names)
    edit = reverse("wagtailadmin_collections:edit", args=[collection.pk])
    for target, is_seen in ((private, False), (root, True), (collection, True)):
        with django_capture_on_commit_callbacks(execute=True):
            sent = {"collection": target.pk}
            assert admin_client.post(f"{bulk}?id={plan.pk}", sent).status_code == 302
        assert is_found() == is_seen
    for parent, is_seen in ((private, False), (root, True)):
        with django_capture_on_commit_callbacks(execute=True):
            send_form(edit, "", name="Papers", parent=parent.pk)
        assert is_found() == is_seen


# The defences


def test_without_the_check_of_pages_files_of_private_pages_would_leak(
    page, plan, is_found, monkeypatch
):
    next(private_by_login(page, plan))
    assert not is_found()
    monkeypatch.setattr(receivers, "public_pages", Page.objects.live)
    monkeypatch.setattr(results, "visible_pages", lambda at: Page.objects.live())
    rebuild()
    assert is_found()


def test_without_the_check_of_collections_private_files_would_leak(
    page, plan, is_found, search_for, monkeypatch
):
    next(moved_into_a_private_collection(page, plan))
    assert not is_found()
    # The database has the last word if the index is wrong.
    SearchFile.objects.update(is_public=True, version=0)
    assert search_for("hedgehogs").titles == []
    monkeypatch.setattr(receivers, "restricted_collections", set)
    monkeypatch.setattr(results, "restricted_collections", set)
    rebuild()
    assert is_found()
