"""What the page cache gives to strangers holds nothing of those who came before."""

import random
from itertools import cycle

import pytest
from django.core.cache import caches
from django.test import Client
from django.test.client import ClientHandler
from django.urls import reverse
from wagtail.models import Page, PageViewRestriction

from community.models import AlertScope
from home.caching import mark_cacheable
from home.pages import BasePage
from stockton_cms.page_cache import middleware, policy
from tests.factories import (
    AlertFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)

# What a visitor sends, in as many places as can be; a port must be a number.
MARK = "4711081547"
DRAFT, SECRET, PASSWORD = "axolotl", "quetzal", "open sesame"
FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}
TELLTALES = {
    "token": "csrfmiddlewaretoken",
    "user bar": "wagtail-userbar",
    "draft": DRAFT,
    "private page": SECRET,
    "password form": "id_password",
    "visitor": MARK,
}


class SharedSite:
    """A small site, whose visitors are served by one process with one page cache."""

    def __init__(self, section, officer):
        home = section.get_parent()
        self.alert = AlertFactory(heading="Floods", scope="pages")
        AlertScope.objects.create(alert=self.alert, page=section)
        self.edited = StandardPageFactory(parent=section, slug="edited")
        self.edited.title = self.edited.summary = DRAFT
        self.edited.save_revision()
        draft = StandardPageFactory(parent=section, title=DRAFT, live=False)
        self.drafts = [self.edited, draft]
        partnership = PartnershipPageFactory(parent=section, slug="partnership")
        about = StandardPageFactory(parent=home, slug="about")
        self.private = StandardPageFactory(
            parent=home, slug="friends", title=SECRET, summary=SECRET
        )
        self.restriction = PageViewRestriction.objects.create(
            page=self.private, restriction_type="password", password=PASSWORD
        )
        self.below = [section.url, self.edited.url, partnership.url]
        self.below.append(f"{section.url}a-to-z/")
        self.addresses = ["/", about.url, *self.below]
        self.all_addresses = [*self.addresses, self.private.url, draft.url]
        self.officer = officer
        self.restart()

    def restart(self):
        caches["default"].clear()
        self.handler = ClientHandler(enforce_csrf_checks=True)

    def visitor(self, **headers):
        # By its own name, under which Wagtail makes its previews, too.
        client = Client(headers={"Host": "localhost", **headers})
        client.handler = self.handler
        return client

    # Who comes by before the strangers; each goes to all addresses in some order.

    def anybody(self):
        client = self.visitor()
        return lambda address: client.get(address)

    def reader_of_headers_only(self):
        client = self.visitor()
        return lambda address: client.head(address)

    def sender_of_a_form(self):
        client = self.visitor(**FROM_OUR_PAGE)
        return lambda address: client.post(address, {"message": MARK})

    def signed_in_officer(self):
        client = self.visitor()
        client.force_login(self.officer)
        return lambda address: client.get(address)

    def officer_who_previews(self):
        client = self.visitor()
        client.force_login(self.officer)

        def preview(address):
            page = {each.url: each for each in self.drafts}.get(address)
            if page:
                name = "wagtailadmin_pages:view_draft"
                response = client.get(reverse(name, args=[page.pk]))
                assert DRAFT in response.content.decode()

        return preview

    def holder_of_the_password(self):
        client = self.visitor(**FROM_OUR_PAGE)
        names = [self.restriction.pk, self.private.pk]
        client.post(
            reverse("wagtailcore_authenticate_with_password", args=names),
            {"password": PASSWORD, "return_url": self.private.url},
        )
        assert SECRET in client.get(self.private.url).content.decode()
        return lambda address: client.get(address)

    def resident_who_closed_the_alert(self):
        client = self.visitor(**FROM_OUR_PAGE)
        client.post(reverse("dismiss_alert", args=[self.alert.pk]))
        assert client.cookies
        return lambda address: client.get(address)

    def visitor_with_marks(self):
        client = self.visitor(
            **{
                "Referer": f"http://{MARK}.example/{MARK}",
                "User-Agent": MARK,
                "X-Forwarded-Host": f"{MARK}.example",
                "X-Forwarded-For": MARK,
                "X-Forwarded-Proto": MARK,
                "X-Request-ID": MARK * 4,
                "Accept-Language": MARK,
            }
        )
        marked = dict.fromkeys(("messages", "closed_alerts", MARK), MARK)
        cookies = cycle([{}, marked])
        hosts = cycle(["localhost", f"localhost:{MARK}", "LOCALHOST"])
        queries = cycle([f"{MARK}={MARK}", f"page=1&q={MARK}", f"found={MARK}"])

        def get(address):
            client.cookies.load(next(cookies))
            host = {"Host": next(hosts)}
            return client.get(f"{address}?{next(queries)}", headers=host)

        return get

    VISITORS = (
        anybody,
        reader_of_headers_only,
        sender_of_a_form,
        signed_in_officer,
        officer_who_previews,
        holder_of_the_password,
        resident_who_closed_the_alert,
        visitor_with_marks,
    )

    def warm_up(self, chance, visitors=VISITORS):
        visits = []
        for visitor in visitors:
            visit = visitor(self)
            visits += [(visit, address) for address in self.all_addresses]
        if chance:
            chance.shuffle(visits)
        for visit, address in visits:
            visit(address)

    def read_as_strangers(self, chance, count):
        hits, wrong = 0, set()
        for _ in range(count):
            address = chance.choice(self.all_addresses)
            sent = {"Accept-Encoding": "identity"}
            response = self.visitor().get(address, headers=sent)
            if "; hit" in response.headers["Cache-Status"]:
                hits += 1
                wrong |= self.faults_of(response, address)
        return hits, wrong

    def faults_of(self, response, address):
        html = response.content.decode()
        said = html + str(response.headers)
        wrong = {name for name, word in TELLTALES.items() if word in said}
        if response.cookies or "Set-Cookie" in response.headers:
            wrong.add("cookie")
        if address in self.below and "Floods" not in html:
            wrong.add("alert missing")
        elif address in self.below and "Hide<" not in html:
            wrong.add("button missing")
        return wrong


@pytest.fixture
def site(section, admin_user):
    return SharedSite(section, admin_user)


def test_strangers_see_nothing_of_earlier_visitors(site, settings):
    hits = 0
    for seed, cache in enumerate(("", "as in production")):
        settings.CACHE_URL = cache
        site.restart()
        chance = random.Random(seed)
        site.warm_up(chance)
        found, wrong = site.read_as_strangers(chance, 400)
        assert wrong == set()
        hits += found
    assert hits >= 500


# Negative controls: without the defences, of which some stand one behind the other,
# the same visits leak.


def without(function, reason):
    """Return a way to let a function of the cache no longer find this reason."""

    def take_away(patch):
        decide = getattr(middleware, function)

        def decide_without(request, *response):
            with pytest.MonkeyPatch.context() as for_now:
                # Not merely ignored, as other reasons are looked for after these.
                if reason == "method":
                    for_now.setattr(request, "method", "GET")
                if reason == "cookie-or-token":
                    for_now.delitem(request.META, "CSRF_COOKIE", raising=False)
                    for_now.setattr(response[0], "cookies", {})
                said = decide(request, *response)
            return "" if said == reason else said

        patch.setattr(middleware, function, decide_without)

    return take_away


def with_every_page_for_all(patch):
    decide = middleware.uncacheable_reason

    def decide_for_marked(request, response):
        if response.status_code == 200:
            mark_cacheable(response)
        return decide(request, response)

    patch.setattr(middleware, "uncacheable_reason", decide_for_marked)


SERVE_PREVIEW = BasePage.serve_preview
NO_SESSION = without("cache_bypass_reason", "session")
NO_HEADER = without("uncacheable_reason", "cache-control")
NO_TOKEN = without("uncacheable_reason", "cookie-or-token")
# What leaks, by whose visit, without which defences.
CONTROLS = {
    "user bar": (SharedSite.signed_in_officer, [NO_SESSION, NO_TOKEN]),
    "private page": (SharedSite.holder_of_the_password, [NO_SESSION, NO_HEADER]),
    "password form": (SharedSite.anybody, [NO_HEADER, with_every_page_for_all]),
    "button missing": (
        SharedSite.sender_of_a_form,
        [
            without("cache_bypass_reason", "method"),
            without("uncacheable_reason", "method"),
            (BasePage, "allowed_http_methods", Page.allowed_http_methods),
        ],
    ),
    "token": (
        SharedSite.anybody,
        [("home.templatetags.page_tags.has_session", lambda request: True), NO_TOKEN],
    ),
    "visitor": (
        SharedSite.visitor_with_marks,
        [
            (
                "community.templatetags.community_tags.canonical_cache_url",
                lambda request: request.get_full_path(),
            )
        ],
    ),
    "alert missing": (
        SharedSite.resident_who_closed_the_alert,
        [
            (
                middleware,
                "get_cache_key",
                lambda request: policy.get_cache_key(request)._replace(closed=()),
            ),
            (middleware, "set_dismissed_alert_keys", lambda request, keys: None),
        ],
    ),
    "draft": (
        SharedSite.officer_who_previews,
        [
            NO_SESSION,
            NO_HEADER,
            NO_TOKEN,
            (
                BasePage,
                "serve_preview",
                lambda *args: mark_cacheable(SERVE_PREVIEW(*args)),
            ),
        ],
    ),
}


@pytest.mark.parametrize("leak", CONTROLS)
def test_without_its_defences_the_cache_would_leak(site, leak, settings, monkeypatch):
    visitor, ways = CONTROLS[leak]
    for way in ways:
        way(monkeypatch) if callable(way) else monkeypatch.setattr(*way)
    # Which previews, too, read and write.
    settings.CACHE_URL = "as in production"
    site.restart()
    site.warm_up(None, [visitor])
    hits, wrong = site.read_as_strangers(random.Random(2), 40)
    assert hits
    assert leak in wrong
