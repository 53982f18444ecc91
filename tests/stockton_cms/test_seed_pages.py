"""Pages for measuring: a sound tree, pages that open, and search that finds them."""

from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image as Drawing
from wagtail.models import Page

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.content_version.counter import get_content_version
from home.models import HomePage, StandardPage
from search.engine.index import page_index
from search.indexing.documents import pages_among
from search.indexing.pages import rebuild
from search.models import SearchDocument
from stockton_cms.operations import seed_pages as seeding
from stockton_cms.operations.seed_texts import write_text

NUMBER = 120


@pytest.fixture(autouse=True)
def _small_pictures(monkeypatch):
    """Spare these tests the large drawings, which take longer than all the rest."""
    buffer = BytesIO()
    Drawing.new("RGB", (160, 90), "white").save(buffer, "PNG")
    monkeypatch.setattr(seeding, "draw_scene", lambda scene: buffer.getvalue())


@pytest.fixture
def seeded(home):
    """Return the section of 120 seeded pages."""
    call_command("seed_pages", str(NUMBER), stdout=StringIO())
    return Page.objects.get(slug="seeded-pages")


def below(section: Page):
    return Page.objects.descendant_of(section)


def test_as_many_pages_as_asked_for_are_added_in_a_sound_tree(seeded):
    assert below(seeded).count() == NUMBER - 1
    assert Page.find_problems() == ([], [], [], [], [])
    assert max(below(seeded).values_list("numchild", flat=True)) <= 25
    for page in below(seeded):
        assert page.url_path == f"{page.get_parent().url_path}{page.slug}/"


@pytest.mark.parametrize("number", [22, 23, 46, 47, 48, 75, 76])
def test_any_number_is_met_exactly(home, monkeypatch, number):
    monkeypatch.setattr(seeding, "_pictures", lambda: [None] * 20)
    section = seeding.seed_pages(number, home, StringIO())
    assert below(section).count() == number - 1
    assert Page.find_problems() == ([], [], [], [], [])


def test_too_few_pages_are_refused_with_a_clear_message(home):
    with pytest.raises(CommandError, match="At least 22"):
        call_command("seed_pages", "21")
    assert HomePage.objects.get().get_children().count() == 0


def test_twenty_cards_have_a_picture_each(seeded, client):
    section = Page.objects.get(slug="twenty-cards").specific
    children = section.get_children().specific()
    assert len({child.picture_id for child in children}) == 20
    assert all(child.picture.description for child in children)
    html = client.get(section.url).content.decode()
    assert html.count('class="card__picture"') == 20


def test_pages_of_every_type_are_live_and_open(seeded, client):
    for model in (StandardPage, PartnershipPage, PolicyUpdatePage, CommunityIndexPage):
        pages = model.objects.descendant_of(seeded)
        assert pages.count() > 1
        assert not pages.filter(live=False).exists()
        assert not pages.filter(first_published_at=None).exists()
        assert client.get(pages.last().url).status_code == 200


def test_a_seeded_page_can_be_edited_and_published_like_any_other(seeded):
    page = PartnershipPage.objects.descendant_of(seeded).first()
    page.full_clean()
    page.title = "A new title"
    page.save_revision().publish()
    page = PartnershipPage.objects.get(pk=page.pk)
    assert page.title == "A new title"
    assert page.partners.count() == 1


def test_search_texts_are_those_that_publishing_would_write(seeded):
    fields = ("page_id", "title", "summary", "search_words", "headings", "body", "kind")
    rows = SearchDocument.objects.filter(is_public=True).order_by("page_id")
    before = list(rows.values(*fields))
    rebuild()
    assert list(rows.values(*fields)) == before
    assert len(before) >= NUMBER


def test_a_process_that_searched_before_finds_the_seeded_pages(home, seeded):
    title = StandardPage.objects.descendant_of(seeded).first().title
    page_index.catch_up()
    call_command("seed_pages", "30", stdout=StringIO())
    found = pages_among(page_index.search(title, timezone.now()).keys)
    assert Page.objects.filter(pk__in=found, title=title).count() == 2


def test_the_batches_share_one_content_version(seeded):
    pages = below(seeded).values("pk")
    versions = SearchDocument.objects.filter(pk__in=pages).values_list("version")
    assert set(versions) == {(get_content_version(),)}


def test_seeding_again_adds_a_section_beside_the_first(seeded):
    call_command("seed_pages", "22", stdout=StringIO())
    again = Page.objects.get(slug="seeded-pages-2")
    assert below(again).count() == 21
    assert below(seeded).count() == NUMBER - 1
    assert Page.find_problems() == ([], [], [], [], [])


def test_pictures_for_all_are_given_on_request(home):
    section = seeding.seed_pages(40, home, StringIO(), has_pictures=True)
    assert all(page.specific.picture_id for page in below(section))


def test_progress_is_told_on_the_way(home, monkeypatch):
    monkeypatch.setattr(seeding, "PROGRESS_EVERY", 50)
    monkeypatch.setattr(seeding, "BATCH_SIZE", 10)
    output = StringIO()
    call_command("seed_pages", "120", stdout=output)
    assert "50 of 120 pages" in output.getvalue()
    assert "100 of 120 pages" in output.getvalue()


def test_the_same_number_always_gives_the_same_words():
    assert write_text(7) == write_text(7)
    assert len({write_text(number).summary for number in range(50)}) > 25
