"""What search engines are told."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from tests.factories import CommunityIndexPageFactory, StandardPageFactory


@pytest.fixture
def mapped(client):
    def read():
        response = client.get("/sitemap.xml")
        assert response.status_code == 200
        assert response["Content-Type"].startswith("application/xml")
        locations = re.findall(r"<loc>(.*?)</loc>", response.content.decode())
        return [location.removeprefix("http://localhost") for location in locations]

    return read


def test_sitemap_lists_every_page_that_visitors_may_see(home, section, mapped):
    StandardPageFactory(parent=section, slug="grants")
    seen = ["/", "/stronger-communities/", "/stronger-communities/grants/"]
    assert mapped() == seen
    StandardPageFactory(parent=section, live=False)
    past = timezone.now() - timedelta(seconds=1)
    StandardPageFactory(parent=section, expire_at=past)
    private = CommunityIndexPageFactory(parent=home)
    StandardPageFactory(parent=private)
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    # Outside the site.
    StandardPageFactory(parent=Page.objects.get(depth=1), slug="stray")
    assert mapped() == seen


def test_robots_are_kept_from_admin_and_results_and_told_the_sitemap(client, db):
    response = client.get("/robots.txt")
    assert response["Content-Type"].startswith("text/plain")
    assert response.content.decode().splitlines() == [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /account/login/",
        "Disallow: /search/?",
        "Sitemap: http://testserver/sitemap.xml",
    ]
    assert client.post("/robots.txt").status_code == 405
