import pytest
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from tests.factories import CommunityIndexPageFactory
from tests.page_generator import seed_pages

pytestmark = pytest.mark.slow

PAGES = 5_000


@pytest.fixture
def large_section(home):
    return seed_pages(PAGES, home)


@pytest.fixture
def some_paths(large_section):
    below = Page.objects.descendant_of(large_section, inclusive=True).order_by("path")
    return [page.url for page in below[:: PAGES // 20]]


def check(client, some_paths, old, new):
    below = Page.objects.filter(url_path__startswith=f"/front{new}")
    assert below.count() == PAGES
    assert not Page.objects.filter(url_path__startswith=f"/front{old}").exists()
    assert Redirect.objects.filter(automatically_created=True).count() == PAGES
    assert len(some_paths) >= 20
    for path in some_paths:
        there = path.replace(old, new, 1)
        assert client.get(there).status_code == 200
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (301, there)


def test_officer_renames_a_section_of_five_thousand_pages(
    large_section, some_paths, send_form, client
):
    address = reverse("wagtailadmin_pages:edit", args=[large_section.pk])
    assert client.get(some_paths[-1]).status_code == 200
    response = send_form(
        address, slug="renamed", minor_edit="on", review_on="01/01/2099"
    )
    assert response.status_code == 302
    check(client, some_paths, "/seeded-pages/", "/renamed/")


def test_officer_moves_a_section_of_five_thousand_pages(
    home, large_section, some_paths, admin_client, client
):
    target = CommunityIndexPageFactory(parent=home, slug="target")
    address = reverse(
        "wagtailadmin_pages:move_confirm", args=[large_section.pk, target.pk]
    )
    assert admin_client.post(address).status_code == 302
    check(client, some_paths, "/seeded-pages/", "/target/seeded-pages/")
