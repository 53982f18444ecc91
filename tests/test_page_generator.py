"""Pages for measuring: a sound tree, pages that open, and search that finds them."""

import pytest
from wagtail.models import Page

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.content_version import get_content_version
from home.models import StandardPage
from search.indexing.receivers import rebuild
from search.models import SearchDocument
from tests import page_generator
from tests.page_generator import seed_pages


@pytest.mark.parametrize("number", [22, 47, 48, 120])
def test_pages_are_in_a_sound_tree_open_and_searched_as_if_published(
    number, home, client, monkeypatch
):
    monkeypatch.setattr(page_generator, "_pictures", lambda: [None] * 20)
    section = seed_pages(number, home)
    below = Page.objects.descendant_of(section)
    assert below.count() == number - 1
    assert Page.find_problems() == ([], [], [], [], [])
    for page in below:
        assert page.url_path == f"{page.get_parent().url_path}{page.slug}/"
    for model in (StandardPage, PartnershipPage, PolicyUpdatePage, CommunityIndexPage):
        page = model.objects.descendant_of(section).last()
        assert client.get(page.url).status_code == 200
    fields = ("page_id", "title", "summary", "search_words", "headings", "body", "kind")
    rows = SearchDocument.objects.filter(is_public=True).order_by("page_id")
    seeded = rows.filter(pk__in=below.values("pk"))
    assert {*seeded.values_list("version", flat=True)} == {get_content_version()}
    before = list(rows.values(*fields))
    rebuild()
    assert list(rows.values(*fields)) == before
    assert len(before) >= number
