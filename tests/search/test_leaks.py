"""A canary word in a page that visitors may not see is on none of their pages."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tantivy import Query
from wagtail.models import Page, PageViewRestriction

from community.models import RelatedPage
from home.pages import BasePage, public_pages
from search.curation import promotions
from search.engine import results, schema, suggestions, vocabulary
from search.engine.index import PageIndex, page_index
from search.indexing import pages
from search.models import PromotionSnippet, SynonymSnippet
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    StandardPageFactory,
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
    """Return a page with the canary that is in the menu and on the home page."""
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
    """Show that this defence keeps private pages out of search."""
    private_by_login(section_page)
    assert surfaces_with_the_canary() == set()
    monkeypatch.setattr(pages, "public_pages", Page.objects.live)
    monkeypatch.setattr(results, "visible_pages", lambda at: Page.objects.live())
    pages.rebuild()
    assert "search results" in surfaces_with_the_canary()


def test_without_the_check_for_expiry_the_page_would_leak(
    section, section_page, monkeypatch
):
    """Prove that it is this defence that takes expired pages down."""
    expired(section_page)
    assert "page" not in surfaces_with_the_canary()
    monkeypatch.delattr(BasePage, "route")
    assert "page" in surfaces_with_the_canary()


# Every surface of search


@pytest.fixture
def searched_page(section):
    """Return a page with the canary that search shows in every way it has."""
    page = PartnershipPageFactory(parent=section, **WITH_CANARY)
    StandardPageFactory(parent=section, title="Otters", summary="What neighbours do.")
    PromotionSnippet.objects.create(searched="feathered friend", page=page)
    SynonymSnippet.objects.create(searched="moggy", found_as=CANARY)
    return page


# What people type, none of which holds the canary itself, by where it is then seen.
SEARCHES = {
    "title and extract": "neighbours",
    "correction": "quetzel",
    "half-typed word": "quet",
    "closest match": "quetzlaabc",
    "related page": "otters",
    "promotion": "feathered friend",
    "synonym": "moggy",
}
JSON = {"accept": "application/json"}


def ask(query, **parameters):
    # A visitor of their own, so that no session opens anything.
    return (
        Client()
        .get(reverse("search"), {"query": query, **parameters}, headers=JSON)
        .json()
    )


def surfaces_of_search(monkeypatch):
    """Return the names of the surfaces of search on which the page can be seen."""
    shown, client = set(), Client()
    for name, query in SEARCHES.items():
        html = client.get(reverse("search"), {"query": query}).content.decode()
        if CANARY in html:
            shown.add(name)
        if CANARY in str(ask(query)):
            shown.add(f"{name}, JSON")
    if ask(CANARY)["count"]:
        shown.add("count")
    if ask("neighbours", type="partnership")["count"]:
        shown.add("narrowed by type")
    if ask("neighbours")["filters"]:
        shown.add("counts of types")
    for typed in (CANARY[:4], "moggy", "feather"):
        found = client.get(reverse("search_suggestions"), {"query": typed}).json()
        if found["suggestions"]:
            shown.add(f"suggestion for {typed}")
    with monkeypatch.context() as patch:
        patch.delattr(type(page_index), "search")
        degraded = ask("project")
        assert degraded["degraded"]
        if degraded["count"] or CANARY in str(degraded):
            shown.add("degraded search")
    return shown


OF_SEARCH = {
    *SEARCHES,
    *(f"{name}, JSON" for name in SEARCHES),
    "count",
    "narrowed by type",
    "counts of types",
    f"suggestion for {CANARY[:4]}",
    "suggestion for moggy",
    "suggestion for feather",
    "degraded search",
}


def alias_of_a_private_page(page):
    """Put an alias of the page in its place, then make the page itself private."""
    parent = page.get_parent()
    alias = page.create_alias(parent=parent, update_slug="alias")
    PromotionSnippet.objects.update(page=alias)
    page_index.catch_up()
    private_by_login(page)


def test_canary_is_seen_on_every_surface_of_search(searched_page, monkeypatch):
    """Prove that these tests look in the right places."""
    assert surfaces_of_search(monkeypatch) == OF_SEARCH


@pytest.mark.parametrize(
    "hide", [*HIDING, below_a_private_page, alias_of_a_private_page]
)
def test_canary_is_seen_on_no_surface_of_search(searched_page, monkeypatch, hide):
    # The index knows the page before it is hidden.
    page_index.catch_up()
    hide(searched_page)
    # A page with a newer draft is there, as it is published: of the same type, and
    # promoted under its published title.
    left = {"suggestion for feather"} if hide is newer_draft else set()
    assert surfaces_of_search(monkeypatch) == left


def all_answers():
    """Return what search says to all these searches, and what it suggests, by them."""
    said = {}
    for query in [*SEARCHES.values(), CANARY, f"{CANARY} otter", CANARY[:5]]:
        found = ask(query)
        said[query] = [found["corrected"], found["count"]]
        for name in ("results", "related", "closest"):
            said[query].append([result["title"] for result in found[name]])
        answer = Client().get(reverse("search_suggestions"), {"query": query})
        said[query].append(answer.json()["suggestions"])
    return said


@pytest.mark.parametrize("hide", [draft, expired, private_by_login, deleted])
def test_worker_that_knew_a_page_answers_as_one_that_never_did(searched_page, hide):
    """So no one can tell from what search says that a word is on a hidden page."""
    StandardPageFactory(parent=searched_page.get_parent(), title="Quetzil", summary="")
    page_index.catch_up()
    hide(searched_page)
    answered = all_answers()
    Page.objects.filter(pk=searched_page.pk).delete()
    page_index.__dict__.update(PageIndex().__dict__)
    assert answered == all_answers()


def test_mistake_that_was_fixed_on_a_page_is_no_word_of_the_site(home):
    """Or else who types it finds nothing, until each worker starts again."""
    page = StandardPageFactory(parent=home, title="Alotment rents", summary="")
    assert ask("alotment")["corrected"] == ""
    page.title = "Allotment rents"
    page.save_revision().publish()
    assert ask("alotment")["corrected"] == "allotment"
    assert ask("alotment")["count"] == 1


def test_without_the_checks_for_privacy_every_surface_would_leak(
    searched_page, monkeypatch
):
    private_by_login(searched_page)
    assert surfaces_of_search(monkeypatch) == set()
    monkeypatch.setattr(pages, "public_pages", Page.objects.live)
    for module in (results, promotions, suggestions):
        monkeypatch.setattr(module, "visible_pages", lambda at: Page.objects.live())
    pages.rebuild()
    assert surfaces_of_search(monkeypatch) == OF_SEARCH


def test_without_the_check_for_the_clock_expired_words_would_leak(
    searched_page, monkeypatch
):
    """The index knows an expired page until the scheduled job has run."""
    expired(searched_page)
    assert surfaces_of_search(monkeypatch) == set()
    for module in (schema, vocabulary):
        monkeypatch.setattr(module, "expired", lambda at: Query.empty_query())
    for module in (results, promotions, suggestions):
        monkeypatch.setattr(module, "visible_pages", lambda at: public_pages())
    assert surfaces_of_search(monkeypatch) == OF_SEARCH
