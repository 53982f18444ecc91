import json
from datetime import datetime

import wagtail_factories

from home.models import SiteSettings
from tests.factories import PAGE_FACTORIES, StandardPageFactory

NASTY = 'Tom\'s "new" </script><script>alert(1)</script> & \\ \u2028 – café'


def graph_of(html):
    [script] = html.find_all("script", type="application/ld+json")
    data = json.loads(script.string)
    assert data["@context"] == "https://schema.org"
    return {part["@type"]: part for part in data["@graph"]}


def test_machines_are_told_what_the_page_is_and_where(section, read):
    picture = wagtail_factories.ImageFactory(description="A full pantry")
    page = StandardPageFactory(parent=section, title="Food banks", picture=picture)
    page.save_revision().publish()
    page.refresh_from_db()
    html = read(f"{page.url}?utm_source=mail")
    assert html.find("link", rel="canonical")["href"] == page.full_url
    social = {
        meta["property"].removeprefix("og:"): meta["content"]
        for meta in html.select("meta[property^='og:']")
    }
    assert social["url"] == page.full_url
    assert social["title"] == "Food banks"
    assert social["description"] == page.summary
    assert social["image:alt"] == "A full pantry"
    assert social["image"].startswith("http://localhost/media/images/")
    assert social["image"].endswith((".jpg", ".jpeg"))
    graph = graph_of(html)
    council, about = graph["GovernmentOrganization"], graph["WebPage"]
    assert council["name"] == "Stockton-on-Tees Borough Council"
    assert about["name"] == "Food banks"
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


def test_texts_cannot_break_out_of_structured_data(make_page, home, read):
    site = home.get_site()
    SiteSettings.objects.update_or_create(site=site, defaults={"address": NASTY})
    for factory in PAGE_FACTORIES:
        page = make_page(factory, title=NASTY, summary=NASTY)
        graph = graph_of(read(page.url))
        assert graph["WebPage"]["name"] == NASTY
        assert graph["GovernmentOrganization"]["address"] == NASTY


def test_search_without_words_may_be_listed_and_results_may_not(home, read):
    empty, results = read("/search/"), read("/search/?query=food")
    assert empty.find("link", rel="canonical")["href"] == "http://localhost/search/"
    assert not empty.find("meta", attrs={"name": "robots"})
    assert results.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert not results.find("link", rel="canonical")
