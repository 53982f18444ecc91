from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction, Site

from tests.factories import CommunityIndexPageFactory, StandardPageFactory
from tests.stockton_cms.permissions.world import ADMINISTRATOR, make_person

LEAD = "communications lead"
WORDS = {"confirm_site_name": "Stockton CMS", "confirm": "Stockton CMS"}


def of_page(name, page):
    return reverse(f"wagtailadmin_pages:{name}", args=[page.pk])


def in_bulk(name, page):
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", name])
    return f"{address}?id={page.pk}&next=/admin/"


def is_live(page):
    return Site.objects.exists() and Page.objects.live().filter(pk=page.pk).exists()


@pytest.mark.parametrize("door", [of_page, in_bulk])
@pytest.mark.parametrize("action", ["delete", "unpublish"])
def test_home_page_is_taken_away_by_administrators_only(action, door, home, client):
    page = StandardPageFactory(parent=home)
    client.force_login(make_person(LEAD))
    for each in (home, page):
        client.post(door(action, each), WORDS)
    assert is_live(home)
    assert not is_live(page)
    client.force_login(make_person(ADMINISTRATOR))
    client.post(door(action, home), WORDS)
    assert not is_live(home)


def test_lead_changes_what_is_on_the_home_page_but_neither_moves_nor_hides_it(
    home, client
):
    CommunityIndexPageFactory(parent=home)
    lead = make_person(LEAD)
    client.force_login(lead)
    assert client.get(of_page("edit", home)).status_code == 200
    permissions = home.permissions_for_user(lead)
    assert permissions.can_publish()
    assert permissions.can_add_subpage()
    assert client.get(of_page("move", home)).status_code == 302
    for person, is_set in ((lead, False), (make_person(ADMINISTRATOR), True)):
        client.force_login(person)
        client.post(of_page("set_privacy", home), {"restriction_type": "login"})
        assert PageViewRestriction.objects.exists() == is_set


def test_home_page_is_given_no_end(home, send_form):
    tomorrow = timezone.localtime() + timedelta(days=1)
    form = {"expire_at": f"{tomorrow:%d/%m/%Y %H:%M}", "minor_edit": "on"}
    response = send_form(of_page("edit", home), **form)
    assert "the whole website would be unavailable" in response.content.decode()
    home.refresh_from_db()
    assert home.expire_at is None
