"""No address and no form that someone makes up brings the site down."""

import logging
import random
import time
from collections import Counter
from functools import cache

import pytest
from django.core.files.base import ContentFile
from django.test import Client, RequestFactory
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.models import Document

from search.feedback.forms import SIGNER
from stockton_cms.security.middleware import CleanRequestMiddleware
from tests.factories import AlertFactory, PolicyUpdatePageFactory, StandardPageFactory
from tests.stockton_cms.permissions.addresses import PUBLIC, patterns

REQUESTS = 400
MAX_SECONDS = 2
# fmt: off
PIECES = [
    "\0", "%00", "%ff", "%ed%a0%80", "%2e%2e%2f", "../", "//", "\\", "[", "]", "'", '"',
    "<script>", "{{7*7}}", "%s%n%x", "\u202e", "😀", "é", "٣", "²", "\r\n", ";", "&",
    "=", "#", "?", "-1", "0", "99999999999999999999", "NaN", "x" * 300, "' OR 1=1 --",
    "communities",
]
PARAMETERS = [
    "query", "kind", "topic", "year", "page", "from", "to", "p", "q", "next", "export",
    "link", "done", "foo", "", "%ff",
]
FIELDS = [
    "message", "email", "query", "from_path", "shown_at", "website", "next", "useful",
    "comment", "frequency", "do",
]
# What has no name of its own among the routes.
OTHERS = [
    "/", "/documents/", "/media/", "/media/images/", "/alerts/", "/static/",
    "/preview/", "/cant-find-it/answers/", "/account/login/", "/account/password/",
    "/stronger-communities/", "/documents/1/", "/media/images/0123456789ab/park.jpg",
    "/media/staff_images/0123456789ab/park.jpg",
]
# fmt: on
# What stands for an argument of a route; 2 for those that are numbers.
ARGUMENTS = {
    "section_path": "stronger-communities",
    "policy_path": "stronger-communities/food",
    "token": "abc",
    "reference": "abc",
    "said": "no",
}
# Their arguments have no names, so that they are among the others.
WITHOUT_NAMES = {"wagtaildocs_serve", "wagtail_serve"}


@pytest.fixture
def visitor(section):
    """Return a visitor to a small site that has one of everything."""
    StandardPageFactory(parent=section)
    policy = PolicyUpdatePageFactory(parent=section, slug="food")
    for _ in range(2):
        policy.save_revision().publish()
    AlertFactory(is_dismissible=True)
    file = ContentFile(b"%PDF-1.4", name="plan.pdf")
    Document.objects.create(title="Plan", file=file)
    Redirect.objects.create(old_path="/old", redirect_link="/")
    return Client(raise_request_exception=False)


@cache
def routes():
    """Return an address of each route that is for residents, and a few more."""
    found = []
    for each in patterns():
        is_named = each.name != each.route and "path" not in each.arguments
        if each.name in PUBLIC - WITHOUT_NAMES and is_named:
            values = {key: ARGUMENTS.get(key, 2) for key in each.arguments}
            found.append(reverse(each.name, kwargs=values))
    assert len(found) > 25
    return [*found, *OTHERS]


def make_request(chance, visitor):
    some = "".join(chance.choices(PIECES, k=chance.randint(0, 4)))
    path = chance.choice(routes()) + chance.choice(["", some, f"{some}/"])
    query = "&".join(
        f"{chance.choice(PARAMETERS)}={''.join(chance.choices(PIECES, k=2))}"
        for _ in range(chance.randint(0, 3))
    )
    raw_path = path.encode("utf-8", "surrogatepass").decode("latin-1")
    if chance.random() < 0.5:
        # As a server hands it over once it has read the percent signs.
        raw_path = raw_path.replace("%00", "\0").replace("%ff", "\xff")
    sent = {
        "PATH_INFO": raw_path,
        "QUERY_STRING": query.encode("utf-8").decode("latin-1"),
    }
    if chance.random() < 0.3:
        data = {
            field: "".join(chance.choices(PIECES, k=chance.randint(0, 3)))
            for field in chance.sample(FIELDS, k=chance.randint(0, 7))
        }
        if chance.random() < 0.5:
            data["shown_at"] = SIGNER.sign(str(time.time() - 60))
        return ("POST", sent, data), visitor.post("/", data, **sent)
    method = chance.choice([visitor.get, visitor.get, visitor.head, visitor.options])
    return (method.__name__, sent), method("/", **sent)


def send_many(visitor, seed, number):
    chance = random.Random(seed)
    statuses, faults, longest = Counter(), [], 0
    for _ in range(number):
        started = time.process_time()
        request, response = make_request(chance, visitor)
        seconds = time.process_time() - started
        longest = max(longest, seconds)
        statuses[response.status_code] += 1
        # The status page says 503 where no jobs run, as here.
        is_expected = (
            request[1]["PATH_INFO"] == "/-/status" and response.status_code == 503
        )
        if (response.status_code >= 500 and not is_expected) or seconds > MAX_SECONDS:
            faults.append((response.status_code, request))
    return statuses, faults, longest


def test_made_up_requests_never_cause_a_server_error(visitor):
    statuses, faults, _ = send_many(visitor, 1, REQUESTS)
    assert faults == []
    # The requests reach both what is there and what is not.
    assert statuses[200] > 20
    assert statuses[404] > 20


@pytest.mark.security
def test_ten_thousand_made_up_requests(visitor, record_property, caplog):
    caplog.set_level(logging.ERROR, "django.request")
    statuses, faults, longest = send_many(visitor, 3, 10_000)
    said = f"{statuses.total()} requests, {len(faults)} faults, {longest:.1f} s"
    record_property("measured", said)
    assert faults == []
    assert statuses[200] > 1_000


def test_these_tests_would_see_a_server_error(visitor, monkeypatch):
    monkeypatch.setattr("search.views.get_results", None)
    assert visitor.get("/search/").status_code == 500


PATHS = {
    "NUL": "/a\0b/",
    "NUL alone": "/\0",
    "bad UTF-8": "/\xff\xfe/",
    "a surrogate": "/\xed\xa0\x80/",
    "very long": "/" + "a" * 4_000,
    "very long with slash": "/" + "a" * 4_000 + "/",
    "very deep": "/a" * 2_000 + "/",
    "two slashes": "//evil.example/",
    "two slashes and a bracket": "//[x/",
    "a bracket in the address of a host": "//[::1",
    "a percent sign": "/%/",
    "half a percent sign": "/%e/",
    "a backslash": "/\\evil.example/",
    "an emoji": "/😀/".encode().decode("latin-1"),
    "a line break": "/a\r\nSet-Cookie: x=1/",
    "a huge number": "/documents/" + "9" * 400 + "/x.pdf",
    "a number of another script": "/documents/٣/x.pdf".encode().decode("latin-1"),
    "a huge alert": "/alerts/" + "9" * 400 + "/close/",
    "a huge reference": "/cant-find-it/thanks/" + "A" * 3_000 + "/",
    "no slash at all": "",
    "a semicolon": "/;x=1/",
    "brackets of a template": "/{{7*7}}/{%x%}/",
}


def test_hostile_addresses_are_cleanly_answered(visitor):
    for what, path in PATHS.items():
        for query in ("", "x=%00", "%ff=[//", "a=1;b=2"):
            response = visitor.get("/", PATH_INFO=path, QUERY_STRING=query)
            assert response.status_code in (200, 301, 302, 400, 404, 405), what
            assert "Set-Cookie" not in response.headers
            assert not response.get("Location", "").startswith("//")
            if response.status_code == 404:
                assert "Page not found" in response.content.decode()


FORM = "application/x-www-form-urlencoded"
BODIES = [
    (FORM, b"message=%ff&shown_at=%00"),
    (FORM, b"\xff\xfe\x00" * 100),
    (FORM, b"a=1&" * 10_001),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
    ("multipart/form-data; boundary=" + "x" * 300, b""),
    ("application/json", b'{"message": "x"}'),
    ("text/plain; charset=no-such", b"message=x"),
    (f"{FORM}; charset=no-such", b"message=x"),
    ("", b"message=x"),
    (FORM, b"message=" + b"x" * 3_000_000),
]


def test_body_that_is_no_form_is_cleanly_refused(visitor):
    for content_type, body in BODIES:
        address = reverse("enquiry")
        response = visitor.generic("POST", address, body, content_type=content_type)
        assert response.status_code in (400, 413, 422), (content_type, body[:20])


def test_cookie_with_a_backslash_is_left_out_and_others_stay(visitor):
    seen = []
    middleware = CleanRequestMiddleware(lambda request: seen.append(request.COOKIES))
    sent = 'a=1; b="' + "\\\\a" * 2_000 + '"; c=3'
    middleware(RequestFactory().get("/", headers={"cookie": sent}))
    assert seen == [{"a": "1", "c": "3"}]


def test_what_no_form_of_visitors_sends_is_refused_unread(visitor, admin_client):
    data = {f"field-{number}": "" for number in range(200)}
    for path in ("/no-such-page/", "/cant-find-it/", "/account/login/"):
        assert visitor.post(path, data).status_code == 413
        text = "a=" + "b" * 100_000
        assert visitor.post(path, text, content_type=FORM).status_code == 413
    # Staff send more.
    data = {f"field-{number}": "x" * 1_000 for number in range(200)}
    assert admin_client.post("/no-such-page/", data).status_code == 404
