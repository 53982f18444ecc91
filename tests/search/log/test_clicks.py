"""Which result was opened is logged, and no one can be sent anywhere else by it."""

import re
from itertools import product
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import QueryDict
from django.test import Client
from wagtail.documents import get_document_model

from search.engine import results
from search.log import models
from search.models import LoggedSearch, PromotionSnippet
from tests.factories import StandardPageFactory

FORGED = "found=AAAAAAAAAAAA.1"


@pytest.fixture
def allotments(section):
    for number in range(5):
        StandardPageFactory(parent=section, title=f"Allotment {number}", summary="")


@pytest.fixture
def links_for(search_for):
    """Return a function that searches and gives the links of the results."""

    def links(query="allotment", **parameters):
        answer = search_for(query, **parameters)
        return [link["href"] for link in answer.html.select(".result h2 a")]

    return links


def opened():
    return list(LoggedSearch.objects.values_list("clicked_position", flat=True))


def test_first_opened_position_is_logged_and_the_page_shown(
    allotments, links_for, client, monkeypatch
):
    links = links_for()
    assert opened() == [None]
    response = client.get(links[3])
    assert response.status_code == 302
    assert response["Location"] == links[3].partition("?")[0]
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
    assert not response.cookies
    assert client.get(response["Location"]).status_code == 200
    client.get(links[0])
    assert opened() == [4]
    # Over pages of results it counts on.
    monkeypatch.setattr(results, "PER_PAGE", 3)
    client.get(links_for(page=2)[1])
    assert opened() == [5, 4]
    # A page that has gone since is not found, and its click logged.
    link = links_for()[0]
    StandardPageFactory._meta.model.objects.all().delete()
    assert client.get(link, follow=True).status_code == 404
    assert opened() == [1, 5, 4]


def test_promotion_counts_as_number_nought_and_another_site_is_not_followed(
    allotments, section, links_for, client
):
    page = StandardPageFactory(parent=section, title="Growing", slug="growing")
    outside = "https://www.example.org/allotments"
    PromotionSnippet.objects.create(searched="allotment", page=page)
    PromotionSnippet.objects.create(searched="allotment", link=outside, title="Other")
    links = links_for()
    assert outside in links
    (ours,) = [link for link in links if "/growing/" in link]
    assert client.get(ours)["Location"] == page.url
    assert opened() == [0]


def test_file_is_opened_by_way_of_the_same_redirect(section, links_for, client):
    file = ContentFile(b"%PDF-1.4", name="plan.pdf")
    plan = get_document_model().objects.create(title="Hedgehog plan", file=file)
    body = [{"type": "documents", "value": {"documents": [plan.pk]}}]
    StandardPageFactory(parent=section, title="Wildlife", body=body)
    (link,) = links_for("hedgehog")
    response = client.get(link)
    assert response["Location"] == plan.url
    served = client.get(response["Location"])
    assert b"".join(served.streaming_content).startswith(b"%PDF")
    assert opened() == [1]


GARBLED = [
    "", "AAAAAAAAAAAA", "AAAAAAAAAAAA.-1", "AAAAAAAAAAAA.9999", "AAAAAAAAAAAA.1.1",
    "AAAAAAAAAAAA.٣", "ÄÄÄÄÄÄÄÄÄÄÄÄ.1", "%00%00%00.1", "%ff%fe", "' OR 1=1 --",
    "_____%25_____.1", "x" * 5_000, "{key}.x", "{key} .1", "{key}.1%0a", "{key}.99999",
]  # fmt: skip


def test_garbled_mark_notes_nothing_and_leads_to_the_clean_address(
    allotments, links_for, client
):
    key = parse_qs(urlsplit(links_for()[0]).query)["found"][0].partition(".")[0]
    for mark in GARBLED:
        sent = f"found={mark.format(key=key)}".encode().decode("latin-1")
        response = client.get("/stronger-communities/", QUERY_STRING=sent)
        assert response.status_code == 302, mark
        assert response["Location"] == "/stronger-communities/", mark
    assert opened() == [None]


# As a server hands a path over, once it has read the percent characters.
PATHS = [
    "//evil.example/", "/%2F%2Fevil.example/", "///evil.example/", "////evil.example",
    "/\\evil.example/", "\\\\evil.example/", "/\\/evil.example/", "/%5Cevil.example/",
    "/\t/evil.example/", "/\n/evil.example/", "/\r\n/evil.example/",
    "  //evil.example/", "/\0/evil.example/", "//localhost@evil.example/",
    "//localhost:80@evil.example/", "@evil.example/", ".evil.example/",
    "http://evil.example/", "https://evil.example/", "https:/evil.example/",
    "/https://evil.example/", "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "/x\r\nLocation: https://evil.example/",
    "/x%0d%0aLocation:%20https://evil.example/", "/.//evil.example/",
    "/../../evil.example/", "/?//evil.example/", "/#//evil.example/",
    "/／evil.example/".encode().decode("latin-1"),
    "//evil。example/".encode().decode("latin-1"), "//[::1]/", "//[evil.example",
    "/\xff/evil.example/", "",
]  # fmt: skip


def stays_here(location):
    """Say whether a browser stays on the site, by the URL standard's lenient ways.

    It drops tabs and line breaks, takes backslashes for slashes, and takes what comes
    after two slashes or more for a host.
    """
    lenient = re.sub(r"[\t\r\n]", "", location).strip("".join(map(chr, range(33))))
    return re.match(r"/(?!/)", lenient.replace("\\", "/")) is not None


@pytest.fixture
def visitor(home):
    return Client(raise_request_exception=False)


def test_no_one_is_sent_to_another_site(visitor):
    left, targets = [], "&next=//evil.example/&url=https://evil.example"
    for path, more in product(PATHS, ("", targets)):
        response = visitor.get("/", PATH_INFO=path, QUERY_STRING=FORGED + more)
        assert response.status_code == 302, path
        location = response["Location"]
        if not stays_here(location) or re.search(r"[\s\\\0]", location):
            left.append(path)
        # And it is the last redirect of its kind.
        assert "found" not in QueryDict(urlsplit(location).query), path
    assert left == []


def test_these_paths_would_leave_the_site_by_a_careless_redirect(visitor, monkeypatch):
    monkeypatch.setattr(
        models, "strip_click_parameter", lambda request: request.META["PATH_INFO"]
    )
    left = set()
    for path in PATHS:
        response = visitor.get("/", PATH_INFO=path, QUERY_STRING=FORGED)
        if not stays_here(response.get("Location", "/")):
            left.add(path)
    assert len(left) >= 10
    assert {"//evil.example/", "http://evil.example/"} <= left


HEADERS = [
    {"HTTP_HOST": "evil.example"},
    {"HTTP_HOST": "testserver@evil.example"},
    {"HTTP_HOST": "testserver:80@evil.example"},
    {"HTTP_HOST": "evil.example/testserver"},
    {"HTTP_X_FORWARDED_HOST": "evil.example"},
    {"HTTP_FORWARDED": "host=evil.example"},
    {"HTTP_X_ORIGINAL_URL": "//evil.example/"},
    {"HTTP_X_REWRITE_URL": "//evil.example/"},
    {"HTTP_REFERER": "https://evil.example/"},
    {"SCRIPT_NAME": "//evil.example"},
    {"SCRIPT_NAME": "/\\evil.example"},
    {"REQUEST_URI": "https://evil.example/", "RAW_URI": "https://evil.example/"},
    {"SERVER_NAME": "evil.example"},
]


def test_no_header_sends_anyone_to_another_site(visitor):
    for sent in HEADERS:
        response = visitor.get("/", QUERY_STRING=FORGED, **sent)
        assert response.status_code in (302, 400), sent
        assert stays_here(response.get("Location", "/")), sent


def test_address_without_slash_at_its_end_is_led_home_in_a_few_steps(section, client):
    response = client.get(f"/stronger-communities?{FORGED}", follow=True)
    assert response.status_code == 200
    assert len(response.redirect_chain) <= 2
    long = f"/?{FORGED}&x={'y' * 5_000}"
    assert client.get(long).status_code in (302, 400)


def test_click_that_cannot_be_logged_still_opens_the_page(
    allotments, links_for, visitor, monkeypatch
):
    link = links_for()[0]

    def fail(*args, **values):
        raise OperationalError("the database has gone away")

    monkeypatch.setattr(QuerySet, "update", fail)
    response = visitor.get(link)
    assert (response.status_code, response.get("Location")) == (
        302,
        link.partition("?")[0],
    )
