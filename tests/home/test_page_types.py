from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from wagtail.coreutils import get_dummy_request
from wagtail.models import Page
from wagtail.test.utils import WagtailPageTestCase

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.checks import project_page_types
from home.models import HomePage, StandardPage
from tests.factories import PAGE_FACTORIES, HomePageFactory


def name_of(factory):
    return factory._meta.model.__name__


each_page_type = pytest.mark.parametrize("factory", PAGE_FACTORIES, ids=name_of)

TREE_RULES = {
    HomePage: ({Page}, {CommunityIndexPage, StandardPage}),
    StandardPage: ({HomePage, CommunityIndexPage}, set()),
    CommunityIndexPage: (
        {HomePage, CommunityIndexPage},
        {CommunityIndexPage, PartnershipPage, PolicyUpdatePage, StandardPage},
    ),
    PartnershipPage: ({CommunityIndexPage}, set()),
    PolicyUpdatePage: ({CommunityIndexPage}, set()),
}


def edit_address(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


@pytest.fixture
def page_case(db, client):
    case = WagtailPageTestCase()
    case.client = client
    case.dummy_request = get_dummy_request()
    return case


def test_no_page_type_lacks_a_factory_and_so_these_tests():
    assert {factory._meta.model for factory in PAGE_FACTORIES} == set(
        project_page_types()
    )


def test_no_page_type_lacks_a_tree_rule_in_these_tests():
    assert set(TREE_RULES) == set(project_page_types())


@each_page_type
def test_officer_creates_the_page_in_the_admin(
    factory, page_case, admin_client, admin_form, home, section
):
    model = factory._meta.model
    parent = section
    if model is HomePage:
        # There may be one.
        home.delete()
        parent = Page.objects.get(depth=1).specific
    page_case.client = admin_client
    address = reverse(
        "wagtailadmin_pages:add",
        args=[model._meta.app_label, model._meta.model_name, parent.pk],
    )
    data = {**admin_form(address), "title": "Food power", "slug": "food-power"}
    page_case.assertCanCreate(parent, model, data)
    assert model.objects.live().get(slug="food-power").title == "Food power"


@each_page_type
def test_page_is_shown_previewed_and_edited(factory, page_case, make_page, admin_form):
    page = make_page(factory)
    page_case.assertPageIsRoutable(page)
    page_case.assertPageIsRenderable(page)
    data = admin_form(edit_address(page))
    page_case.assertPageIsPreviewable(page, post_data=data)
    data.update({"title": "Another title", "minor_edit": "on", "action-publish": "1"})
    page_case.assertPageIsEditable(page, post_data=data)
    assert page.revisions.latest("pk").content["title"] == "Another title"


@pytest.mark.parametrize("factory", PAGE_FACTORIES[1:], ids=name_of)
def test_page_that_is_not_saved_yet_is_previewable(
    factory, admin_client, admin_form, section
):
    model = factory._meta.model
    arguments = [model._meta.app_label, model._meta.model_name, section.pk]
    add = reverse("wagtailadmin_pages:add", args=arguments)
    preview = reverse("wagtailadmin_pages:preview_on_add", args=arguments)
    data = {**admin_form(add), "title": "Still to be saved", "slug": "not-saved"}
    assert admin_client.post(preview, data).json()["is_valid"]
    assert "Still to be saved" in admin_client.get(preview).content.decode()


@each_page_type
def test_allowed_parents_and_children_are_exactly_these(factory, page_case):
    model = factory._meta.model
    parents, children = TREE_RULES[model]
    page_case.assertAllowedParentPageTypes(model, parents)
    page_case.assertAllowedSubpageTypes(model, children)


def test_second_home_page_cannot_be_made(home, admin_client):
    root = home.get_parent()
    assert not HomePage.can_create_at(root)
    address = reverse("wagtailadmin_pages:add", args=["home", "homepage", root.pk])
    response = admin_client.post(address, {"title": "Another", "slug": "another"})
    assert response.status_code in (302, 403)
    assert HomePage.objects.count() == 1


@each_page_type
def test_page_is_well_formed_for_assistive_technology(factory, make_page, read):
    page = make_page(factory)
    html = read(page.url)
    assert [heading.get_text() for heading in html.find_all("h1")] == [page.title]
    assert html.html["lang"] == "en-GB"
    for landmark in ("header", "main", "footer"):
        assert html.select(landmark), landmark
    assert len(html.find_all("main")) == 1
    skip_link = html.body.find("a")
    assert skip_link["href"] == f"#{html.main['id']}"
    ids = [element["id"] for element in html.select("[id]")]
    assert len(ids) == len(set(ids))
    for navigation in html.find_all("nav"):
        assert navigation.get("aria-label") or navigation.get("aria-labelledby")
    for reference in html.select("[aria-labelledby]"):
        assert reference["aria-labelledby"] in ids
    for picture in html.find_all("img"):
        assert picture.has_attr("alt")
    assert html.title.get_text().startswith(page.title)
    levels = [int(tag.name[1]) for tag in html.main.select("h1,h2,h3,h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@each_page_type
def test_script_in_a_title_or_summary_is_shown_as_text(factory, make_page, client):
    payload = "<script>alert(1)</script>"
    page = make_page(factory, title=payload, summary=payload)
    html = client.get(page.url).content.decode()
    assert payload not in html
    assert "&lt;script&gt;" in html
    assert not BeautifulSoup(html, "html.parser").find("script", string="alert(1)")


def test_home_page_factory_is_the_only_one_for_the_root():
    assert [
        factory
        for factory in PAGE_FACTORIES
        if Page in factory._meta.model.allowed_parent_page_models()
    ] == [HomePageFactory]
