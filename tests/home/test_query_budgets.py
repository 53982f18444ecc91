import pytest
import wagtail_factories
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, Site

from community.models import (
    AlertScope,
    CommunityIndexPage,
    Partner,
    PartnershipPage,
    PolicyDocument,
    PolicyUpdatePage,
    RelatedPage,
)
from home.models import HomePage, StandardPage
from tests.factories import (
    PAGE_FACTORIES,
    AlertFactory,
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)

FEW, MANY = 2, 4

# One each for privacy, popular pages, alerts and navigation; then two for the page at
# an address below. The site, its root and its settings are asked once for each version.
HOME_PAGE = 4
PAGE_IN_A_SECTION = HOME_PAGE + 2
PICTURE, CARDS, NOTES = 2, 2, 1

BUDGETS = {
    HomePage: HOME_PAGE + PICTURE + CARDS,
    StandardPage: PAGE_IN_A_SECTION + PICTURE + NOTES,
    CommunityIndexPage: PAGE_IN_A_SECTION + PICTURE + CARDS + NOTES,
    # and partners, their logos, and which pages are linked
    PartnershipPage: PAGE_IN_A_SECTION + PICTURE + CARDS + NOTES + 3,
    # and documents, and which pages are linked
    PolicyUpdatePage: PAGE_IN_A_SECTION + PICTURE + CARDS + NOTES + 2,
}


@pytest.fixture
def count_queries(client, uncached):
    """Return a function that counts the queries of one page view.

    Only what outlives a page view is warm: sites, content types and sizes of existing
    renditions.
    """

    def count(address):
        # The first makes pictures, which is a change to the second.
        client.get(address)
        client.get(address)
        caches["default"].clear()
        Site.get_site_root_paths()
        ContentType.objects.get_for_models(*BUDGETS)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    return count


def with_pictures(factory, number, **values):
    return [
        factory(picture=wagtail_factories.ImageFactory(), **values)
        for _ in range(number)
    ]


def add_children(page, number):
    parents = StandardPageFactory, CommunityIndexPageFactory
    for _ in range(number // len(parents)):
        for factory in parents:
            with_pictures(factory, 1, parent=Page.objects.get(pk=page.pk).specific)


def add_siblings(page, number):
    add_children(page.get_parent(), number)


def add_grandchildren(page, number):
    child = CommunityIndexPageFactory(parent=page)
    StandardPageFactory.create_batch(number, parent=child)


def add_partners(page, number):
    for index in range(number):
        logo = wagtail_factories.ImageFactory()
        Partner.objects.create(page=page, name=f"Partner {index}", logo=logo)


def make_documents(number):
    return wagtail_factories.DocumentFactory.create_batch(number, file_size=100)


def add_documents(page, number):
    for document in make_documents(number):
        PolicyDocument.objects.create(page=page, document=document)


def add_links(page, number):
    section = CommunityIndexPage.objects.first()
    for factory in (PartnershipPageFactory, PolicyUpdatePageFactory):
        for other in with_pictures(factory, number // 2, parent=section):
            RelatedPage.objects.create(page=page, related_page=other)


def add_links_from_the_other_side(page, number):
    section = CommunityIndexPage.objects.first()
    for other in with_pictures(PolicyUpdatePageFactory, number, parent=section):
        RelatedPage.objects.create(page=other, related_page=page)


def add_alerts(page, number):
    for index in range(number):
        alert = AlertFactory(
            link_page=page, link_text="More", scope="pages" if index % 2 else "site"
        )
        AlertScope.objects.create(alert=alert, page=page)


def add_change_notes(page, number):
    for index in range(number):
        page.change_notes.create(note="Changed", revision_id=index + 1000 * number)


def add_blocks(page, number):
    link = {"text": "More", "page": page.pk, "url": ""}
    documents = [document.pk for document in make_documents(number)]
    pictures = wagtail_factories.ImageFactory.create_batch(number)
    columns = [{"type": "link", "heading": "Page"}]
    items = [
        ("table", {"columns": columns, "rows": [{"values": [link]}] * number}),
        *[("call_to_action", link)] * number,
        *[("documents", {"heading": "Files", "documents": documents})] * number,
        *[("image", {"image": each.pk, "alt_text": "Food"}) for each in pictures],
    ]
    body = [{"type": name, "value": value} for name, value in items]
    page.body = page._meta.get_field("body").stream_block.to_python(body)
    page.save()


EVERYWHERE = (add_alerts, add_change_notes)
LINKED = (add_links, add_links_from_the_other_side)
GROWTH = {
    HomePage: (add_children, add_grandchildren, *EVERYWHERE),
    StandardPage: (add_siblings, *EVERYWHERE),
    CommunityIndexPage: (add_children, add_siblings, add_grandchildren, *EVERYWHERE),
    PartnershipPage: (add_siblings, add_partners, *LINKED, *EVERYWHERE),
    PolicyUpdatePage: (add_siblings, add_documents, *LINKED, *EVERYWHERE),
}
FACTORIES = {factory._meta.model: factory for factory in PAGE_FACTORIES}


def test_every_page_type_has_a_budget():
    assert set(BUDGETS) == set(GROWTH) == set(FACTORIES)


@pytest.mark.parametrize("model", BUDGETS, ids=lambda model: model.__name__)
def test_page_with_everything_keeps_to_its_budget_however_much_that_is(
    model, make_page, count_queries
):
    page = make_page(FACTORIES[model], picture=wagtail_factories.ImageFactory())
    for grow in GROWTH[model]:
        grow(page, FEW)
    assert count_queries(page.url) <= BUDGETS[model]
    add_blocks(page, FEW)
    few = count_queries(page.url)
    for grow in (add_blocks, *GROWTH[model]):
        grow(page, MANY)
    assert count_queries(page.url) == few


def test_depth_of_a_page_costs_routing_only(section, count_queries):
    page, counts = section, []
    for _ in range(3):
        page = CommunityIndexPageFactory(parent=page)
        StandardPageFactory(parent=page)
        counts.append(count_queries(page.url))
    assert counts[2] - counts[1] == counts[1] - counts[0] <= 2


def test_page_that_is_not_found_keeps_to_a_budget(section, client, count_queries):
    add_children(section, MANY)
    add_alerts(section, MANY)
    count_queries(section.url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"{section.url}nowhere/").status_code == 404
    assert len(captured) <= 9
