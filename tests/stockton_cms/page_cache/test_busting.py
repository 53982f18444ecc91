"""No one makes the site work, or its memory fill, by what stands in a request."""

import random
from string import ascii_letters, ascii_lowercase, digits

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory
from django.test.client import ClientHandler
from django.utils.http import urlencode

from community import views
from home.caching import names_session
from stockton_cms.page_cache import entries, middleware, policy
from tests.factories import (
    AlertFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)

QUERIES = 5_000
KEYS = [
    "query", "q", "p", "utm_source", "fbclid", "page[]", "Page", "from", "%70age", ""
]  # fmt: skip
JUNK = ["\0", "é", "😀", "%ff", "=", "&", ";", "-1", "٣", "x" * 200, "'--", "<b>", "1"]


class CountsViews:
    called = 0

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, arguments, keywords):
        CountsViews.called += 1


@pytest.fixture
def addresses(section):
    home = section.get_parent()
    pages = [
        StandardPageFactory(parent=section),
        PartnershipPageFactory(parent=section),
        PolicyUpdatePageFactory(parent=section),
        StandardPageFactory(parent=home),
    ]
    below = [page.get_url() for page in pages]
    return ["/", section.url, f"{section.url}a-to-z/", *below]


@pytest.fixture
def tiers(monkeypatch):
    made, init = [], entries.LocalCache.__init__

    def remember(self, *args):
        made.append(self)
        init(self, *args)

    monkeypatch.setattr(entries.LocalCache, "__init__", remember)
    return made


@pytest.fixture
def handler(settings, tiers):
    name = f"{__name__}.{CountsViews.__name__}"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, name]
    handler = ClientHandler(enforce_csrf_checks=False)
    handler.load_middleware()
    CountsViews.called = 0
    return handler


def random_query(chance):
    def text():
        letters = "".join(chance.choices(ascii_letters, k=chance.randint(1, 12)))
        return letters + chance.choice(["", chance.choice(JUNK)])

    pairs = [
        (chance.choice([*KEYS, text(), text()]), text())
        for _ in range(chance.randint(1, 4))
    ]
    return urlencode(pairs)


def views_reached(handler, addresses, count):
    chance, factory = random.Random(5), RequestFactory()
    for address in addresses:
        assert handler.get_response(factory.get(address)).status_code == 200
    assert CountsViews.called == len(addresses)
    for _ in range(count):
        address = f"{chance.choice(addresses)}?{random_query(chance)}"
        handler.get_response(factory.get(address))
    return CountsViews.called - len(addresses)


def test_random_queries_seldom_reach_a_view(handler, tiers, addresses):
    assert views_reached(handler, addresses, QUERIES) <= QUERIES * 0.05
    [tier] = tiers
    assert len(tier._pages) == len(addresses)


def test_without_the_list_of_keys_each_query_would_reach_a_view(
    handler, tiers, addresses, monkeypatch
):
    monkeypatch.setattr(
        policy, "canonical_cache_url", lambda request: request.get_full_path()
    )
    assert views_reached(handler, addresses, 100) > 90
    assert len(tiers[0]._pages) > 90


def ask_for_made_up_filters(handler):
    for number in range(20):
        for query in (
            f"kind=nonsense{number}",
            f"kind=policy&topic=nonsense{number}",
            f"status=&year={number}",
            f"kind=framework&year=2026&topic={number}",
        ):
            request = RequestFactory().get(f"/policy-updates/?{query}")
            assert handler.get_response(request).status_code == 200


def test_made_up_filters_add_no_page(handler, tiers, section):
    PolicyUpdatePageFactory(parent=section)
    for query in ("", "?kind=policy", "?kind=framework"):
        handler.get_response(RequestFactory().get(f"/policy-updates/{query}"))
    ask_for_made_up_filters(handler)
    # All policies, and those of the kind that there is.
    assert len(tiers[0]._pages) == 2


def test_if_all_lists_were_kept_made_up_filters_would_be(
    handler, tiers, section, monkeypatch
):
    monkeypatch.setattr(views, "is_cacheable", lambda *args: True)
    ask_for_made_up_filters(handler)
    assert len(tiers[0]._pages) > 50


def visitor(handler):
    client = Client(raise_request_exception=False, headers={"Host": "testserver"})
    client.handler = handler
    return client


ENCODINGS = [
    "gzip", "br", "br;q=0", "*", "*;q=0", "identity;q=0", "gzip;q=x", ";;,,", ""
]  # fmt: skip
COOKIES = {
    "closed alerts that do not exist": f"closed_alerts={'987654.1-' * 30}",
    "a long one": "closed_alerts=" + "9.1-" * 2_500,
    "one that never was": "closed_alerts=" + "x" * 10_000,
    "NUL": "closed_alerts=\0\0",
    "a quoted NUL": 'closed_alerts="\\000\\000"; messages="\\000"',
    "letters of all the world": "closed_alerts=é😀٣".encode().decode("latin-1"),
    "no text at all": "closed_alerts=\xff\xfe\x80",
    "separators only": "closed_alerts=-----",
    "many": "; ".join(f"key{number}=x" for number in range(2_000)),
    "many of the same name": "; ".join(f"closed_alerts={n}.1" for n in range(2_000)),
    "no pairs": ";;;===;;;",
    "a token": "csrftoken=" + "x" * 10_000,
    "a token of NUL": 'csrftoken="\\000\\000"',
    "messages": "messages=" + "x" * 10_000,
    "a session": "sessionid=" + "x" * 10_000,
    "a session of other letters": "sessionid=é😀٣".encode().decode("latin-1"),
    "a session that is empty": "sessionid=",
    "a session of NUL": 'sessionid="aaaaaaaa\\000aaaaaaaa"',
}


def test_strange_headers_are_answered_and_add_no_page(handler, tiers, addresses):
    AlertFactory()
    for address in addresses:
        visitor(handler).get(address)
    for what, cookie in COOKIES.items():
        for address in addresses:
            response = visitor(handler).get(address, headers={"Cookie": cookie})
            assert response.status_code == 200, what
    chance = random.Random(3)
    for _ in range(300):
        asked = ",".join(chance.choices([*ENCODINGS, *JUNK[:8]], k=3))
        headers = {"Accept-Encoding": asked.encode().decode("latin-1")}
        response = visitor(handler).get(chance.choice(addresses), headers=headers)
        assert response.status_code == 200
        assert response.get("Content-Encoding", "gzip") in {"gzip", "br"}
    ports = [f"testserver:{10**18 + number}" for number in range(30)]
    for host in ("testserver", "TestServer", "testserver.", "testserver:1", *ports):
        assert visitor(handler).get("/", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "testserver@evil.example", "/", ""):
        response = visitor(handler).get("/", headers={"Host": host})
        assert response.status_code == 400, host
    assert len(tiers[0]._pages) == len(addresses)


def test_pages_in_the_process_stay_under_their_bytes(handler, tiers, addresses):
    visitor(handler).get(addresses[0])
    [tier] = tiers
    most = tier._most_bytes = 3 * tier._bytes
    for number in range(60):
        for encoding in ("gzip", "br", "identity"):
            headers = {"Accept-Encoding": encoding}
            visitor(handler).get(addresses[number % 7], headers=headers)
        pages = tier._pages.values()
        held = sum(len(p.body) + sum(map(len, p.encoded.values())) for p in pages)
        assert 0 < len(pages) < len(addresses)
        assert held <= tier._bytes <= most


# Requests that ask to get past the cache


def key(chance):
    return "".join(chance.choices(ascii_lowercase + digits, k=32))


def visits(chance):
    while True:
        session = {settings.SESSION_COOKIE_NAME: key(chance)}
        yield {"Authorization": f"Bearer {key(chance)}"}, {}
        yield {}, session
        yield {}, session | {settings.CSRF_COOKIE_NAME: key(chance)}
        yield {}, {"messages": key(chance), key(chance): key(chance)}
        yield {"Cache-Control": "no-cache", "Pragma": "no-cache"}, {}
        yield {"Range": "bytes=0-9", "If-Range": key(chance)}, {}
        yield {"Accept-Encoding": key(chance)}, {"closed_alerts": key(chance)}
        yield {"Host": chance.choice(["LocalHost", "localhost.", "localhost:81"])}, {}
        yield {"X-Script-Name": "/x", "X-Forwarded-Host": key(chance)}, {}


def flood(handler, page, times):
    """Return how many requests reach a view."""
    chance, client = random.Random(1), visitor(handler)
    before = CountsViews.called
    for _, (headers, cookies) in zip(range(times), visits(chance), strict=False):
        client.cookies.clear()
        client.cookies.load(cookies)
        ask = chance.choice([client.get, client.get, client.head])
        address = f"{page.url}?{key(chance)}={key(chance)}"
        response = ask(address, headers={"Host": "localhost", **headers})
        assert response.status_code == 200
    return CountsViews.called - before


def test_requests_that_are_made_up_get_the_stored_page(handler, section):
    assert flood(handler, section, 900) <= 5


def test_without_a_look_for_the_session_each_would_be_made(
    handler, section, monkeypatch
):
    monkeypatch.setattr(policy, "has_session", names_session)
    monkeypatch.setattr(middleware, "has_user_session", names_session)
    assert flood(handler, section, 90) >= 20


def test_session_of_no_user_gets_the_public_pages_as_all_do(handler, section):
    session, client = SessionStore(), visitor(handler)
    session["passed"] = [1]
    session.create()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    for _ in range(3):
        response = client.get(section.url)
    assert CountsViews.called == 1
    assert response["Cache-Status"] == "StocktonCMS; hit"
    for send in (client.post, client.put, client.patch, client.delete):
        response = send(section.url, {"message": "x"})
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD, OPTIONS"
    # A path that a server has moved is stored for no one.
    moved = section.url.rstrip("/")
    for each in (client, visitor(handler)):
        response = each.get(section.url, SCRIPT_NAME=moved)
        assert "detail=script-name" in response["Cache-Status"]
    assert section.title in each.get(section.url).content.decode()
