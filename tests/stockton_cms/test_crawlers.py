"""What search engines are told; `test_visibility.py` has what they are not."""

import re

from wagtail.models import Page

from tests.factories import StandardPageFactory


def test_sitemap_lists_every_page_of_the_site(section, client):
    StandardPageFactory(parent=section, slug="grants")
    StandardPageFactory(parent=Page.objects.get(depth=1), slug="outside")
    response = client.get("/sitemap.xml")
    assert response["Content-Type"].startswith("application/xml")
    locations = re.findall(r"<loc>http://localhost(.*?)</loc>", response.text)
    communities = "/stronger-communities/"
    assert locations == ["/", communities, f"{communities}grants/"]


def test_robots_are_kept_from_admin_and_results_and_told_the_sitemap(client, db):
    response = client.get("/robots.txt")
    assert response["Content-Type"].startswith("text/plain")
    assert response.text.splitlines() == [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /account/login/",
        "Disallow: /search/?",
        "Sitemap: http://testserver/sitemap.xml",
    ]
    assert client.post("/robots.txt").status_code == 405
