"""A cache in front is told at once which pages have changed."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from unittest.mock import patch

import pytest

from community.models import AlertScope
from home.models import SiteSettings
from tests.factories import AlertFactory, StandardPageFactory

BACKEND = "wagtail.contrib.frontend_cache.backends.HTTPBackend"


class NoThread:
    """Stands for a thread: does its work at once."""

    def __init__(self, target, args):
        self.start = lambda: target(*args)


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
        patch("stockton_cms.page_cache.cdn.Thread", NoThread),
        patch("stockton_cms.page_cache.cdn.connection"),
    ):
        yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def told_of(cdn, django_capture_on_commit_callbacks):
    """Return a function that gives the paths purged by what it is given to do."""

    def paths(action):
        cdn.clear()
        with django_capture_on_commit_callbacks(execute=True):
            action()
        return {path for _, path in cdn}

    return paths


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section, slug="bins")


def test_published_page_and_those_above_it_are_purged(page, section, told_of, cdn):
    paths = told_of(page.save_revision().publish)
    assert paths == {page.url, section.url, "/"}
    assert {host for host, _ in cdn} == {"localhost"}


def test_page_taken_down_is_purged(page, section, told_of):
    assert told_of(page.unpublish) == {page.url, section.url, "/"}


def test_deleted_page_is_purged(page, section, told_of):
    assert told_of(page.delete) == {page.url, section.url, "/"}


def test_moved_page_is_purged_where_it_was_and_where_it_is(page, home, told_of):
    before = page.url
    paths = told_of(lambda: page.move(home, "last-child"))
    assert {before, "/bins/"} <= paths


def test_alert_for_the_whole_site_purges_every_page(page, section, told_of):
    alert = AlertFactory(live=False)
    paths = told_of(alert.save_revision().publish)
    assert paths == {page.url, section.url, "/"}


def test_alert_for_chosen_pages_purges_those(page, section, told_of):
    alert = AlertFactory(scope="pages")
    AlertScope.objects.create(alert=alert, page=section, include_descendants=True)
    alert.refresh_from_db()
    everywhere = {page.url, section.url}
    assert told_of(alert.save_revision().publish) == everywhere
    alert.refresh_from_db()
    assert told_of(alert.unpublish) == everywhere
    alert.refresh_from_db()
    assert told_of(alert.save_revision().publish) == everywhere
    alert.refresh_from_db()
    assert told_of(alert.delete) == everywhere


def test_pages_highest_in_the_tree_come_first_where_there_are_many(page, told_of):
    with patch("stockton_cms.page_cache.cdn.MAX_ADDRESSES", 2):
        paths = told_of(AlertFactory)
    assert page.url not in paths
    assert "/" in paths


def test_settings_of_the_site_purge_every_page(page, told_of):
    council = SiteSettings.for_site(page.get_site())
    assert "/" in told_of(council.save)


@pytest.mark.parametrize("make", ["draft", "alert draft"])
def test_draft_purges_nothing(make, page, told_of):
    alert = AlertFactory(live=False)
    action = page.save_revision if make == "draft" else alert.save_revision
    assert told_of(action) == set()


def test_change_that_is_rolled_back_purges_nothing(
    page, cdn, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=False):
        page.save_revision().publish()
    assert not cdn


def test_officer_is_not_troubled_by_a_cache_that_is_away(page, told_of, settings):
    settings.WAGTAILFRONTENDCACHE["default"]["LOCATION"] = "http://127.0.0.1:1"
    assert told_of(page.save_revision().publish) == set()
    page.refresh_from_db()
    assert page.live


def test_nothing_is_done_without_a_cache_in_front(page, settings, told_of):
    settings.WAGTAILFRONTENDCACHE = {}
    with patch("stockton_cms.page_cache.cdn.purge_urls_from_cache") as purge:
        told_of(page.save_revision().publish)
    assert not purge.called
