from datetime import timedelta

import pytest
import wagtail_factories
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction, Site

from home.models import PopularPage
from home.navigation import get_cards
from home.pages import visible_pages
from tests.factories import (
    PAGE_FACTORIES,
    CommunityIndexPageFactory,
    StandardPageFactory,
)


def links(html, label):
    heading = html.find("h2", string=label)
    name = f"aria-labelledby='{heading['id']}'" if heading else f"aria-label='{label}'"
    found = html.select(f"nav[{name}] a")
    return [(link.get_text(strip=True), link["href"]) for link in found]


def test_site_of_one_page_has_no_navigation(home, read):
    html = read("/")
    for selector in (".main-navigation", ".breadcrumbs", ".section-navigation"):
        assert not html.select(selector)
    assert not links(html, "About this site")


def test_sections_are_in_the_menu_in_the_order_of_staff_and_statements_below(
    home, section, read
):
    other = CommunityIndexPageFactory(parent=home, title="Health", slug="health")
    StandardPageFactory(parent=home, title="Privacy", slug="privacy")
    page = StandardPageFactory(parent=section)
    expected = [("Stronger communities", section.url), ("Health", other.url)]
    marked = {"/": [None, None], section.url: ["page", None], page.url: ["true", None]}
    for address in (*marked, "/nowhere/", "/search/", "/cant-find-it/"):
        html = read(address, status=404 if "nowhere" in address else 200)
        assert links(html, "About this site") == [("Privacy", "/privacy/")]
        assert links(html, "Main") == expected
        if address in marked:
            menu = html.select(".main-navigation a")
            assert [each.get("aria-current") for each in menu] == marked[address]
        else:
            assert not html.select(".breadcrumbs, .section-navigation")
    other.move(home, "first-child")
    assert links(read("/"), "Main") == expected[::-1]


def test_breadcrumbs_lead_from_the_home_page_without_drafts(home, section, read):
    draft = CommunityIndexPageFactory(parent=section, title="Draft section")
    below = CommunityIndexPageFactory(parent=draft, title="Food", slug="food")
    page = StandardPageFactory(parent=below, title="Pantries")
    Page.objects.filter(pk=draft.pk).update(live=False)
    steps = [("Home", "/"), (section.title, section.url), ("Food", below.url)]
    for address, last, expected in (
        (page.url, "Pantries", steps),
        (below.url, "Food", steps[:-1]),
        (f"{below.url}a-to-z/", "A to Z", steps),
    ):
        html = read(address)
        assert links(html, "Breadcrumbs") == expected
        here = html.select(".breadcrumbs li")[-1]
        assert (here.get_text(strip=True), here["aria-current"]) == (last, "page")


def test_section_navigation_lists_the_pages_beside_this_one(section, read):
    first = StandardPageFactory(parent=section, title="First")
    second = CommunityIndexPageFactory(parent=section, title="Second")
    StandardPageFactory(parent=second, title="Deep")
    navigation = read(first.url).select_one(".section-navigation")
    heading = navigation.select_one("h2 a")
    assert (heading.get_text(), heading["href"]) == (section.title, section.url)
    listed = [link.get_text(strip=True) for link in navigation.select("li a")]
    assert listed == ["First", "Second"]
    (marked,) = navigation.select("[aria-current]")
    assert marked.get_text() == "First"


def test_unknown_address_is_answered_before_there_is_a_site(home, client):
    Site.objects.all().delete()
    assert client.get("/nowhere/").status_code == 404


def test_site_whose_root_is_deeper_shows_nothing_from_above(home, section, read):
    StandardPageFactory(parent=home, title="Privacy", slug="privacy")
    below = StandardPageFactory(parent=section, title="Pantries", slug="pantries")
    Site.objects.update(root_page=section)
    Site.clear_site_root_paths_cache()
    html = read("/pantries/")
    assert html.h1.get_text() == below.title
    assert links(html, "Breadcrumbs") == [("Home", "/")]
    assert "Privacy" not in html.get_text()


# Cards and latest changes


def test_card_of_each_type_has_title_address_summary_kind_and_picture(home, make_page):
    image = wagtail_factories.ImageFactory(file__width=1200, file__height=900)
    values = {"title": "A title", "summary": "A summary.", "picture": image}
    pages = {make_page(factory, **values).pk: factory for factory in PAGE_FACTORIES}
    home.add_child(instance=Page(title="Plain", slug="plain"))
    now = timezone.now()
    *cards, foreign = get_cards(visible_pages(now).order_by("path"), home, now)
    # A release without its type may meet it.
    assert (foreign.title, foreign.summary, foreign.kind) == ("Plain", "", "")
    ours = [card for card in cards if card.pk in pages]
    assert len(ours) == len(pages)
    for card in ours:
        page = Page.objects.get(pk=card.pk)
        assert (card.title, card.summary) == ("A title", "A summary.")
        assert card.href == page.url
        assert card.kind == pages[card.pk]._meta.model.public_kind
        assert (card.picture.width, card.picture.height) == (640, 360)


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


def test_five_newest_changes_below_come_first_without_those_of_hidden_pages(
    home, section, read, change
):
    private = StandardPageFactory(parent=section)
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    expired = timezone.now() - timedelta(seconds=1)
    for hidden in (
        private,
        StandardPageFactory(parent=section, live=False),
        StandardPageFactory(parent=section, expire_at=expired),
    ):
        change(hidden, "Hidden")
    assert "Latest updates" not in read(section.url).main.get_text()
    change(section, "The section", days_ago=1)
    change(StandardPageFactory(parent=home), "Elsewhere")
    assert notes_on(read(section.url)) == []
    assert notes_on(read(home.url)) == ["Elsewhere", "The section"]
    deep = CommunityIndexPageFactory(parent=section)
    pages = [StandardPageFactory(parent=parent) for parent in (section, deep)]
    for number in range(6):
        change(pages[number % 2], f"Change {number}", days_ago=number)
    html = read(section.url)
    assert notes_on(html) == [f"Change {number}" for number in range(5)]
    assert html.select_one(".updates a")["href"] == pages[0].url
    assert html.select_one(".updates time")["datetime"]


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
