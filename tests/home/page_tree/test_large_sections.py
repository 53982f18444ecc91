import pytest
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from home.page_tree import explorable
from tests.factories import CommunityIndexPageFactory, StandardPageFactory
from tests.page_generator import seed_pages

PAGES = 5_000


@pytest.fixture(params=["renamed", "moved"])
def changed_address(request, home, client, send_form, admin_client):
    """Return old and new addresses of pages in a section that an officer changed."""
    section = seed_pages(PAGES, home)
    below = Page.objects.descendant_of(section, inclusive=True).order_by("path")
    paths = [page.url for page in below[:: PAGES // 20]]
    assert client.get(paths[-1]).status_code == 200
    if request.param == "renamed":
        address = reverse("wagtailadmin_pages:edit", args=[section.pk])
        values = {"minor_edit": "on", "review_on": "01/01/2099"}
        response = send_form(address, slug="renamed", **values)
        new = "/renamed/"
    else:
        target = CommunityIndexPageFactory(parent=home, slug="target")
        names = [section.pk, target.pk]
        address = reverse("wagtailadmin_pages:move_confirm", args=names)
        response = admin_client.post(address)
        new = "/target/seeded-pages/"
    assert response.status_code == 302
    return [(path, path.replace("/seeded-pages/", new, 1)) for path in paths]


@pytest.mark.slow
def test_five_thousand_pages_are_found_at_both_addresses(changed_address, client):
    assert Redirect.objects.filter(automatically_created=True).count() == PAGES
    assert len(changed_address) >= 20
    for old, new in changed_address:
        assert client.get(new).status_code == 200
        response = client.get(old)
        assert (response.status_code, response["Location"]) == (301, new)


def test_large_section_is_sorted_by_columns_but_not_by_hand(
    section, admin_client, monkeypatch
):
    monkeypatch.setattr(explorable, "MAX_CHILDREN", 2)
    StandardPageFactory.create_batch(3, parent=section)
    reason = "has 3 pages directly under it. This is too many to sort manually."
    for name in sorted(explorable.LISTS):
        address = reverse(name, args=[section.pk])
        response = admin_client.get(f"{address}?ordering=ord&p=1", follow=True)
        assert response.redirect_chain == [(f"{address}?p=1", 302)]
        assert reason in response.content.decode() or "results" in name
        assert admin_client.get(f"{address}?ordering=title").status_code == 200
