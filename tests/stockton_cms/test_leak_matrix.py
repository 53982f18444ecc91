"""A page that visitors may no longer see is gone from all others at the next request.

Each cell of the matrix, states by surfaces, is read from the cache that was filled
while the page was public, by a process that has only the shared cache, and by one that
has nothing. How search itself keeps quiet is in tests/search/test_leaks.py.
"""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import PageViewRestriction

from community.models import RelatedPage
from home.content_version.clock import ContentVersionTracker, content_version_tracker
from home.models import ChangeNote, PopularPage
from search.engine.index import PageIndex, page_index
from stockton_cms.page_cache.entries import CachedPage
from tests.factories import (
    AlertFactory,
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)
from tests.search.test_leaks import (
    CANARY,
    WITH_CANARY,
    below_a_private_page,
    deleted,
    draft,
    expired,
    moved_below_a_private_page,
    private_by_login,
    private_by_password,
    restrict,
    scheduled,
)

SECTION, ABOUT, PARENT = "/stronger-communities/", "/about/", "/area/"
# Where to look: an address, and the part of the page that should have shown it.
SURFACES = {
    "own page": (f"{SECTION}{CANARY}/", "blockquote"),
    "parent's cards": (SECTION, "main .cards"),
    "latest changes of the section": (SECTION, ".updates"),
    "latest changes of the site": ("/", ".updates"),
    "A to Z": (f"{SECTION}a-to-z/", "main"),
    "section navigation": (f"{SECTION}public/", ".section-navigation"),
    "page that links to it": (f"{SECTION}public/", "main .cards"),
    "page that it links to": (f"{SECTION}other/", "main .cards"),
    "policy that it replaces": (f"{SECTION}old/", ".policy-status"),
    "popular pages": ("/", "h2:-soup-contains('Popular pages') + .cards"),
    "sections on the home page": ("/", "h2:-soup-contains('Sections') + .cards"),
    "menu": (ABOUT, "header nav"),
    "menu where nothing is": ("/nowhere/", "header nav"),
    "menu of search": ("/search/", "header nav"),
    "menu of the enquiry form": ("/cant-find-it/", "header nav"),
    "footer": (ABOUT, "footer"),
    "section's own page": (PARENT, "blockquote"),
    "breadcrumbs": (f"{PARENT}child/", ".breadcrumbs"),
    "navigation below it": (f"{PARENT}child/", ".section-navigation"),
    "data for machines": (f"{PARENT}child/", "script[type='application/ld+json']"),
    "sitemap": ("/sitemap.xml", "loc"),
    "feed of the section": (f"{SECTION}updates.atom", "entry"),
    "feed of all policies": ("/policy-updates.atom", "entry"),
    "list of all policies": ("/policy-updates/", ".cards"),
    "search results": ("/search/?query=neighbours", ".result"),
    "results as data": ("/search/?query=neighbours&as=json", "results"),
    "suggestions": (f"/search/suggestions/?query={CANARY[:4]}", "suggestions"),
}
# What officers have written leads there while there is a page. One with a password is
# linked on purpose: those who have it go there.
LINKS = {
    "link of an alert": (ABOUT, ".alerts a"),
    "link in a text": (ABOUT, ".text a"),
    "call to action": (ABOUT, ".call-to-action"),
    "old address": ("/before/", "location"),
}


def newer_draft(page):
    plain = {"title": "Plain", "slug": f"plain-{page.pk}", "summary": "", "body": []}
    for values in ({**plain, "search_words": ""}, WITH_CANARY):
        for name, value in values.items():
            setattr(page, name, value)
        revision = page.save_revision()
        if values is not WITH_CANARY:
            revision.publish()


def private_by_group(page):
    restriction = restrict(page, PageViewRestriction.GROUPS)
    restriction.groups.add(Group.objects.get_or_create(name="Members")[0])


def expired_by_the_clock(page):
    """Do nothing: see `hide`."""


STATES = [
    draft,
    newer_draft,
    scheduled,
    expired,
    expired_by_the_clock,
    private_by_login,
    private_by_password,
    private_by_group,
    below_a_private_page,
    moved_below_a_private_page,
    deleted,
]


def quote(page_id):
    link = f'<p>Read <a linktype="page" id="{page_id}">this</a>.</p>'
    button = {"text": "Apply", "page": page_id, "url": ""}
    return [
        {"type": "text", "value": link},
        {"type": "call_to_action", "value": button},
    ]


class HidingSite:
    """A site with a canary in a policy, in a section and in a page of the footer."""

    def __init__(self, home, section):
        policy = PolicyUpdatePageFactory(
            parent=section, expire_at=timezone.now() + timedelta(hours=1), **WITH_CANARY
        )
        values = {**WITH_CANARY, "expire_at": policy.expire_at}
        area = CommunityIndexPageFactory(parent=home, **{**values, "slug": "area"})
        foot = StandardPageFactory(parent=home, **{**values, "slug": "foot"})
        self.pages = [policy, area, foot]
        StandardPageFactory(parent=area, slug="child", title="Below")
        public = PartnershipPageFactory(parent=section, slug="public")
        other = PartnershipPageFactory(parent=section, slug="other")
        RelatedPage.objects.create(page=public, related_page=policy)
        RelatedPage.objects.create(page=policy, related_page=other)
        today = timezone.localdate()
        PolicyUpdatePageFactory(
            parent=section, slug="old", replaced_on=today, replaced_by=policy
        )
        PopularPage.objects.create(home_page=home, page=policy)
        for number, page in enumerate(self.pages):
            ChangeNote.objects.create(page=page, note="Added", revision_id=number)
        StandardPageFactory(parent=home, slug="about", body=quote(policy.pk))
        far = timezone.now() + timedelta(days=9)
        AlertFactory(link_page=policy, link_text="Details", ends_at=far)
        Redirect.objects.create(old_path="/before", redirect_page=policy)
        policy.refresh_from_db()

    def hide(self, state, monkeypatch):
        if state is expired_by_the_clock:
            later = timezone.now() + timedelta(hours=2)
            monkeypatch.setattr(timezone, "now", lambda: later)
        for page in self.pages:
            is_below_home = page.get_parent().slug == "front"
            if state is below_a_private_page and is_below_home:
                private_by_login(page)
            else:
                state(page)


@pytest.fixture
def site(home, section, settings):
    settings.CACHE_URL = "as in production"
    return HidingSite(home, section)


def found_in(response, selector):
    if selector == "location":
        return response.get("Location", "")
    if response.headers["Content-Type"] == "application/json":
        return str(response.json()[selector])
    if "xml" in response.headers["Content-Type"]:
        return response.content.decode()
    html = BeautifulSoup(response.content, "html.parser")
    return "".join(map(str, html.select(selector)))


def read(client, surfaces):
    """Return on which surfaces the canary is, and how many came from the cache."""
    answers, shown = {}, set()
    for name, (address, selector) in surfaces.items():
        if address not in answers:
            as_json = {"accept": "application/json"} if "json" in address else {}
            answers[address] = client.get(address, headers=as_json)
        if CANARY in found_in(answers[address], selector).lower():
            shown.add(name)
    status = [answer.headers.get("Cache-Status", "") for answer in answers.values()]
    return shown, sum("; hit" in each for each in status)


def start_anew():
    """Forget what this process knew, but for the shared cache."""
    content_version_tracker.__dict__.update(ContentVersionTracker().__dict__)
    page_index.__dict__.update(PageIndex().__dict__)
    return Client()


def read_everywhere(warm, surfaces):
    """Return the cells in which the canary is: how they were read, and the surface."""
    cells = {("warm", name) for name in read(warm, surfaces)[0]}
    cells |= {("shared", name) for name in read(start_anew(), surfaces)[0]}
    caches["default"].clear()
    return cells | {("cold", name) for name in read(start_anew(), surfaces)[0]}


@pytest.fixture
def warm(site):
    """Return a visitor to a process that keeps all pages as they were while public."""
    client = Client()
    assert read(client, SURFACES | LINKS)[0] == {*SURFACES, *LINKS}
    shown, hits = read(client, SURFACES | LINKS)
    assert shown == {*SURFACES, *LINKS}
    assert hits == 13
    return client


@pytest.mark.parametrize("state", STATES)
def test_hidden_page_is_on_no_surface(site, warm, monkeypatch, state):
    site.hide(state, monkeypatch)
    assert read_everywhere(warm, SURFACES) == set()


@pytest.mark.parametrize(
    "state", [draft, newer_draft, scheduled, expired, expired_by_the_clock, deleted]
)
def test_link_to_a_page_taken_down_does_not_tell_its_address(
    site, warm, monkeypatch, state
):
    site.hide(state, monkeypatch)
    assert read_everywhere(warm, LINKS) == set()


@pytest.mark.parametrize("state", STATES)
def test_old_address_does_not_tell_the_new_one_of_a_hidden_page(
    site, warm, monkeypatch, state
):
    site.hide(state, monkeypatch)
    assert read_everywhere(warm, {"old address": LINKS["old address"]}) == set()


def test_wagtails_own_redirects_would_tell_it(site, warm, settings, monkeypatch):
    ours = "home.page_tree.redirect_middleware.RedirectMiddleware"
    theirs = "wagtail.contrib.redirects.middleware.RedirectMiddleware"
    settings.MIDDLEWARE = [
        theirs if name == ours else name for name in settings.MIDDLEWARE
    ]
    site.hide(draft, monkeypatch)
    assert read(Client(), {"old address": LINKS["old address"]})[0]


def test_page_that_has_moved_is_gone_from_its_old_place(site, warm, home):
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


@pytest.mark.parametrize("state", [expired_by_the_clock, private_by_password, deleted])
def test_if_the_cache_took_old_pages_for_new_they_would_leak(
    site, warm, monkeypatch, state
):
    site.hide(state, monkeypatch)
    monkeypatch.setattr(CachedPage, "is_valid", lambda self, state, at: True)
    kept = {name for how, name in read_everywhere(warm, SURFACES) if how == "warm"}
    of_search = {name for name in SURFACES if "search" in SURFACES[name][0]}
    never_kept = {"menu where nothing is", "menu of the enquiry form", "sitemap"}
    assert kept == {*SURFACES} - of_search - never_kept


def test_page_below_a_renamed_draft_is_gone_from_its_old_place(section, client):
    StandardPageFactory(parent=section, slug="child")
    section.refresh_from_db()
    section.unpublish()
    assert client.get(f"{SECTION}child/").status_code == 200
    # As the editor saves a draft of a page that is not live.
    section.slug = "elsewhere"
    section.save()
    assert client.get(f"{SECTION}child/").status_code == 301
