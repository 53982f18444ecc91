"""What readers see on the page of a partnership, and what it is linked with (P3)."""

import pytest
import wagtail_factories
from bs4 import BeautifulSoup
from django.urls import reverse

from community.models import Partner, RelatedPage
from tests.factories import (
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
)


@pytest.fixture
def partnership(section):
    return PartnershipPageFactory(parent=section, title="Food power")


@pytest.fixture
def policy(section):
    return PolicyUpdatePageFactory(parent=section, title="Food plan")


def link(page, other):
    RelatedPage.objects.create(page=page, related_page=other)


def linked(html):
    return {
        group.h2.get_text(): [title.get_text() for title in group.select("h3")]
        for group in html.select(".linked-pages")
    }


def test_partners_are_shown_in_order_with_logo_and_link(partnership, read):
    Partner.objects.create(
        page=partnership,
        name="Thornaby pantry",
        website="https://example.org/",
        logo=wagtail_factories.ImageFactory(),
        sort_order=2,
    )
    Partner.objects.create(page=partnership, name="Norton hub", sort_order=1)
    first, second = read(partnership.url).select(".partners li")
    assert first.get_text(strip=True) == "Norton hub"
    assert not first.select("a, img")
    assert second.a["href"] == "https://example.org/"
    assert second.a.get_text() == "Thornaby pantry"
    assert second.img["alt"] == ""


def test_partner_whose_logo_was_deleted_or_lost_is_still_shown(partnership, read):
    deleted, lost = wagtail_factories.ImageFactory.create_batch(2)
    for number, (name, logo) in enumerate(
        [("Norton hub", deleted), ("Yarm hub", lost)]
    ):
        Partner.objects.create(
            page=partnership, name=name, logo=logo, sort_order=number
        )
    deleted.delete()
    lost.file.delete(save=False)
    items = read(partnership.url).select(".partners li")
    assert [item.get_text(strip=True) for item in items] == ["Norton hub", "Yarm hub"]
    assert not any(item.img for item in items)


def test_contact_and_ways_to_get_involved_are_shown(section, read):
    page = PartnershipPageFactory(
        parent=section,
        lead_officer="A. Officer",
        contact_email="food@example.gov.uk",
        contact_phone="01632 960000",
        website="https://example.org/food",
        get_involved="<p>Come on <b>Tuesday</b>.</p>",
    )
    article = read(page.url).article
    assert article.find("h2", string="How to get involved").find_next("b")
    addresses = [a["href"] for a in article.dl.find_all("a")]
    assert addresses == [
        "https://example.org/food",
        "tel:01632960000",
        "mailto:food@example.gov.uk",
    ]
    assert "A. Officer" in article.dl.get_text()


def test_links_are_shown_once_on_both_pages_by_kind_while_public(
    partnership, policy, section, read
):
    other = PartnershipPageFactory(parent=section, title="Warm spaces")
    plan = PolicyUpdatePageFactory(parent=section, title="Health plan")
    link(partnership, other)
    link(partnership, policy)
    link(policy, partnership)
    link(partnership, plan)
    link(plan, policy)
    assert linked(read(partnership.url)) == {
        "Partnerships": ["Warm spaces"],
        "Policies": ["Food plan", "Health plan"],
    }
    assert linked(read(policy.url)) == {
        "Partnerships": ["Food power"],
        "Policies": ["Health plan"],
    }
    plan.unpublish()
    assert linked(read(policy.url)) == {"Partnerships": ["Food power"]}


def test_preview_shows_what_is_not_saved_yet_and_no_foreign_links(
    section, policy, partnership, admin_client, admin_form
):
    arguments = ["community", "partnershippage", section.pk]
    data = admin_form(reverse("wagtailadmin_pages:add", args=arguments))
    data |= {
        "title": "Still to be saved",
        "slug": "not-saved",
        "partners-TOTAL_FORMS": "1",
        "partners-0-name": "Norton hub",
        "partners-0-website": "",
        "partners-0-logo": "",
        "partners-0-ORDER": "1",
        "partners-0-id": "",
        "partners-0-DELETE": "",
    }
    preview = reverse("wagtailadmin_pages:preview_on_add", args=arguments)
    assert admin_client.post(preview, data).json()["is_valid"]
    html = BeautifulSoup(admin_client.get(preview).content, "html.parser")
    assert html.h1.get_text() == "Still to be saved"
    assert html.select_one(".partners li").get_text(strip=True) == "Norton hub"
    assert linked(html) == {}
