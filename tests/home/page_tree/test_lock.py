from unittest.mock import Mock

import pytest
from django.db import OperationalError
from django.urls import reverse
from treebeard.exceptions import InvalidMoveToDescendant
from wagtail import hooks
from wagtail.models import Page

from home.content_version import get_content_version
from home.models import StandardPage
from home.page_tree.lock import tree_lock
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)


@pytest.fixture(autouse=True)
def _tree_is_sound_in_the_end(db):
    yield
    assert Page.find_problems() == ([], [], [], [], [])
    url_paths = {"": ""}
    for page in Page.objects.order_by("path"):
        parent = url_paths[page.path[: -Page.steplen]]
        expected = f"{parent}{page.slug}/" if page.depth > 1 else "/"
        assert page.url_path == expected
        url_paths[page.path] = page.url_path


def again(page):
    return type(page).objects.get(pk=page.pk)


@pytest.fixture
def other_section(home):
    return CommunityIndexPageFactory(parent=home, title="Health", slug="health")


def test_stale_section_stays_where_it_was_moved_with_all_below(section, other_section):
    below = CommunityIndexPageFactory(parent=section, slug="food")
    page = StandardPageFactory(parent=below, slug="grants")
    saved, renamed = again(below), again(below)
    below.move(other_section, "last-child")
    saved.title = "Saved by someone else"
    saved.save()
    assert again(below).title == "Saved by someone else"
    assert again(page).url_path == f"{other_section.url_path}food/grants/"
    renamed.slug = "meals"
    renamed.save()
    assert again(page).url_path == f"{other_section.url_path}meals/grants/"


def test_section_renamed_meanwhile_gives_its_new_address(section, other_section):
    page = StandardPageFactory(parent=section, slug="grants")
    moved = StandardPageFactory(parent=other_section, slug="moved")
    child = PartnershipPageFactory.build(title="Child", slug="child")
    stale_page, parent, target = again(page), again(section), again(section)
    section.slug = "communities"
    section.save()
    stale_page.title = "Saved by someone else"
    stale_page.save()
    parent.add_child(instance=child)
    moved.move(target, pos="last-child")
    for each in (page, moved, child):
        assert again(each).url_path == f"{section.url_path}{each.slug}/"
    StandardPageFactory(parent=parent)
    assert again(section).numchild == 4


def test_stale_pages_are_moved_copied_and_deleted_where_they_are_now(
    section, other_section
):
    page = StandardPageFactory(parent=section)
    stale, stale_target = again(page), again(other_section)
    other_section.move(section, "last-child")
    page.move(stale_target, "last-child")
    assert again(page).get_parent().pk == other_section.pk
    copy = stale.copy(to=again(section), update_attrs={"slug": "copy"})
    assert copy.url_path == f"{section.url_path}copy/"
    stale.delete()
    assert (again(section).numchild, again(other_section).numchild) == (2, 0)
    with pytest.raises(InvalidMoveToDescendant):
        section.move(stale_target, "last-child")


def test_draft_published_after_a_move_stays_where_it_was_moved(section, other_section):
    page = StandardPageFactory(parent=section, slug="grants")
    page.slug = "money"
    revision = page.save_revision()
    again(page).move(other_section, "last-child")
    revision.publish()
    assert again(page).url_path == f"{other_section.url_path}money/"


def test_failure_in_a_nested_lock_undoes_all_and_a_stale_page_does_not_come_back(
    section,
):
    page = StandardPageFactory(parent=section)
    stale = again(page)
    page.delete()
    with pytest.raises(Page.DoesNotExist):
        stale.save()

    @tree_lock()
    def fail_in_the_inner_lock():
        StandardPageFactory(parent=section)
        with tree_lock():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_inner_lock()
    assert again(section).numchild == 0
    assert not StandardPage.objects.exists()


def test_admin_moves_a_page_but_not_below_itself(section, other_section, admin_client):
    below = CommunityIndexPageFactory(parent=section, slug="food")

    def move(page, target):
        names = [page.pk, target.pk]
        address = reverse("wagtailadmin_pages:move_confirm", args=names)
        return admin_client.post(address, follow=True).content.decode()

    assert "someone else has just moved or deleted" in move(section, below)
    assert again(section).depth == below.depth - 1
    move(below, other_section)
    assert again(below).url_path == f"{other_section.url_path}food/"


def test_admin_post_that_fails_half_way_leaves_nothing(section, send_form):
    names = ["home", "standardpage", section.pk]
    address = reverse("wagtailadmin_pages:add", args=names)
    before = get_content_version()
    fail = hooks.register_temporarily("after_create_page", lambda *args: 1 / 0)
    with fail, pytest.raises(ZeroDivisionError):
        send_form(address, title="Half made", slug="half-made")
    assert not StandardPage.objects.exists()
    assert again(section).numchild == 0
    assert get_content_version() == before


def test_admin_says_when_the_tree_is_busy_or_the_disk_full_and_only_then(
    section, admin_client, monkeypatch
):
    def post(error):
        monkeypatch.setattr("home.page_tree.lock.tree_lock", Mock(side_effect=error))
        return admin_client.post(address)

    address = reverse("wagtailadmin_pages:edit", args=[section.pk])
    busy = post(OperationalError("canceling statement: lock timeout"))
    assert busy.status_code == 503
    assert "try again in a minute" in busy.content.decode()
    for error in (
        OperationalError("database or disk is full"),
        OperationalError('could not extend file "5/1": No space left on device'),
        OSError(28, "No space left on device"),
    ):
        full = post(error)
        assert full.status_code == 507
        assert "The server is out of disk space" in full.content.decode()
    for error in (OperationalError("disk I/O"), PermissionError("locked")):
        with pytest.raises(type(error)):
            post(error)
