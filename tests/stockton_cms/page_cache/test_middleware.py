"""Public pages come from the page cache, and say at once what has changed."""

import gzip
import threading
from contextlib import contextmanager
from time import monotonic
from unittest.mock import patch

import brotli
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from home.content_version import content_version_bumped
from stockton_cms.page_cache.middleware import RequestCollapser
from tests.factories import AlertFactory, StandardPageFactory


def status_of(response):
    return response["Cache-Status"].removeprefix("StocktonCMS; ")


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section, title="Bins", slug="bins")


@contextmanager
def other_process():
    """Let what is changed inside be unknown to this process until it asks."""
    with patch.object(content_version_bumped, "send"):
        yield


def test_second_visitor_gets_the_stored_page_without_a_query(page, client):
    first = client.get(page.url)
    with (
        patch("home.content_version.monotonic", return_value=monotonic()),
        CaptureQueriesContext(connection) as queries,
    ):
        second = client.get(page.url)
    assert not queries.captured_queries
    assert status_of(first) == "fwd=miss; stored"
    assert status_of(second) == "hit"
    assert first.content == second.content
    for name in ("content-type", "content-security-policy", "x-frame-options", "vary"):
        assert first[name] == second[name]


def test_thousand_visitors_ask_for_the_version_four_times_a_second(page, client):
    client.get(page.url)
    clock = "home.content_version.monotonic"
    with CaptureQueriesContext(connection) as queries:
        for number in range(1_000):
            with patch(clock, return_value=10_000 + number / 500):
                client.get(page.url)
    # Two seconds, and the one that finds the clock moved on.
    assert 7 <= len(queries) <= 9


def test_changes_are_seen_by_the_next_visitor(page, section, client):
    client.get(page.url)
    client.get(section.url)
    page.title = "Recycling"
    page.save_revision().publish()
    assert "Recycling" in client.get(page.url).content.decode()
    AlertFactory(heading="Floods in Yarm").save_revision().publish()
    assert "Floods in Yarm" in client.get(page.url).content.decode()
    StandardPageFactory(parent=section, title="Gritting")
    assert "Gritting" in client.get(section.url).content.decode()
    page.unpublish()
    assert client.get(page.url).status_code == 404
    assert "Recycling" not in client.get(section.url).content.decode()


def test_change_of_another_process_is_seen_a_quarter_of_a_second_later(page, client):
    client.get(page.url)
    with patch("home.content_version.monotonic", return_value=50.0):
        client.get(page.url)
        with other_process():
            page.title = "Recycling"
            page.save_revision().publish()
    for moment, is_seen in ((50.2, False), (50.26, True)):
        with patch("home.content_version.monotonic", return_value=moment):
            text = client.get(page.url).content.decode()
        assert ("Recycling" in text) is is_seen


def test_page_made_while_it_changes_is_not_kept_as_the_new_one(page, client):
    """The version is read before the content, so the older of the two is the label."""
    serve = type(page).serve

    def change_after_serving(self, request, *args, **kwargs):
        response = serve(self, request, *args, **kwargs).render()
        page.title = "Recycling"
        page.save_revision().publish()
        return response

    with patch.object(type(page), "serve", change_after_serving):
        assert "Recycling" not in client.get(page.url).content.decode()
    assert "Recycling" in client.get(page.url).content.decode()


def test_browser_that_has_the_page_is_told_so_and_others_get_it(page, client):
    etag = client.get(page.url)["ETag"]
    response = client.get(page.url, headers={"If-None-Match": f'"x", {etag}'})
    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == etag
    assert "s-maxage" in response["Cache-Control"]
    assert response["Vary"] == "Cookie, Accept-Encoding"
    for sent in ("", "nonsense", '"x"', "W/", "\u00e9", ", ,"):
        response = client.get(page.url, headers={"If-None-Match": sent})
        assert response.status_code == 200
    page.title = "Recycling"
    page.save_revision().publish()
    response = client.get(page.url, headers={"If-None-Match": etag})
    assert response.status_code == 200
    assert response["ETag"] != etag


ENCODINGS = {
    "gzip, deflate, br, zstd": "br",
    "br;q=0, gzip": "gzip",
    "GZIP": "gzip",
    "gzip;q=0.5, br;q=0.0": "gzip",
    "*;q=0": "",
    "identity": "",
    "": "",
}


def test_browser_gets_the_encoding_that_it_reads_and_head_what_get_would(page, client):
    assert "detail=method" in status_of(client.head(page.url))
    plain = client.get(page.url).content
    for accepted, encoding in ENCODINGS.items():
        sent = {"Accept-Encoding": accepted}
        response = client.get(page.url, headers=sent)
        decode = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[encoding]
        assert response.get("Content-Encoding", "") == encoding, accepted
        assert decode(response.content) == plain
        assert response["Content-Length"] == str(len(response.content))
        head = client.head(page.url, headers=sent)
        assert (head.content, status_of(head)) == (b"", "hit")
        assert head["Content-Length"] == response["Content-Length"]


def test_pages_of_a_list_hosts_and_schemes_are_stored_apart(
    page, section, client, monkeypatch, settings
):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    StandardPageFactory.create_batch(2, parent=section)
    monkeypatch.setattr("community.views.A_TO_Z_PER_PAGE", 2)
    address = f"{section.url}a-to-z/"
    first, second = client.get(address), client.get(f"{address}?page=2&x=y")
    assert first.content != second.content
    again = client.get(f"{address}?page=2")
    assert (again.content, status_of(again)) == (second.content, "hit")
    assert client.get(f"{address}?page=x").status_code == 404
    for headers in ({"Host": "localhost"}, {"X-Forwarded-Proto": "https"}):
        assert status_of(client.get(address, headers=headers)) == "fwd=miss; stored"


def test_one_request_makes_a_page_that_many_want():
    flights, made, waited = RequestCollapser(), [], []
    begun, go = threading.Event(), threading.Event()

    def visit():
        with flights.lead_or_wait("page") as is_first:
            (made if is_first else waited).append(1)
            if is_first:
                begun.set()
                go.wait(5)

    first = threading.Thread(target=visit)
    first.start()
    begun.wait(5)
    others = [threading.Thread(target=visit) for _ in range(7)]
    for thread in others:
        thread.start()
    while sum(len(event._cond._waiters) for event in flights._under_way.values()) < 7:
        threading.Event().wait(0.01)
    assert not waited
    go.set()
    for thread in (first, *others):
        thread.join(30)
    assert (len(made), len(waited)) == (1, 7)

    # Nor does anyone wait for a page that fails.
    with pytest.raises(ValueError, match="broken"), flights.lead_or_wait("page"):
        raise ValueError("broken")
    with flights.lead_or_wait("page") as is_first:
        assert is_first


def test_processes_share_what_is_stored_and_go_on_without(page, settings):
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    one, other = Client(), Client()
    made = one.get(page.url)
    assert status_of(made) == "fwd=miss; stored"
    response = other.get(page.url)
    assert (status_of(response), response.content) == ("hit", made.content)
    unavailable = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": "redis://127.0.0.1:1/0",
        "OPTIONS": {"IGNORE_EXCEPTIONS": True},
    }
    settings.CACHES = {**settings.CACHES, "default": unavailable}
    for client in (Client(), Client()):
        assert status_of(client.get(page.url)) == "fwd=miss; stored"
        assert status_of(client.get(page.url)) == "hit"
