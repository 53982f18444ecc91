import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.contrib.redirects.models import Redirect

from tests import hiding
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)

OLD = "/stronger-communities/before/"


def assert_leads_to(client, old: str, new: str) -> None:
    response = client.get(old)
    assert response.status_code == 301
    assert response["Location"] == new


def test_renamed_section_takes_the_pages_below_it_along(client, section):
    PartnershipPageFactory(parent=section, slug="inside")
    section.slug = "communities"
    section.save()
    assert_leads_to(client, "/stronger-communities/inside/", "/communities/inside/")
    assert_leads_to(client, "/stronger-communities/", "/communities/")


def test_page_renamed_to_and_fro_has_no_redirect_in_its_way(client, section):
    page = PartnershipPageFactory(parent=section, slug="before")
    for slug in ("second", "before", "second"):
        page.slug = slug
        page.save()
    assert client.get(page.url).status_code == 200
    assert_leads_to(client, OLD, page.url)


def test_redirect_made_by_staff_stays(client, home, section):
    elsewhere = StandardPageFactory(parent=home, slug="elsewhere")
    page = PartnershipPageFactory(parent=section, slug="before")
    Redirect.objects.create(
        old_path=OLD.rstrip("/"), redirect_page=elsewhere, site=section.get_site()
    )
    page.slug = "new"
    page.save()
    assert_leads_to(client, OLD, elsewhere.url)


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
