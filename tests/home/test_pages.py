"""What all types of page have in common."""

import json
from datetime import datetime
from itertools import pairwise

import pytest
import wagtail_factories
from django.core.checks import run_checks
from django.urls import reverse
from django.utils import timezone
from wagtail import blocks
from wagtail.coreutils import get_dummy_request
from wagtail.models import Page
from wagtail.test.utils import WagtailPageTestCase

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.blocks import TextBlock
from home.checks import block_errors, page_type_errors, project_page_types
from home.models import HomePage, SiteSettings, StandardPage
from home.pages import visible_pages
from tests import hiding
from tests.factories import PAGE_FACTORIES, StandardPageFactory

SECRET = "Words that only some may read."
NASTY = 'Tom\'s "new" </script><script>alert(1)</script> & \\ \u2028 – café'
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
        parent = home.get_parent().specific
        names = ["home", "homepage", parent.pk]
        address = reverse("wagtailadmin_pages:add", args=names)
        response = admin_client.post(address, {"title": "Another", "slug": "another"})
        assert response.status_code in (302, 403)
        assert HomePage.objects.count() == 1
        home.delete()
        parent.refresh_from_db()
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


def graph_of(html):
    [script] = html.find_all("script", type="application/ld+json")
    data = json.loads(script.string)
    assert data["@context"] == "https://schema.org"
    return {part["@type"]: part for part in data["@graph"]}


@each_page_type
def test_page_is_well_formed_and_shows_a_script_in_its_texts_as_text(
    factory, make_page, home, read
):
    site = home.get_site()
    SiteSettings.objects.update_or_create(site=site, defaults={"address": NASTY})
    html = read(make_page(factory, title=NASTY, summary=NASTY).url)
    assert [heading.get_text() for heading in html.find_all("h1")] == [NASTY]
    assert html.title.get_text().startswith(NASTY)
    meta = html.find("meta", attrs={"name": "description"})
    assert meta["content"] == NASTY
    assert not html.find("script", string="alert(1)")
    graph = graph_of(html)
    assert graph["WebPage"]["name"] == NASTY
    assert graph["GovernmentOrganization"]["address"] == NASTY
    assert html.html["lang"] == "en-GB"
    for landmark in ("header", "main", "footer"):
        assert html.select(landmark), landmark
    assert len(html.find_all("main")) == 1
    assert html.body.find("a")["href"] == f"#{html.main['id']}"
    ids = [element["id"] for element in html.select("[id]")]
    assert len(ids) == len(set(ids))
    for navigation in html.find_all("nav"):
        assert navigation.get("aria-label") or navigation.get("aria-labelledby")
    for reference in html.select("[aria-labelledby]"):
        assert reference["aria-labelledby"] in ids
    levels = [int(tag.name[1]) for tag in html.main.select("h1,h2,h3,h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_machines_are_told_what_the_page_is_and_where(section, read):
    picture = wagtail_factories.ImageFactory(description="A full pantry")
    page = StandardPageFactory(parent=section, title="Food banks", picture=picture)
    page.seo_title = "Food banks in Stockton"
    page.save_revision().publish()
    page.refresh_from_db()
    html = read(f"{page.url}?utm_source=mail")
    assert html.title.get_text().startswith("Food banks in Stockton")
    assert html.find("link", rel="canonical")["href"] == page.full_url
    social = {
        meta["property"].removeprefix("og:"): meta["content"]
        for meta in html.select("meta[property^='og:']")
    }
    assert social["url"] == page.full_url
    assert social["title"] == page.seo_title
    assert social["description"] == page.summary
    assert social["image:alt"] == "A full pantry"
    assert social["image"].startswith("http://localhost/media/images/")
    assert social["image"].endswith((".jpg", ".jpeg"))
    graph = graph_of(html)
    council, about = graph["GovernmentOrganization"], graph["WebPage"]
    assert council["name"] == "Stockton-on-Tees Borough Council"
    assert about["publisher"] == {"@id": council["@id"]}
    published, modified = (
        datetime.fromisoformat(about[name])
        for name in ("datePublished", "dateModified")
    )
    assert published == page.first_published_at
    assert None not in (published.utcoffset(), modified.utcoffset())
    steps = graph["BreadcrumbList"]["itemListElement"]
    assert [step["position"] for step in steps] == [1, 2, 3]
    assert [step["name"] for step in steps] == ["Home", section.title, "Food banks"]
    assert steps[1]["item"] == section.full_url


def test_search_without_words_may_be_listed_and_results_may_not(home, read):
    empty, results = read("/search/"), read("/search/?query=food")
    assert empty.find("link", rel="canonical")["href"] == "http://localhost/search/"
    assert not empty.find("meta", attrs={"name": "robots"})
    assert results.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert not results.find("link", rel="canonical")


def test_hidden_page_is_not_found_or_asks_who_one_is(section, client):
    """What leaks of hidden pages: `tests/stockton_cms/test_visibility.py`."""
    for hide, status in (
        (hiding.expired, 404),
        (hiding.below_a_private_page, 302),
        (hiding.private_by_password, 200),
    ):
        page = StandardPageFactory(parent=section, summary=SECRET)
        way = hide(page, None)
        next(way)
        assert not visible_pages(timezone.now()).filter(pk=page.pk).exists()
        response = client.get(page.url)
        assert response.status_code == status
        assert SECRET not in response.content.decode()
        assert status != 302 or "login" in response["Location"]
        next(way, None)
        assert visible_pages(timezone.now()).filter(pk=page.pk).exists()
        assert SECRET in client.get(page.url).content.decode()


# System checks


def test_page_type_that_lacks_one_thing_has_one_error():
    assert not [error for error in run_checks() if (error.id or "").startswith("home")]
    whole = {
        "parent_page_types": [],
        "subpage_types": [],
        "page_description": "A page of text.",
        "template": "home/standard_page.html",
    }
    assert page_type_errors(type("WrongPage", (), whole)) == []
    for name, value, lacking in (
        ("parent_page_types", None, "parent_page_types"),
        ("subpage_types", None, "subpage_types"),
        ("page_description", "", "page_description"),
        ("template", "home/no_such_page.html", "template home/no_such_page.html"),
    ):
        given = {**whole, name: value}
        if value is None:
            del given[name]
        [error] = page_type_errors(type("WrongPage", (), given))
        assert error.msg == f"WrongPage has no {lacking}."


def lacking_in_block(block):
    block.set_name("almost")
    prefix = "Block 'almost' of StandardPage has no "
    errors = block_errors(block, StandardPage)
    return [each.msg.removeprefix(prefix).rstrip(".") for each in errors]


def test_block_that_lacks_one_thing_or_that_the_walker_does_not_know_has_one_error():
    whole = {
        "template": "blocks/text.html",
        "description": "Some words.",
        "icon": "pilcrow",
        "preview_value": "Words",
    }
    assert lacking_in_block(blocks.StructBlock([], **whole)) == []
    for name in whole:
        meta = {key: value for key, value in whole.items() if key != name}
        lacking = lacking_in_block(blocks.StructBlock([], **meta))
        assert lacking == [name.removesuffix("_value")]
    meta = {**whole, "template": "blocks/no_such_block.html"}
    assert lacking_in_block(blocks.StructBlock([], **meta)) == ["template"]
    inside = blocks.StructBlock([("map", blocks.RawHTMLBlock()), ("text", TextBlock())])
    block = blocks.StreamBlock([("list", blocks.ListBlock(inside))])
    assert "get_parts for the content walker" in lacking_in_block(block)
