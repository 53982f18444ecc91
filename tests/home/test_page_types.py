from itertools import pairwise

import pytest
from django.urls import reverse
from wagtail.coreutils import get_dummy_request
from wagtail.models import Page
from wagtail.test.utils import WagtailPageTestCase

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.checks import project_page_types
from home.models import HomePage, StandardPage
from tests.factories import PAGE_FACTORIES

PAYLOAD = "<script>alert(1)</script>"
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

each_page_type = pytest.mark.parametrize(
    "factory", PAGE_FACTORIES, ids=lambda factory: factory._meta.model.__name__
)


@pytest.fixture
def page_case(db, admin_client):
    case = WagtailPageTestCase()
    case.client = admin_client
    case.dummy_request = get_dummy_request()
    return case


def test_allowed_parents_and_children_are_exactly_these(page_case):
    assert set(TREE_RULES) == set(project_page_types())
    assert {factory._meta.model for factory in PAGE_FACTORIES} == set(TREE_RULES)
    for model, (parents, children) in TREE_RULES.items():
        page_case.assertAllowedParentPageTypes(model, parents)
        page_case.assertAllowedSubpageTypes(model, children)


@each_page_type
def test_officer_previews_creates_and_edits_the_page_in_the_admin(
    factory, page_case, admin_client, admin_form, home, section
):
    model, parent = factory._meta.model, section
    if model is HomePage:
        # There may be one.
        home.delete()
        parent = Page.objects.get(depth=1).specific
    names = [model._meta.app_label, model._meta.model_name, parent.pk]
    form = admin_form(reverse("wagtailadmin_pages:add", args=names))
    form |= {"title": "Food power", "slug": "food-power"}
    preview = reverse("wagtailadmin_pages:preview_on_add", args=names)
    assert admin_client.post(preview, form).json()["is_valid"]
    if model is not HomePage:
        assert "Food power" in admin_client.get(preview).content.decode()
    page_case.assertCanCreate(parent, model, form)
    page = model.objects.live().get(slug="food-power")
    form = admin_form(reverse("wagtailadmin_pages:edit", args=[page.pk]))
    page_case.assertPageIsPreviewable(page, post_data=form)
    form |= {"title": "Another title", "minor_edit": "on", "action-publish": "1"}
    page_case.assertPageIsEditable(page, post_data=form)
    assert page.revisions.latest("pk").content["title"] == "Another title"


def test_second_home_page_cannot_be_made(home, admin_client):
    root = home.get_parent()
    assert not HomePage.can_create_at(root)
    address = reverse("wagtailadmin_pages:add", args=["home", "homepage", root.pk])
    response = admin_client.post(address, {"title": "Another", "slug": "another"})
    assert response.status_code in (302, 403)
    assert HomePage.objects.count() == 1


@each_page_type
def test_page_is_well_formed_and_shows_a_script_in_its_title_as_text(
    factory, make_page, read
):
    page = make_page(factory, title=PAYLOAD, summary=PAYLOAD)
    html = read(page.url)
    assert [heading.get_text() for heading in html.find_all("h1")] == [PAYLOAD]
    assert html.title.get_text().startswith(PAYLOAD)
    meta = html.find("meta", attrs={"name": "description"})
    assert meta["content"] == PAYLOAD
    assert not html.find("script", string="alert(1)")
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
    levels = [int(tag.name[1]) for tag in html.main.select("h1,h2,h3,h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_title_for_search_engines_is_used_where_there_is_one(home, read):
    home.seo_title = "Stronger communities in Stockton"
    home.save()
    assert read(home.url).title.get_text().startswith("Stronger communities in")
