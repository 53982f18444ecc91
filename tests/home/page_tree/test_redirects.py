import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from tests import hiding
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)
from tests.page_generator import seed_pages

PAGES = 5_000
OLD = "/stronger-communities/before/"


def assert_leads_to(client, old: str, new: str) -> None:
    response = client.get(old)
    assert response.status_code == 301
    assert response["Location"] == new


def test_old_addresses_lead_to_new_ones_where_nothing_else_is(client, home, section):
    page = PartnershipPageFactory(parent=section, slug="before")
    for slug in ("second", "before", "second"):
        page.slug = slug
        page.save()
    assert client.get(page.url).status_code == 200
    assert_leads_to(client, OLD, page.url)
    section.slug = "communities"
    section.save()
    second = "/stronger-communities/second/"
    assert_leads_to(client, second, "/communities/second/")
    assert_leads_to(client, "/stronger-communities/", "/communities/")
    # One that staff made stays.
    elsewhere = StandardPageFactory(parent=home, slug="elsewhere")
    redirect = {"redirect_page": elsewhere, "site": section.get_site()}
    Redirect.objects.create(old_path="/communities/second", **redirect)
    page.refresh_from_db()
    page.slug = "third"
    page.save()
    assert_leads_to(client, "/communities/second/", elsewhere.url)


def test_number_of_queries_does_not_grow_with_the_pages_below(section):
    def queries_to_rename(slug):
        section.refresh_from_db()
        section.slug = slug
        with CaptureQueriesContext(connection) as captured:
            section.save()
        return len(captured)

    CommunityIndexPageFactory(parent=section)
    few = queries_to_rename("first")
    Redirect.objects.all().delete()
    for _ in range(39):
        CommunityIndexPageFactory(parent=section)

    assert queries_to_rename("second") == few <= 70
    assert Redirect.objects.count() == 41


@pytest.mark.slow
@pytest.mark.parametrize("is_renamed", [True, False])
def test_five_thousand_pages_are_found_at_both_addresses(
    is_renamed, home, client, send_form, admin_client
):
    section = seed_pages(PAGES, home)
    below = Page.objects.descendant_of(section, inclusive=True).order_by("path")
    paths = [page.url for page in below[:: PAGES // 20]]
    assert client.get(paths[-1]).status_code == 200
    if is_renamed:
        address = reverse("wagtailadmin_pages:edit", args=[section.pk])
        values = {"minor_edit": "on", "review_on": "01/01/2099"}
        response, new = send_form(address, slug="renamed", **values), "/renamed/"
    else:
        target = CommunityIndexPageFactory(parent=home, slug="target")
        names = [section.pk, target.pk]
        address = reverse("wagtailadmin_pages:move_confirm", args=names)
        response, new = admin_client.post(address), "/target/seeded-pages/"
    assert response.status_code == 302
    assert Redirect.objects.filter(automatically_created=True).count() == PAGES
    assert len(paths) >= 20
    for path in paths:
        moved = path.replace("/seeded-pages/", new, 1)
        assert client.get(moved).status_code == 200
        assert_leads_to(client, path, moved)


# What is answered at the old address of a page that is hidden.
HIDDEN = {
    hiding.unpublished: 404,
    hiding.expired: 404,
    hiding.private_by_login: 200,
    hiding.private_by_group: 200,
    hiding.private_by_password: 200,
}


@pytest.fixture(params=["renamed", "moved", "by staff", "by staff, typed"])
def renamed(request, home, section):
    page = PartnershipPageFactory(parent=section, slug="before", title="Quetzal")
    if request.param == "renamed":
        page.slug = "quetzal"
        page.save_revision().publish()
        return page
    if request.param == "moved":
        elsewhere = CommunityIndexPageFactory(parent=home, slug="quetzal", live=False)
        page.move(elsewhere, pos="last-child")
        return type(page).objects.get(pk=page.pk)
    Redirect.objects.all().delete()
    type(page).objects.filter(pk=page.pk).update(
        slug="quetzal", url_path=page.url_path.replace("before", "quetzal")
    )
    page.refresh_from_db()
    where = {"redirect_page": page}
    if request.param == "by staff, typed":
        where = {"redirect_link": f"{section.get_site().root_url}{page.url}"}
    Redirect.objects.create(old_path="/stronger-communities/before", **where)
    return page


@pytest.mark.django_db
def test_path_of_this_site_is_refused_with_advice(admin_client):
    form = {"old_path": "/old", "redirect_link": "/stronger-communities/yarm/"}
    response = admin_client.post(reverse("wagtailredirects:add"), form)
    assert "use ‘Redirect to a page’" in response.text
    form["redirect_link"] = "www.example.org/help"
    assert admin_client.post(reverse("wagtailredirects:add"), form).status_code == 302


def test_nobody_is_told_where_a_hidden_page_is_now(client, renamed):
    for hide, status in HIDDEN.items():
        assert "quetzal" in client.get(OLD)["Location"]
        way = hide(renamed, None)
        next(way)
        for address in (OLD, f"{OLD}?page=2", OLD.rstrip("/")):
            response = client.get(address, follow=True)
            said = str((response.redirect_chain, response.headers, response.content))
            assert "quetzal" not in said.lower()
            assert response.status_code == status
            assert ("stronger-communities/before" in said) or status == 404
        next(way, None)


def test_whoever_may_read_a_private_page_is_led_to_it(client, admin_client, renamed):
    way = hiding.private_by_login(renamed, None)
    next(way)
    assert_leads_to(admin_client, OLD, admin_client.get(OLD)["Location"])
    next(way, None)
    next(hiding.private_by_password(renamed, None))
    form = BeautifulSoup(client.get(OLD).content, "html.parser").main.form
    sent = {each["name"]: each.get("value", "") for each in form.find_all("input")}
    sent["password"] = "open sesame"
    own = {"Sec-Fetch-Site": "same-origin"}
    answer = client.post(form["action"], sent, headers=own)
    assert answer["Location"] == OLD
    assert "quetzal" in client.get(OLD)["Location"]
