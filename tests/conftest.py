"""Fixtures for all tests."""

import pytest
from django.core.cache import caches
from wagtail.models import Page, Site

from home import last_known
from search.index import PageIndex, page_index
from tests.factories import CommunityIndexPageFactory, HomePageFactory


@pytest.fixture(autouse=True)
def _fresh_process_state(tmp_path, settings):
    """Give each test the memory and the files of a process that has just started."""
    settings.MEDIA_ROOT = tmp_path / "media"
    page_index.__dict__.update(PageIndex().__dict__)
    last_known._remembered.clear()
    caches["default"].clear()
    caches["last_known"].clear()


@pytest.fixture
def home(db):
    """Return the home page of the default site, with Wagtail's welcome page gone."""
    root = Page.objects.get(depth=1)
    page = HomePageFactory(parent=root, title="Stockton-on-Tees", slug="front")
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": "localhost", "root_page": page, "port": 80},
    )
    Site.clear_site_root_paths_cache()
    Page.objects.filter(depth=2).exclude(pk=page.pk).first().delete()
    return Page.objects.get(pk=page.pk).specific


@pytest.fixture
def section(home):
    """Return a section index page below the home page."""
    page = CommunityIndexPageFactory(
        parent=home, title="Stronger communities", slug="stronger-communities"
    )
    page.refresh_from_db()
    return page
