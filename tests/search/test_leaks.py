"""A canary word in a page that visitors may not see is on none of their pages."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from community.models import RelatedPage
from home.pages import BasePage
from search import extract, results
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
)

CANARY = "quetzal"
WITH_CANARY = {
    "slug": CANARY,
    "title": f"A {CANARY} project",
    "summary": f"Neighbours of the {CANARY}.",
    "search_words": CANARY,
    "body": [{"type": "quotation", "value": {"text": f"Neighbours say {CANARY}"}}],
}


def draft(page):
    page.unpublish()


def newer_draft(page):
    page.title, page.slug = "Plain", "plain"
    page.summary, page.search_words, page.body = "", "", []
    page.save_revision().publish()
    for name in ("title", "slug", "summary", "search_words"):
        setattr(page, name, WITH_CANARY[name])
    page.save_revision()


def scheduled(page):
    page.unpublish()
    page.refresh_from_db()
    page.go_live_at = timezone.now() + timedelta(days=1)
    page.save_revision().publish()


def expired(page):
    page.expire_at = timezone.now() - timedelta(seconds=1)
    page.save()


def restrict(page, kind, **values):
    return PageViewRestriction.objects.create(
        page=page, restriction_type=kind, **values
    )


def private_by_login(page):
    restrict(page, PageViewRestriction.LOGIN)


def private_by_password(page):
    restrict(page, PageViewRestriction.PASSWORD, password="open sesame")


def private_by_group(page):
    restriction = restrict(page, PageViewRestriction.GROUPS)
    restriction.groups.add(Group.objects.create(name="Members"))


def below_a_private_page(page):
    private_by_login(page.get_parent())


def moved_below_a_private_page(page):
    home = page.get_ancestors().get(depth=2).specific
    private = CommunityIndexPageFactory(parent=home, title="Members")
    private_by_login(private)
    Page.objects.get(pk=page.pk).specific.move(private, pos="last-child")


def deleted(page):
    page.delete()


HIDING = [
    draft,
    newer_draft,
    scheduled,
    expired,
    private_by_login,
    private_by_password,
    private_by_group,
    moved_below_a_private_page,
    deleted,
]


@pytest.fixture
def section_page(home):
    """Return a page with the canary that stands in the menu and on the home page."""
    return CommunityIndexPageFactory(parent=home, **WITH_CANARY)


@pytest.fixture
def linked_page(section):
    """Return a page with the canary, in a section and linked from another page."""
    page = PartnershipPageFactory(parent=section, **WITH_CANARY)
    public = PartnershipPageFactory(parent=section, slug="public", title="Public")
    RelatedPage.objects.create(page=public, related_page=page)
    return page


ADDRESSES = {
    "home": "/",
    "section": "/stronger-communities/",
    "linked page": "/stronger-communities/public/",
    "search for a word beside it": "/search/?query=neighbours",
    "search for its title": "/search/?query=project",
    "search for nothing": "/search/",
    "sitemap": "/sitemap.xml",
    "robots": "/robots.txt",
    "not found": "/there-is-no-such-page/",
    "enquiry form": "/cant-find-it/",
}


def surfaces_with_the_canary():
    """Return the names of the public surfaces on which the canary can be seen."""
    # A visitor of their own, so that no session opens anything.
    client = Client()
    shown = {
        name
        for name, address in ADDRESSES.items()
        if CANARY in client.get(address).content.decode()
    }
    response = client.get(reverse("search"), {"query": CANARY})
    html = BeautifulSoup(response.content, "html.parser")
    if html.select(".result"):
        shown.add("search results")
    if "1 result for" in html.main.get_text():
        shown.add("search count")
    for above in ("", "stronger-communities/", "members/"):
        if "Neighbours" in client.get(f"/{above}{CANARY}/").content.decode():
            shown.add("page")
    return shown


def test_canary_is_seen_where_it_may_be(section, section_page):
    """Prove that these tests look in the right places; the menu is on each of them."""
    assert surfaces_with_the_canary() == {
        "home",
        "section",
        "linked page",
        "search for a word beside it",
        "search for its title",
        "search for nothing",
        "sitemap",
        "not found",
        "enquiry form",
        "search results",
        "search count",
        "page",
    }


def test_canary_of_a_linked_page_is_seen_where_it_may_be(linked_page):
    assert surfaces_with_the_canary() == {
        "section",
        "linked page",
        "search for a word beside it",
        "search for its title",
        "sitemap",
        "search results",
        "search count",
        "page",
    }


@pytest.mark.parametrize("hide", HIDING)
def test_canary_of_a_page_in_the_menu_is_seen_nowhere(section, section_page, hide):
    # The index knows the page before it is hidden.
    Client().get(reverse("search"), {"query": CANARY})
    hide(section_page)
    assert surfaces_with_the_canary() == set()


@pytest.mark.parametrize("hide", [*HIDING, below_a_private_page])
def test_canary_of_a_linked_page_is_seen_nowhere(linked_page, hide):
    # The index knows the page before it is hidden.
    Client().get(reverse("search"), {"query": CANARY})
    hide(linked_page)
    assert surfaces_with_the_canary() == set()


def test_without_the_check_for_privacy_the_canary_would_leak(
    section, section_page, monkeypatch
):
    """Prove that it is this defence that keeps private pages out of search."""
    private_by_login(section_page)
    assert surfaces_with_the_canary() == set()
    monkeypatch.setattr(extract, "public_pages", Page.objects.live)
    monkeypatch.setattr(results, "visible_pages", lambda at: Page.objects.live())
    extract.rebuild()
    assert "search results" in surfaces_with_the_canary()


def test_without_the_check_for_expiry_the_page_would_leak(
    section, section_page, monkeypatch
):
    """Prove that it is this defence that takes expired pages down."""
    expired(section_page)
    assert "page" not in surfaces_with_the_canary()
    monkeypatch.delattr(BasePage, "route")
    assert "page" in surfaces_with_the_canary()
