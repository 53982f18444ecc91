from datetime import timedelta

import pytest
from django.utils import timezone
from wagtail.models import PageViewRestriction

from home.models import PopularPage
from tests.factories import CommunityIndexPageFactory, StandardPageFactory


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


def test_changes_elsewhere_and_of_the_section_itself_are_left_out(
    home, section, read, change
):
    change(section, "The section")
    change(StandardPageFactory(parent=home), "Elsewhere")
    assert notes_on(read(section.url)) == []
    assert "Latest updates" not in read(section.url).main.get_text()
    assert set(notes_on(read(home.url))) == {"The section", "Elsewhere"}


def test_changes_to_pages_that_visitors_may_not_see_are_left_out(section, read, change):
    private = StandardPageFactory(parent=section)
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    change(private, "Private")
    change(StandardPageFactory(parent=section, live=False), "Draft")
    expired = timezone.now() - timedelta(seconds=1)
    change(StandardPageFactory(parent=section, expire_at=expired), "Expired")
    assert notes_on(read(section.url)) == []


def test_section_shows_its_summary_under_its_strapline(home, read):
    section = CommunityIndexPageFactory(parent=home, summary="What it is for.")
    text = read(section.url).select_one(".hero").get_text(" ", strip=True)
    assert text.endswith("Big plans What it is for.")


def popular_on(html):
    heading = html.main.find("h2", string="Popular pages")
    if heading is None:
        return []
    cards = heading.find_next("ul").select(".card__title")
    return [card.get_text() for card in cards]


def choose(home, *pages):
    for order, page in enumerate(pages):
        PopularPage.objects.create(home_page=home, page=page, sort_order=order)


def test_popular_pages_stand_in_the_order_that_staff_give_them(home, section, read):
    pages = StandardPageFactory.create_batch(3, parent=section)
    choose(home, pages[2], pages[0])
    assert popular_on(read(home.url)) == [pages[2].title, pages[0].title]


def test_popular_page_that_is_gone_or_private_is_left_out(home, section, read):
    private, gone, here = StandardPageFactory.create_batch(3, parent=section)
    choose(home, private, gone, here)
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    gone.delete()
    assert popular_on(read(home.url)) == [here.title]


def test_home_page_shows_as_sections_only_what_is_in_the_menu(home, section, read):
    StandardPageFactory(parent=home, title="Privacy", show_in_menus=False)
    cards = read(home.url).main.select(".card__title")
    assert [card.get_text() for card in cards] == [section.title]
