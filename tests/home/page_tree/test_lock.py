import pytest
from django.db import OperationalError
from django.urls import reverse
from treebeard.exceptions import InvalidMoveToDescendant
from wagtail import hooks
from wagtail.models import Page

from home.content_version.counter import get_content_version
from home.models import StandardPage
from home.page_tree.lock import tree_lock
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)


def assert_tree_is_sound():
    assert Page.find_problems() == ([], [], [], [], [])
    url_paths = {"": ""}
    for page in Page.objects.order_by("path"):
        parent = url_paths[page.path[: -Page.steplen]]
        expected = f"{parent}{page.slug}/" if page.depth > 1 else "/"
        assert page.url_path == expected
        url_paths[page.path] = page.url_path


def twice(page):
    return [type(page).objects.get(pk=page.pk) for _ in range(2)]


@pytest.fixture
def other_section(home):
    return CommunityIndexPageFactory(parent=home, title="Health", slug="health")


def test_stale_page_saved_after_a_move_stays_where_it_was_moved(section, other_section):
    first, second = twice(StandardPageFactory(parent=section, slug="grants"))
    first.move(other_section, "last-child")
    second.title = "Saved by someone else"
    second.save()
    page = StandardPage.objects.get(pk=first.pk)
    assert page.title == "Saved by someone else"
    assert page.url_path == f"{other_section.url_path}grants/"
    assert_tree_is_sound()


def test_stale_page_renamed_after_a_move_has_the_address_of_both(
    section, other_section
):
    first, second = twice(StandardPageFactory(parent=section, slug="grants"))
    first.move(other_section, "last-child")
    second.slug = "money"
    second.save()
    page = StandardPage.objects.get(pk=first.pk)
    assert page.url_path == f"{other_section.url_path}money/"
    assert_tree_is_sound()


def test_stale_section_renamed_after_a_move_takes_all_below_with_it(
    section, other_section
):
    below = CommunityIndexPageFactory(parent=section, slug="food")
    page = StandardPageFactory(parent=below, slug="grants")
    first, second = twice(below)
    first.move(other_section, "last-child")
    second.slug = "meals"
    second.save()
    page.refresh_from_db()
    assert page.url_path == f"{other_section.url_path}meals/grants/"
    assert_tree_is_sound()


def test_stale_page_saved_after_its_section_was_renamed(section):
    page = StandardPageFactory(parent=section, slug="grants")
    stale = StandardPage.objects.get(pk=page.pk)
    section.slug = "communities"
    section.save()
    stale.title = "Saved by someone else"
    stale.save()
    stale.refresh_from_db()
    assert stale.url_path.endswith("/communities/grants/")
    assert_tree_is_sound()


def test_children_are_added_through_stale_parents(section):
    first, second = twice(section)
    StandardPageFactory(parent=first)
    StandardPageFactory(parent=second)
    StandardPageFactory(parent=first)
    section.refresh_from_db()
    assert section.numchild == 3
    assert_tree_is_sound()


def test_stale_target_of_a_move_is_read_again(section, other_section):
    page = StandardPageFactory(parent=section)
    stale_target = type(other_section).objects.get(pk=other_section.pk)
    other_section.move(section, "last-child")
    page.move(stale_target, "last-child")
    page.refresh_from_db()
    assert page.get_parent().pk == other_section.pk
    assert_tree_is_sound()


def test_stale_page_is_copied_and_deleted_where_it_is_now(section, other_section):
    first, second = twice(StandardPageFactory(parent=section))
    first.move(other_section, "last-child")
    copy = second.copy(to=section, update_attrs={"slug": "copy"})
    second.delete()
    section.refresh_from_db()
    other_section.refresh_from_db()
    assert (section.numchild, other_section.numchild) == (1, 0)
    assert copy.url_path == f"{section.url_path}copy/"
    assert_tree_is_sound()


def test_draft_published_after_a_move_stays_where_it_was_moved(section, other_section):
    page = StandardPageFactory(parent=section, slug="grants")
    page.slug = "money"
    revision = page.save_revision()
    StandardPage.objects.get(pk=page.pk).move(other_section, "last-child")
    revision.publish()
    page = StandardPage.objects.get(pk=page.pk)
    assert page.url_path == f"{other_section.url_path}money/"
    assert_tree_is_sound()


def test_saving_a_page_that_somebody_deleted_does_not_bring_it_back(section):
    first, second = twice(StandardPageFactory(parent=section))
    first.delete()
    with pytest.raises(Page.DoesNotExist):
        second.save()
    assert not StandardPage.objects.exists()
    assert_tree_is_sound()


def test_page_is_not_moved_below_a_target_that_has_moved_below_it(
    section, other_section
):
    stale_target = type(other_section).objects.get(pk=other_section.pk)
    other_section.move(section, "last-child")
    with pytest.raises(InvalidMoveToDescendant):
        section.move(stale_target, "last-child")
    assert_tree_is_sound()


def test_failure_in_a_nested_lock_undoes_all(section):
    def fail_in_the_inner_lock():
        with tree_lock():
            StandardPageFactory(parent=section)
            with tree_lock():
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_inner_lock()
    section.refresh_from_db()
    assert section.numchild == 0
    assert not StandardPage.objects.exists()


def test_admin_says_why_a_page_is_not_moved_below_itself(section, admin_client):
    below = CommunityIndexPageFactory(parent=section)
    address = reverse("wagtailadmin_pages:move_confirm", args=[section.pk, below.pk])
    response = admin_client.post(address, follow=True)
    assert response.status_code == 200
    assert "someone else has just moved or deleted" in response.content.decode()
    section.refresh_from_db()
    assert section.depth == below.depth - 1
    assert_tree_is_sound()


def test_admin_move_is_done_and_keeps_the_tree_sound(
    section, other_section, admin_client
):
    page = StandardPageFactory(parent=section, slug="grants")
    address = reverse(
        "wagtailadmin_pages:move_confirm", args=[page.pk, other_section.pk]
    )
    admin_client.post(address)
    page.refresh_from_db()
    assert page.url_path == f"{other_section.url_path}grants/"
    assert_tree_is_sound()


def test_admin_post_that_fails_half_way_leaves_nothing(section, send_form):
    address = reverse(
        "wagtailadmin_pages:add", args=["home", "standardpage", section.pk]
    )
    before = get_content_version()
    fail = hooks.register_temporarily("after_create_page", lambda *args: 1 / 0)
    with fail, pytest.raises(ZeroDivisionError):
        send_form(address, title="Half made", slug="half-made")
    section.refresh_from_db()
    assert not StandardPage.objects.exists()
    assert section.numchild == 0
    assert get_content_version() == before
    assert_tree_is_sound()


def test_admin_says_when_the_tree_is_busy(section, admin_client, monkeypatch):
    def busy():
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr("home.page_tree.lock.tree_lock", busy)
    address = reverse("wagtailadmin_pages:edit", args=[section.pk])
    response = admin_client.post(address, {})
    assert response.status_code == 503
    assert "try again in a minute" in response.content.decode()


def test_admin_does_not_call_another_database_error_busy(
    section, admin_client, monkeypatch
):
    def broken():
        raise OperationalError("disk I/O error")

    monkeypatch.setattr("home.page_tree.lock.tree_lock", broken)
    address = reverse("wagtailadmin_pages:edit", args=[section.pk])
    with pytest.raises(OperationalError):
        admin_client.post(address, {})


def test_child_of_a_section_renamed_meanwhile_has_the_new_address(section):
    stale = type(section).objects.get(pk=section.pk)
    section.slug = "renamed"
    section.save()

    child = PartnershipPageFactory.build(title="Child", slug="child")
    stale.add_child(instance=child)

    assert Page.objects.get(pk=child.pk).url_path == f"{section.url_path}child/"


def test_page_moved_below_a_section_renamed_meanwhile_has_the_new_address(
    home, section
):
    page = PartnershipPageFactory(parent=section, slug="moving")
    other = CommunityIndexPageFactory(parent=home, slug="before")
    stale = type(other).objects.get(pk=other.pk)
    other.slug = "after"
    other.save()

    page.move(stale, pos="last-child")

    assert Page.objects.get(pk=page.pk).url_path == f"{other.url_path}moving/"
