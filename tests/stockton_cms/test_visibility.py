"""What visitors may no longer see is on no surface at the next request.

Each cell of the matrix, states by surfaces, is read from the cache that was filled
while the page was public, by a process that has only the shared cache, and by one that
has nothing; search and documents by the process that knew the page.
"""

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from tantivy import Query
from wagtail.models import Page

from home.pages import BasePage, public_pages
from search import curation
from search.engine import results, schema
from search.engine.index import PageIndex, page_index
from search.indexing import receivers
from search.models import PromotionSnippet
from stockton_cms.page_cache.entries import CachedPage
from tests import hiding
from tests.factories import CommunityIndexPageFactory, StandardPageFactory
from tests.hiding_site import (
    CANARY,
    EVERYWHERE,
    LINKS,
    OF_FILES,
    OF_SEARCH,
    SEARCHES,
    SECTION,
    STATES,
    SURFACES,
    HidingSite,
    expired_by_the_clock,
    read,
    read_everywhere,
    read_search,
)

TAKEN_DOWN = [hiding.unpublished, hiding.newer_draft, expired_by_the_clock]


@pytest.fixture
def site(home, section, settings):
    settings.CACHE_URL = "as in production"
    return HidingSite(home, section)


@pytest.fixture
def warm(site):
    """Return a visitor to a process that keeps all pages as they were while public."""
    client = Client()
    assert read(client, SURFACES | LINKS)[0] == {*SURFACES, *LINKS}
    return client


def test_canary_is_on_every_surface_where_it_may_be(site, warm):
    """Prove that these tests look in the right places."""
    assert read(warm, SURFACES | LINKS) == ({*SURFACES, *LINKS}, 13)
    assert read_search(site) == EVERYWHERE


@pytest.mark.parametrize("state", STATES)
def test_hidden_page_is_on_no_surface(site, warm, monkeypatch, state):
    page_index.catch_up()
    show = site.hide(state, monkeypatch)
    # Of a page that was taken down, nor does a link tell the address.
    links = LINKS if state in TAKEN_DOWN else {"old address": LINKS["old address"]}
    assert read_everywhere(warm, SURFACES | links) == set()
    # A page with a newer draft is promoted, as it is published.
    left = {"suggested promotion"} if state is hiding.newer_draft else set()
    assert read_search(site) == left
    if state not in hiding.WITHOUT_A_WAY_BACK | {expired_by_the_clock}:
        show()
        assert read(warm, SURFACES)[0] == {*SURFACES}
        assert read_search(site) == EVERYWHERE


@pytest.mark.parametrize("state", hiding.WAYS_TO_HIDE_FILES)
def test_hidden_document_is_on_no_surface(site, state):
    page_index.catch_up()
    way = state(site.pages[0], site.paper)
    next(way)
    assert not read_search(site) & {*OF_FILES}
    next(way, None)
    assert read_search(site) == EVERYWHERE


def test_wagtails_own_redirects_would_tell_it(site, warm, settings, monkeypatch):
    ours = "home.page_tree.redirect_middleware.RedirectMiddleware"
    theirs = "wagtail.contrib.redirects.middleware.RedirectMiddleware"
    settings.MIDDLEWARE = [
        theirs if name == ours else name for name in settings.MIDDLEWARE
    ]
    site.hide(hiding.unpublished, monkeypatch)
    assert read(Client(), {"old address": LINKS["old address"]})[0]


def test_page_that_has_moved_or_whose_parent_will_is_gone_from_its_old_place(
    site, warm, home, section
):
    policy = site.pages[0]
    elsewhere = CommunityIndexPageFactory(parent=home, slug="elsewhere")
    policy.move(elsewhere, pos="last-child")
    old_place = ("own page", "parent's cards", "A to Z", "section navigation")
    old_place += ("latest changes of the section",)
    surfaces = {name: SURFACES[name] for name in old_place}
    assert read_everywhere(warm, surfaces) == set()
    response = warm.get(SURFACES["own page"][0])
    assert response.status_code == 301
    assert response["Location"] == f"/elsewhere/{CANARY}/"
    # As the editor saves a draft of a page that is not live.
    section.refresh_from_db()
    section.unpublish()
    assert warm.get(f"{SECTION}public/").status_code == 200
    section.slug = "renamed"
    section.save()
    assert warm.get(f"{SECTION}public/").status_code == 301


def test_if_the_cache_took_old_pages_for_new_they_would_leak(site, warm, monkeypatch):
    site.hide(hiding.private_by_password, monkeypatch)
    monkeypatch.setattr(CachedPage, "is_valid", lambda self, state, at: True)
    kept = {name for how, name in read_everywhere(warm, SURFACES) if how == "warm"}
    of_search = {name for name in SURFACES if "search" in SURFACES[name][0]}
    never_kept = {"menu where nothing is", "menu of the enquiry form", "sitemap"}
    assert kept == {*SURFACES} - of_search - never_kept


# The defences of search


def test_alias_of_a_private_page_is_on_no_surface_of_search(site):
    policy = site.pages[0]
    for page in site.pages[1:]:
        page.delete()
    alias = policy.create_alias(parent=policy.get_parent(), update_slug="alias")
    PromotionSnippet.objects.update(page=alias)
    page_index.catch_up()
    next(hiding.private_by_login(policy, None))
    assert read_search(site) == set()


def test_without_the_checks_for_privacy_every_surface_would_leak(site, monkeypatch):
    site.hide(hiding.private_by_login, monkeypatch)
    monkeypatch.setattr(receivers, "public_pages", Page.objects.live)
    for module in (results, curation):
        monkeypatch.setattr(module, "visible_pages", lambda at: Page.objects.live())
    receivers.rebuild()
    assert read_search(site) == EVERYWHERE - {"document"}


def test_without_the_checks_of_the_clock_expired_pages_would_leak(site, monkeypatch):
    """The index knows an expired page until the scheduled job has run."""
    site.hide(hiding.expired, monkeypatch)
    own_page = {"own page": SURFACES["own page"]}
    assert read(Client(), own_page)[0] == set()
    monkeypatch.delattr(BasePage, "route")
    assert read(Client(), own_page)[0] == {*own_page}
    monkeypatch.setattr(schema, "expired", lambda at: Query.empty_query())
    for module in (results, curation):
        monkeypatch.setattr(module, "visible_pages", lambda at: public_pages())
    assert read_search(site) >= {*OF_SEARCH, "degraded"}


def all_answers():
    said = {}
    for query in [*SEARCHES.values(), CANARY, f"{CANARY} otter", CANARY[:5], "plumage"]:
        answer = Client().get(f"/search/?query={query}")
        suggested = Client().get(f"/search/suggestions/?query={query}")
        main = BeautifulSoup(answer.content, "html.parser").main
        for extract in main.select(".result > p:last-child"):
            extract.decompose()
        said[query] = main.get_text(), suggested.json()
    return said


@pytest.mark.parametrize("state", [hiding.expired, hiding.private_by_login])
def test_worker_that_knew_a_page_answers_as_one_that_never_did(
    site, section, monkeypatch, state
):
    """So no one can tell from what search says that a word is on a hidden page."""
    StandardPageFactory(parent=section, title="Quetzil", summary="")
    page_index.catch_up()
    site.hide(state, monkeypatch)
    answered = all_answers()
    Page.objects.filter(pk__in=[page.pk for page in site.pages]).delete()
    page_index.__dict__.update(PageIndex().__dict__)
    assert answered == all_answers()
