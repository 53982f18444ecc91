from datetime import timedelta

import pytest
import wagtail_factories
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from home.models import PopularPage
from home.navigation import get_cards
from home.pages import visible_pages
from tests.factories import (
    PAGE_FACTORIES,
    CommunityIndexPageFactory,
    StandardPageFactory,
)


def cards_of(root):
    now = timezone.now()
    return get_cards(visible_pages(now).order_by("path"), root, now)


def test_card_of_each_type_has_title_address_summary_kind_and_picture(home, make_page):
    image = wagtail_factories.ImageFactory(file__width=1200, file__height=900)
    values = {"title": "A title", "summary": "A summary.", "picture": image}
    for factory in PAGE_FACTORIES:
        page = make_page(factory, **values)
        (card,) = [card for card in cards_of(home) if card.pk == page.pk]
        assert (card.title, card.summary) == ("A title", "A summary.")
        assert card.href == page.url
        assert card.kind == factory._meta.model.public_kind
        assert (card.picture.width, card.picture.height) == (640, 360)


def test_page_of_a_foreign_type_has_a_card_without_a_kind(home):
    home.add_child(instance=Page(title="Plain", slug="plain"))
    card = cards_of(home)[-1]
    assert (card.title, card.summary, card.kind) == ("Plain", "", "")


def test_picture_on_a_card_is_decoration_and_left_out_if_lost(section, read):
    shown, lost = wagtail_factories.ImageFactory.create_batch(2)
    for picture in (shown, lost):
        StandardPageFactory(parent=section, picture=picture)
    lost.renditions.all().delete()
    lost.file.delete(save=False)
    first, second = read(section.url).select(".card")
    assert first.img["alt"] == ""
    assert first.img["width"]
    assert first.img["height"]
    assert first.img["loading"] == "lazy"
    assert second.h3
    assert not second.img


@pytest.fixture
def change(db):
    numbers = iter(range(1, 100))

    def write(page, note, days_ago=0):
        page.change_notes.create(
            note=note,
            revision_id=next(numbers),
            published_at=timezone.now() - timedelta(days=days_ago),
        )

    return write


def notes_on(html):
    return [item.p.get_text() for item in html.select(".updates li")]


def test_newest_changes_below_come_first_and_five_are_enough(section, read, change):
    deep = CommunityIndexPageFactory(parent=section)
    pages = [StandardPageFactory(parent=parent) for parent in (section, deep)]
    for number in range(6):
        change(pages[number % 2], f"Change {number}", days_ago=number)
    html = read(section.url)
    assert notes_on(html) == [f"Change {number}" for number in range(5)]
    assert html.select_one(".updates a")["href"] == pages[0].url
    assert html.select_one(".updates time")["datetime"]


def test_changes_elsewhere_and_of_hidden_pages_are_left_out(
    home, section, read, change
):
    change(section, "The section")
    change(StandardPageFactory(parent=home), "Elsewhere")
    private = StandardPageFactory(parent=section)
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    change(private, "Private")
    change(StandardPageFactory(parent=section, live=False), "Draft")
    expired = timezone.now() - timedelta(seconds=1)
    change(StandardPageFactory(parent=section, expire_at=expired), "Expired")
    html = read(section.url)
    assert notes_on(html) == []
    assert "Latest updates" not in html.main.get_text()
    assert set(notes_on(read(home.url))) == {"The section", "Elsewhere"}


def test_popular_pages_are_in_the_order_of_staff_without_hidden_ones(
    home, section, read
):
    private, gone, last, first = StandardPageFactory.create_batch(4, parent=section)
    for order, page in enumerate((first, private, gone, last)):
        PopularPage.objects.create(home_page=home, page=page, sort_order=order)
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    gone.delete()
    StandardPageFactory(parent=home, title="Privacy", show_in_menus=False)
    popular, sections = read(home.url).main.select("ul.cards")
    titles = [
        [card.get_text() for card in cards.select(".card__title")]
        for cards in (popular, sections)
    ]
    # Below it, only sections that are in the menu.
    assert titles == [[first.title, last.title], [section.title]]


def test_section_shows_its_summary_under_its_strapline(home, read):
    section = CommunityIndexPageFactory(parent=home, summary="What it is for.")
    text = read(section.url).select_one(".hero").get_text(" ", strip=True)
    assert text.endswith("Big plans What it is for.")
