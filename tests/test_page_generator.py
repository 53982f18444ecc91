"""Pages for measuring: a sound tree, pages that open, and search that finds them."""

import pytest
from wagtail.models import Page

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.content_version.counter import get_content_version
from home.models import StandardPage
from search.indexing.pages import rebuild
from search.models import SearchDocument
from tests import page_generator
from tests.page_generator import seed_pages

NUMBER = 120


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch):
    monkeypatch.setattr(page_generator, "_pictures", lambda: [None] * 20)


@pytest.mark.parametrize("number", [22, 47, 48, 76])
def test_as_many_pages_as_asked_for_are_added_in_a_sound_tree(home, number):
    section = seed_pages(number, home)
    below = Page.objects.descendant_of(section)
    assert below.count() == number - 1
    assert Page.find_problems() == ([], [], [], [], [])
    for page in below:
        assert page.url_path == f"{page.get_parent().url_path}{page.slug}/"


def test_pages_of_every_type_are_live_open_and_searched_as_if_published(home, client):
    section = seed_pages(NUMBER, home)
    for model in (StandardPage, PartnershipPage, PolicyUpdatePage, CommunityIndexPage):
        pages = model.objects.descendant_of(section)
        assert pages.count() > 1
        assert client.get(pages.last().url).status_code == 200
    fields = ("page_id", "title", "summary", "search_words", "headings", "body", "kind")
    rows = SearchDocument.objects.filter(is_public=True).order_by("page_id")
    below = rows.filter(pk__in=Page.objects.descendant_of(section).values("pk"))
    assert {*below.values_list("version", flat=True)} == {get_content_version()}
    before = list(rows.values(*fields))
    rebuild()
    assert list(rows.values(*fields)) == before
    assert len(before) >= NUMBER
