from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageViewRestriction, Site

from home.models import HomePage
from tests.factories import CommunityIndexPageFactory, StandardPageFactory
from tests.stockton_cms.permissions.world import ADMINISTRATOR, make_person

WORDS = {"confirm_site_name": "Stockton CMS", "confirm": "Stockton CMS"}


def of_page(name, page):
    return reverse(f"wagtailadmin_pages:{name}", args=[page.pk])


def in_bulk(name, page):
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", name])
    return f"{address}?id={page.pk}&next=/admin/"


def by_api(name, page):
    return reverse("wagtailadmin_api:pages:action", args=[page.pk, name])


DOORS = (of_page, in_bulk, by_api)


@pytest.fixture
def sign_in(home, section, client):
    def sign_in(kind):
        client.force_login(make_person(kind))
        return client

    return sign_in


def is_open(page):
    return Site.objects.exists() and HomePage.objects.live().filter(pk=page.pk).exists()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("action", ["delete", "unpublish"])
def test_lead_does_not_take_the_home_page_away(action, door, home, sign_in):
    sign_in("communications lead").post(door(action, home), WORDS)
    assert is_open(home)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("action", ["delete", "unpublish"])
def test_administrator_does(action, door, home, sign_in):
    sign_in(ADMINISTRATOR).post(door(action, home), WORDS)
    assert not is_open(home)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("action", ["delete", "unpublish"])
def test_lead_takes_other_pages_away(action, door, home, sign_in):
    page = StandardPageFactory(parent=home)
    sign_in("communications lead").post(door(action, page), WORDS)
    page = StandardPageFactory._meta.model.objects.filter(pk=page.pk).first()
    assert page is None or not page.live


def test_lead_goes_on_changing_what_is_on_the_home_page(home, sign_in):
    lead = sign_in("communications lead")
    assert lead.get(of_page("edit", home)).status_code == 200
    permissions = home.permissions_for_user(make_person("communications lead"))
    assert permissions.can_publish()
    assert permissions.can_add_subpage()


def test_home_page_is_moved_nowhere(home, sign_in):
    CommunityIndexPageFactory(parent=home)
    assert sign_in("communications lead").get(of_page("move", home)).status_code == 302


@pytest.mark.parametrize(
    ("kind", "is_set"), [("communications lead", False), (ADMINISTRATOR, True)]
)
def test_whole_site_is_made_private_by_administrators_only(kind, is_set, home, sign_in):
    form = {"restriction_type": "login"}
    sign_in(kind).post(of_page("set_privacy", home), form)
    assert PageViewRestriction.objects.exists() == is_set


def test_home_page_is_given_no_end(home, send_form):
    tomorrow = timezone.localtime() + timedelta(days=1)
    form = {"expire_at": f"{tomorrow:%d/%m/%Y %H:%M}", "minor_edit": "on"}
    response = send_form(of_page("edit", home), **form)
    assert "the whole website would be unavailable" in response.content.decode()
    home.refresh_from_db()
    assert home.expire_at is None
