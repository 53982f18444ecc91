"""A cache in front is told at once which pages have changed."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from unittest.mock import patch

import pytest

from community.models import AlertScope
from tests.factories import AlertFactory, StandardPageFactory
from tests.stockton_cms.conftest import ThreadAtOnce

BACKEND = "wagtail.contrib.frontend_cache.backends.HTTPBackend"


@pytest.fixture
def cdn(settings):
    """Serve as the cache in front; give the paths that it is told to forget."""
    told = []

    class Handler(BaseHTTPRequestHandler):
        def do_PURGE(self):
            told.append((self.headers["Host"], self.path))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    settings.WAGTAILFRONTENDCACHE = {
        "default": {"BACKEND": BACKEND, "LOCATION": address}
    }
    with (
        patch("stockton_cms.page_cache.cdn.SECONDS_UNTIL_ALL_KNOW", 0),
        patch("stockton_cms.page_cache.cdn.Thread", ThreadAtOnce),
        patch("stockton_cms.page_cache.cdn.connection"),
    ):
        yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def told_of(cdn, django_capture_on_commit_callbacks):
    def paths(action):
        cdn.clear()
        with django_capture_on_commit_callbacks(execute=True):
            action()
        return {path for _, path in cdn}

    return paths


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section, slug="bins")


def test_page_and_those_above_it_are_purged_whatever_happens_to_it(
    page, section, told_of, cdn
):
    for action in (page.save_revision().publish, page.unpublish, page.delete):
        assert told_of(action) == {page.url, section.url, "/"}
        assert {host for host, _ in cdn} == {"localhost"}


def test_alerts_purge_every_page_they_are_on_highest_first(page, section, told_of):
    every_page = {page.url, section.url, "/"}
    alert = AlertFactory(scope="pages")
    AlertScope.objects.create(alert=alert, page=section, include_descendants=True)
    for action in ("publish", "unpublish", "publish", "delete"):
        alert.refresh_from_db()
        is_published = action == "publish"
        act = alert.save_revision().publish if is_published else getattr(alert, action)
        assert told_of(act) == every_page
    with patch("stockton_cms.page_cache.cdn.MAX_ADDRESSES", 2):
        paths = told_of(AlertFactory)
    assert page.url not in paths
    assert "/" in paths


def test_drafts_and_what_is_rolled_back_purge_nothing(
    page, told_of, cdn, settings, django_capture_on_commit_callbacks
):
    for draft in (page, AlertFactory(live=False)):
        assert told_of(draft.save_revision) == set()
    with django_capture_on_commit_callbacks(execute=False):
        page.save_revision().publish()
    assert not cdn
    # Nor is anything done without a cache in front.
    settings.WAGTAILFRONTENDCACHE = {}
    with patch("stockton_cms.page_cache.cdn.purge_urls_from_cache") as purge:
        told_of(page.save_revision().publish)
    assert not purge.called


def test_cache_that_does_not_answer_stops_no_one(page, told_of, settings):
    settings.WAGTAILFRONTENDCACHE["default"]["LOCATION"] = "http://127.0.0.1:1"
    assert told_of(page.save_revision().publish) == set()
    page.refresh_from_db()
    assert page.live
