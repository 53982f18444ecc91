"""A cache in front is told at once which pages have changed."""

from unittest.mock import patch

import pytest

from community.models import AlertScope
from stockton_cms.page_cache import cdn
from tests.factories import AlertFactory, StandardPageFactory
from tests.stockton_cms.conftest import ThreadAtOnce

OURS = "http://localhost"


@pytest.fixture
def purge(settings):
    settings.WAGTAILFRONTENDCACHE = {"default": {"BACKEND": "any"}}
    with (
        patch.object(cdn, "SECONDS_UNTIL_ALL_KNOW", 0),
        patch.object(cdn, "Thread", ThreadAtOnce),
        patch.object(cdn, "connection"),
        patch.object(cdn, "purge_urls_from_cache") as purge,
    ):
        yield purge


@pytest.fixture
def told_of(purge, django_capture_on_commit_callbacks):
    def paths(action):
        purge.reset_mock()
        with django_capture_on_commit_callbacks(execute=True):
            action()
        addresses = [each for call in purge.mock_calls for each in call.args[0]]
        assert all(each.startswith(f"{OURS}/") for each in addresses)
        return {each.removeprefix(OURS) for each in addresses}

    return paths


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section, slug="bins")


def test_page_and_those_above_it_are_purged_whatever_happens_to_it(
    page, section, told_of
):
    for action in (page.save_revision().publish, page.unpublish, page.delete):
        assert told_of(action) == {page.url, section.url, "/"}


def test_alerts_purge_every_page_they_are_on_highest_first(page, section, told_of):
    every_page = {page.url, section.url, "/"}
    alert = AlertFactory(scope="pages")
    AlertScope.objects.create(alert=alert, page=section, include_descendants=True)
    for action in ("publish", "unpublish", "publish", "delete"):
        alert.refresh_from_db()
        is_published = action == "publish"
        act = alert.save_revision().publish if is_published else getattr(alert, action)
        assert told_of(act) == every_page
    with patch.object(cdn, "MAX_ADDRESSES", 2):
        paths = told_of(AlertFactory)
    assert page.url not in paths
    assert "/" in paths


def test_drafts_and_what_is_rolled_back_purge_nothing(
    page, told_of, purge, settings, django_capture_on_commit_callbacks
):
    for draft in (page, AlertFactory(live=False)):
        assert told_of(draft.save_revision) == set()
    with django_capture_on_commit_callbacks(execute=False):
        page.save_revision().publish()
    # Nor is anything done without a cache in front.
    settings.WAGTAILFRONTENDCACHE = {}
    told_of(page.save_revision().publish)
    assert not purge.called


def test_cache_that_does_not_answer_stops_no_one(page, told_of, purge, caplog):
    purge.side_effect = OSError
    told_of(page.save_revision().publish)
    page.refresh_from_db()
    assert page.live
    assert "could not be notified" in caplog.text
