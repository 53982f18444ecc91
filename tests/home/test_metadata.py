import json
from datetime import datetime

import pytest
import wagtail_factories

from home.models import SiteSettings
from tests.factories import PAGE_FACTORIES, StandardPageFactory

NASTY = 'Tom\'s "new" </script><script>alert(1)</script> & \\ \u2028 – café'


@pytest.fixture
def page(section):
    page = StandardPageFactory(
        parent=section,
        title="Food banks",
        picture=wagtail_factories.ImageFactory(description="A full pantry"),
    )
    page.save_revision().publish()
    return type(page).objects.get(pk=page.pk)


def graph_of(html):
    [script] = html.find_all("script", type="application/ld+json")
    data = json.loads(script.string)
    assert data["@context"] == "https://schema.org"
    return {part["@type"]: part for part in data["@graph"]}


def property_of(html, name):
    return html.find("meta", property=f"og:{name}")["content"]


def test_canonical_address_is_the_sites_own(page, client, read):
    html = read(f"{page.url}?utm_source=mail")
    assert html.find("link", rel="canonical")["href"] == page.full_url
    assert property_of(html, "url") == page.full_url


def test_social_networks_get_title_text_and_picture(page, read):
    html = read(page.url)
    assert property_of(html, "title") == "Food banks"
    assert property_of(html, "description") == page.summary
    assert property_of(html, "image:alt") == "A full pantry"
    assert property_of(html, "image").startswith("http://localhost/media/images/")
    assert property_of(html, "image").endswith((".jpg", ".jpeg"))


def test_structured_data_says_who_what_when_and_where(page, home, section, read):
    graph = graph_of(read(page.url))
    council = graph["GovernmentOrganization"]
    assert council["name"] == "Stockton-on-Tees Borough Council"
    about = graph["WebPage"]
    assert about["name"] == "Food banks"
    assert about["publisher"] == {"@id": council["@id"]}
    published = datetime.fromisoformat(about["datePublished"])
    assert published == page.first_published_at
    assert published.utcoffset() is not None
    assert datetime.fromisoformat(about["dateModified"]).utcoffset() is not None
    steps = graph["BreadcrumbList"]["itemListElement"]
    assert [step["position"] for step in steps] == [1, 2, 3]
    assert [step["name"] for step in steps] == ["Home", section.title, "Food banks"]
    assert steps[1]["item"] == section.full_url


@pytest.mark.parametrize("factory", PAGE_FACTORIES, ids=lambda each: each.__name__)
def test_structured_data_of_every_page_type_can_be_read(factory, make_page, read):
    assert "WebPage" in graph_of(read(make_page(factory).url))


def test_texts_cannot_break_out_of_structured_data(section, home, read):
    site = home.get_site()
    SiteSettings.objects.update_or_create(site=site, defaults={"address": NASTY})
    page = StandardPageFactory(parent=section, title=NASTY, summary=NASTY)
    graph = graph_of(read(page.url))
    assert graph["WebPage"]["name"] == NASTY
    assert graph["GovernmentOrganization"]["address"] == NASTY


def test_search_without_words_may_be_listed_and_results_may_not(home, read):
    empty, results = read("/search/"), read("/search/?query=food")
    assert empty.find("link", rel="canonical")["href"] == "http://localhost/search/"
    assert not empty.find("meta", attrs={"name": "robots"})
    assert results.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert not results.find("link", rel="canonical")
