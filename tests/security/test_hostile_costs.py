"""Nine hostile requests of any kind cost no more than twenty for a missing page."""

import time
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import PolicyUpdatePageFactory, StandardPageFactory
from tests.search.feedback.conftest import shown_seconds_ago

REQUESTS, MAX_RATIO, TRIES = 9, 20, 4
# What gunicorn takes at most: of the first line, and of a header.
PATH, HEADER = 4_000, 8_100
BODY = 78_000
FORM = "application/x-www-form-urlencoded"


def get(path="/no-such-page/", query="", **headers):
    sent = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    return lambda client: client.get("/", PATH_INFO=path, QUERY_STRING=query, **sent)


def post(body, path="", content_type=FORM):
    path = path or reverse("enquiry")
    return lambda client: client.generic("POST", path, body, content_type=content_type)


def enquiry(message):
    fields = {"message": message, "shown_at": shown_seconds_ago(60)}
    return post("&".join(f"{name}={quote(text)}" for name, text in fields.items()))


PART = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
WORDS = " ".join(f"{chr(97 + n)}onsultaton{chr(97 + n)}" for n in range(26))
KINDS = {
    "path of pluses": get("/" + "+" * PATH),
    "path of accents": get("/" + "\u0300\u0316".encode().decode("latin-1") * 900),
    "path of slashes": get("/a" * (PATH // 2) + "/"),
    "path of sections": get("/" + "a/" * (PATH // 2) + "a-to-z/"),
    "path of versions": get("/admin/" + "history/" * (PATH // 8)),
    "documents": get("/documents/" + "9" * PATH + "/"),
    "Origin": lambda client: client.post("/", HTTP_ORIGIN="https://" + "+" * HEADER),
    "Referer": get(referer="https://testserver/" + "+" * HEADER),
    "Host": get(host="+" * HEADER),
    "User-Agent": get(user_agent="(" * HEADER),
    "Accept-Language": get(accept_language="a-" * (HEADER // 2)),
    "Accept-Encoding": get(accept_encoding="gzip;q=0," * (HEADER // 9)),
    "If-None-Match": get("/", if_none_match='"a", ' * (HEADER // 5)),
    "If-None-Match without end": get("/", if_none_match='W/"' * (HEADER // 3)),
    "If-Modified-Since": get("/", if_modified_since="1" * HEADER),
    "Range": get("/", range="bytes=" + "1-," * (HEADER // 3)),
    "Cookie of many": get("/", cookie="a=b;" * (HEADER // 4)),
    "Cookie of backslashes": get("/", cookie='a="' + "\\a" * (HEADER // 2) + '"'),
    "Cookie of figures": get("/", cookie='a="' + "\\101" * (HEADER // 4) + '"'),
    "X-Forwarded-For": get(x_forwarded_for="1," * (HEADER // 2)),
    "X-Request-ID": get(x_request_id="a" * HEADER),
    "Authorization": get(authorization="x" * HEADER),
    "many parameters": get("/search/", "&".join(["a=1"] * (PATH // 4))),
    "mark of a result": get("/search/", "found=1&" + "a=%00&" * (PATH // 6)),
    "search of one letter": get("/search/", "query=" + "a" * PATH),
    "search of words": get("/search/", "query=" + quote(WORDS)),
    "search of accents": get("/search/", "query=" + quote("\u0300\u0316") * 300),
    "search of expansions": get("/search/", "query=" + quote("\ufdfa") * 300),
    "search of pieces": get("/search/", "query=" + "a+" * (PATH // 2)),
    "search of hyphens": get("/search/", "query=" + "a-" * (PATH // 2)),
    "filters of search": get("/search/", "type=a&section=b&updated=c&" * 150),
    "suggestions": get("/search/suggestions/", "query=" + quote(WORDS)),
    "suggestions of one letter": get("/search/suggestions/", "query=" + "a" * PATH),
    "list of policies": get("/policy-updates/", "topic=1&kind=a&year=9&" * 180),
    "feed": get("/policy-updates.atom", "topic=1&" * 500),
    "comparison": get("/stronger-communities/food/history/compare/", "from=9&" * 500),
    "calendar": get("/stronger-communities/food/consultation.ics", "a=b&" * 900),
    "A to Z": get("/stronger-communities/a-to-z/", "page=" + "9" * PATH),
    "signed link": get("/follow/manage/", "link=" + "a:" * (PATH // 2)),
    "packed link": get("/follow/manage/", "link=." + "a" * PATH),
    "preview link": get("/preview/" + "a" * PATH + "/"),
    "reference": get("/cant-find-it/answers/" + "A-" * (PATH // 2) + "/"),
    "carried along": get(
        "/cant-find-it/", "query=" + "+a" * 900 + "&from=/" + "a" * 900
    ),
    "many fields at once": post("a=1&" * (BODY // 4), "/no-such-page/"),
    "much text": post("a=" + "%41" * 800_000, "/no-such-page/"),
    "ten thousand parts": post(
        PART * 9_900 + "--x--", "/no-such-page/", "multipart/form-data; boundary=x"
    ),
    "some parts": post(
        PART * (7_900 // len(PART)) + "--x--", "", "multipart/form-data; boundary=x"
    ),
    "many fields": post("a=1&" * (BODY // 4)),
    "many parts": post(
        PART * (BODY // len(PART)) + "--x--", "", "multipart/form-data; boundary=x"
    ),
    "long boundary": post(
        "--" * (BODY // 2), "", "multipart/form-data; boundary=" + "-" * 70
    ),
    "deep JSON": post("[" * BODY, "", "application/json"),
    "message of expansions": enquiry("\u3316" * 5_000),
    "message of accents": enquiry("a" + "\u0300" * 2_400 + "\u0316" * 2_400),
    "message of pluses": enquiry("+" * 5_000),
    "message far too long": enquiry("\u0300\u0316" * 6_000),
}


def seconds(ask, client):
    """Return the CPU time of as many requests, the least of two times."""
    least = float("inf")
    for _ in range(2):
        start = time.thread_time()
        for _ in range(REQUESTS):
            ask(client)
        least = min(least, time.thread_time() - start)
    return least


def ratio(kind, client):
    """Return how many of a page not found they cost; the least of a few tries."""
    least = float("inf")
    for _ in range(TRIES):
        plain = seconds(get(), client) / REQUESTS
        least = min(least, seconds(KINDS[kind], client) / plain)
        if least <= MAX_RATIO:
            break
    return least


@pytest.fixture
def client(section):
    StandardPageFactory(parent=section)
    PolicyUpdatePageFactory(parent=section, slug="food")
    return Client(raise_request_exception=False)


@pytest.mark.security
def test_hostile_requests_cost_little(client, settings, record_property):
    settings.FORM_LIMIT_PER_ADDRESS = settings.FORM_LIMIT_OVERALL = 10_000
    ratios = {kind: ratio(kind, client) for kind in KINDS}
    table = sorted(ratios.items(), key=lambda pair: -pair[1])
    print("\n".join(f"{kind:30}{ratio:8.1f}" for kind, ratio in table))
    record_property(
        "measured", f"{REQUESTS} of “{table[0][0]}” cost {table[0][1]:.0f} times a 404"
    )
    assert {kind: ratio for kind, ratio in table if ratio > MAX_RATIO} == {}
