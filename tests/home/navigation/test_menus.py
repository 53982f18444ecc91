import pytest
from wagtail.models import Page, Site

from tests.factories import CommunityIndexPageFactory, StandardPageFactory


def links(html, label):
    heading = html.find("h2", string=label)
    name = f"aria-labelledby='{heading['id']}'" if heading else f"aria-label='{label}'"
    found = html.select(f"nav[{name}] a")
    return [(link.get_text(strip=True), link["href"]) for link in found]


def section_links(html):
    found = html.select(".section-navigation li a")
    return [link.get_text(strip=True) for link in found]


def test_site_of_one_page_has_no_navigation(home, read):
    html = read("/")
    for selector in (".main-navigation", ".breadcrumbs", ".section-navigation"):
        assert not html.select(selector)
    assert not links(html, "About this site")


def test_sections_stand_in_the_menu_in_the_order_of_staff(home, section, read):
    other = CommunityIndexPageFactory(parent=home, title="Health", slug="health")
    expected = [("Stronger communities", section.url), ("Health", other.url)]
    assert links(read("/"), "Main") == expected
    other.move(home, "first-child")
    assert links(read("/"), "Main") == expected[::-1]


def test_statements_stand_in_the_footer_and_not_in_the_menu(home, section, read):
    StandardPageFactory(parent=home, title="Privacy", slug="privacy")
    for address in ("/", section.url):
        html = read(address)
        assert links(html, "About this site") == [("Privacy", "/privacy/")]
        assert links(html, "Main") == [("Stronger communities", section.url)]


@pytest.mark.parametrize("address", ["/nowhere/", "/search/", "/cant-find-it/"])
def test_pages_outside_the_tree_have_menu_and_footer_only(address, home, section, read):
    StandardPageFactory(parent=home, title="Privacy", slug="privacy")
    html = read(address, status=404 if "nowhere" in address else 200)
    assert links(html, "Main") == [("Stronger communities", section.url)]
    assert links(html, "About this site") == [("Privacy", "/privacy/")]
    assert not html.select(".breadcrumbs, .section-navigation")


def test_breadcrumbs_lead_from_the_home_page_to_this_one(home, section, read):
    below = CommunityIndexPageFactory(parent=section, title="Food", slug="food")
    page = StandardPageFactory(parent=below, title="Pantries")
    html = read(page.url)
    assert links(html, "Breadcrumbs") == [
        ("Home", "/"),
        (section.title, section.url),
        ("Food", below.url),
    ]
    last = html.select(".breadcrumbs li")[-1]
    assert last.get_text(strip=True) == "Pantries"
    assert last["aria-current"] == "page"


def test_breadcrumbs_skip_a_page_above_that_is_not_published(section, read):
    below = CommunityIndexPageFactory(parent=section, title="Draft section")
    page = StandardPageFactory(parent=below)
    Page.objects.filter(pk=below.pk).update(live=False)
    assert "Draft section" not in read(page.url).select_one(".breadcrumbs").get_text()


def test_menu_marks_where_the_reader_is(home, section, read):
    CommunityIndexPageFactory(parent=home, title="Health")
    page = StandardPageFactory(parent=section)

    def marks(address):
        found = read(address).select(".main-navigation a")
        return [link.get("aria-current") for link in found]

    assert marks("/") == [None, None]
    assert marks(section.url) == ["page", None]
    assert marks(page.url) == ["true", None]


def test_section_navigation_lists_the_pages_beside_this_one(section, read):
    first = StandardPageFactory(parent=section, title="First")
    StandardPageFactory(parent=section, title="Second")
    html = read(first.url)
    assert section_links(html) == ["First", "Second"]
    heading = html.select_one(".section-navigation h2 a")
    assert (heading.get_text(), heading["href"]) == (section.title, section.url)
    marked = html.select(".section-navigation [aria-current]")
    assert [link.get_text() for link in marked] == ["First"]


def test_section_navigation_lists_no_grandchildren(section, read):
    below = CommunityIndexPageFactory(parent=section, title="Food")
    StandardPageFactory(parent=below, title="Deep")
    assert section_links(read(section.url)) == ["Food"]


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
