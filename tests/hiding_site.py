"""A site with a canary on every surface, and readers that say where they see it."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect

from community.models import RelatedPage
from home.content_version import (
    ContentVersionTracker,
    bump_content_version,
    content_version_tracker,
)
from home.models import ChangeNote, PopularPage
from search.engine.index import PageIndex, page_index
from search.models import PromotionSnippet, SearchFile, SynonymSnippet
from tests import hiding
from tests.factories import (
    AlertFactory,
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)
from tests.search.indexing.files.offering import block, save_file

CANARY = "quetzal"
WITH_CANARY = {
    "slug": CANARY,
    "title": f"A {CANARY} project",
    "summary": f"Neighbours of the {CANARY}.",
    "search_words": CANARY,
    "body": [{"type": "quotation", "value": {"text": f"Neighbours say {CANARY}"}}],
}
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
# A key of JSON with a question mark: whether it holds anything.
OF_SEARCH = {
    **{name: (f"/search/?query={text}", "main") for name, text in SEARCHES.items()},
    "count": (f"/search/?query={CANARY}", "main p:-soup-contains('result')"),
    "narrowed by type": ("/search/?query=neighbours&type=policy-update", ".result"),
    "counts of types": (f"/search/?query={CANARY}", "nav[aria-label=Type]"),
    "suggestion for a synonym": ("/search/suggestions/?query=moggy", "suggestions?"),
    "suggested promotion": ("/search/suggestions/?query=feather", "suggestions?"),
}
OF_FILES = {
    "document": ("", "bytes"),
    "text of a document": ("/search/?query=plumage", ".result"),
    "documents counted": ("/search/?query=plumage&type=document", ".result"),
}


def expired_by_the_clock(page, paper):
    """Do nothing: see `hide`."""
    yield


STATES = [*hiding.WAYS_TO_HIDE_PAGES, expired_by_the_clock]
# What hides pages below the home page instead.
OWN_WAY = {
    hiding.below_a_private_page: hiding.private_by_login,
    hiding.deleted_section: hiding.deleted,
}


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
        self.paper = save_file(title="Plan", data=CANARY.encode(), name="a.csv")
        values = {**WITH_CANARY, "expire_at": timezone.now() + timedelta(hours=1)}
        body = [*WITH_CANARY["body"], *block(self.paper)]
        policy = PolicyUpdatePageFactory(parent=section, **{**values, "body": body})
        SearchFile.objects.filter(pk=self.paper.pk).update(
            body=f"Plumage of the {CANARY}",
            file_hash=self.paper.file_hash,
            version=bump_content_version(),
        )
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
        StandardPageFactory(
            parent=section, title="Otters", summary="What neighbours do."
        )
        PromotionSnippet.objects.create(searched="feathered friend", page=policy)
        SynonymSnippet.objects.create(searched="moggy", found_as=CANARY)
        policy.refresh_from_db()
        self.of_files = {**OF_FILES, "document": (self.paper.url, "bytes")}

    def hide(self, state, monkeypatch):
        """Hide all pages; return a function that shows them again."""
        if state is expired_by_the_clock:
            later = timezone.now() + timedelta(hours=2)
            monkeypatch.setattr(timezone, "now", lambda: later)
        ways = []
        for page in self.pages:
            is_below_home = page.get_parent().slug == "front"
            way = OWN_WAY.get(state, state) if is_below_home else state
            ways.append(way(page, self.paper))
            next(ways[-1])
        return lambda: [next(way, None) for way in ways]


def found_in(response, selector):
    if selector == "location":
        return response.get("Location", "")
    if selector == "bytes":
        # And not a page that says so, or asks for a password.
        is_file = "html" not in response.headers["Content-Type"]
        return response.getvalue().decode() if is_file else ""
    if response.headers["Content-Type"] == "application/json":
        found = response.json()[selector.removesuffix("?")]
        return CANARY if selector[-1] == "?" and found else str(found)
    if "xml" in response.headers["Content-Type"]:
        return response.content.decode()
    html = BeautifulSoup(response.content, "html.parser")
    return "".join(map(str, html.select(selector)))


def read(client, surfaces):
    """Return on which surfaces the canary is, and how many came from the cache."""
    answers, shown = {}, set()
    for name, (address, selector) in surfaces.items():
        if address not in answers:
            answers[address] = client.get(address)
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


@contextmanager
def degraded():
    """Let the index fail, so that the database answers instead."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(type(page_index), "search")
        yield


def read_search(site):
    """Return on which surfaces of search, and of documents, the canary is."""
    shown = read(Client(), OF_SEARCH | site.of_files)[0]
    with degraded():
        answer = Client().get("/search/?query=project")
    assert "Search is not fully working" in answer.content.decode()
    return shown | ({"degraded"} if CANARY in found_in(answer, ".result") else set())


EVERYWHERE = {*OF_SEARCH, *OF_FILES, "degraded"}
