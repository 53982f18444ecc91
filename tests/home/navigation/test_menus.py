from wagtail.models import Page, Site

from tests.factories import CommunityIndexPageFactory, StandardPageFactory


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


def test_sections_are_in_the_menu_in_the_order_of_staff(home, section, read):
    other = CommunityIndexPageFactory(parent=home, title="Health", slug="health")
    expected = [("Stronger communities", section.url), ("Health", other.url)]
    assert links(read("/"), "Main") == expected
    other.move(home, "first-child")
    assert links(read("/"), "Main") == expected[::-1]


def test_statements_are_in_the_footer_and_not_in_the_menu(home, section, read):
    StandardPageFactory(parent=home, title="Privacy", slug="privacy")
    for address in ("/", section.url, "/nowhere/", "/search/", "/cant-find-it/"):
        html = read(address, status=404 if "nowhere" in address else 200)
        assert links(html, "About this site") == [("Privacy", "/privacy/")]
        assert links(html, "Main") == [("Stronger communities", section.url)]
        if address != section.url:
            assert not html.select(".breadcrumbs, .section-navigation")


def test_breadcrumbs_lead_from_the_home_page_without_drafts(home, section, read):
    draft = CommunityIndexPageFactory(parent=section, title="Draft section")
    below = CommunityIndexPageFactory(parent=draft, title="Food", slug="food")
    page = StandardPageFactory(parent=below, title="Pantries")
    Page.objects.filter(pk=draft.pk).update(live=False)
    html = read(page.url)
    assert links(html, "Breadcrumbs") == [
        ("Home", "/"),
        (section.title, section.url),
        ("Food", below.url),
    ]
    last = html.select(".breadcrumbs li")[-1]
    assert last.get_text(strip=True) == "Pantries"
    assert last["aria-current"] == "page"


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
    second = CommunityIndexPageFactory(parent=section, title="Second")
    StandardPageFactory(parent=second, title="Deep")
    html = read(first.url)
    navigation = html.select_one(".section-navigation")
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
