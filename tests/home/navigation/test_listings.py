import pytest
import wagtail_factories
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page

from home.navigation.listings import get_cards, kind_of
from home.pages import visible_pages
from tests.factories import PAGE_FACTORIES, StandardPageFactory


def cards_of(root):
    return get_cards(
        visible_pages(timezone.now()).order_by("path"), root, timezone.now()
    )


@pytest.mark.parametrize(
    "factory", PAGE_FACTORIES, ids=lambda factory: factory._meta.model.__name__
)
def test_card_of_each_type_has_title_address_summary_kind_and_picture(
    factory, home, make_page
):
    image = wagtail_factories.ImageFactory(file__width=1200, file__height=900)
    page = make_page(factory, title="A title", summary="A summary.", picture=image)
    (card,) = [card for card in cards_of(home) if card.pk == page.pk]
    assert card.title == "A title"
    assert card.summary == "A summary."
    assert card.href == page.url
    assert card.kind == factory._meta.model.public_kind
    assert (card.picture.width, card.picture.height) == (640, 360)
    assert (card.picture.width, card.picture.height) == (640, 360)


def test_page_of_a_foreign_type_has_a_card_without_a_kind(home):
    page = Page(title="Plain", slug="plain")
    home.add_child(instance=page)
    card = cards_of(home)[-1]
    assert (card.title, card.summary, card.kind) == ("Plain", "", "")
    assert kind_of(page.content_type_id) == ""


def test_card_whose_picture_file_is_lost_is_shown_without_it(home, section, read):
    page = StandardPageFactory(
        parent=section, title="Pantries", picture=wagtail_factories.ImageFactory()
    )
    page.picture.renditions.all().delete()
    page.picture.file.delete(save=False)
    (card,) = read(section.url).select(".card")
    assert card.h3.get_text() == "Pantries"
    assert not card.img


def test_cards_take_two_queries_whatever_their_number(home, section):
    counts = []
    for number in (1, 15):
        for _ in range(number):
            picture = wagtail_factories.ImageFactory()
            StandardPageFactory(parent=section, picture=picture)
        cards_of(home)
        with CaptureQueriesContext(connection) as captured:
            cards_of(home)
        counts.append(len(captured))
    assert counts == [2, 2]


def test_picture_on_a_card_is_decoration_and_has_its_size(section, read):
    StandardPageFactory(parent=section, picture=wagtail_factories.ImageFactory())
    picture = read(section.url).select_one(".card img")
    assert picture["alt"] == ""
    assert picture["width"]
    assert picture["height"]
    assert picture["loading"] == "lazy"
