"""What the menus of the admin lead each role to, and where officers find things."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from wagtail.admin.menu import SubmenuMenuItem, admin_menu

from stockton_cms.accounts.roles import ROLES
from tests.stockton_cms.permissions.world import make_person

HOME = "/admin/"
TOP_LEVEL = [
    "Pages",
    "Policies and partnerships",
    "Alerts",
    "Enquiries and feedback",
    "Search",
    "Images",
    "Documents",
    "Reports",
    "Settings",
    "Help",
]


def entries(menu, request):
    for item in menu.menu_items_for_request(request):
        if isinstance(item, SubmenuMenuItem):
            yield from entries(item.menu, request)
        else:
            yield item


@pytest.fixture
def menu_of(client, home, section, rf):
    def get(kind):
        request = rf.get(HOME)
        request.user = make_person(kind)
        client.force_login(request.user)
        # Only then has Wagtail registered all entries.
        client.get(request.path)
        return list(entries(admin_menu, request))

    return get


def test_menu_is_in_the_order_of_the_work(admin_client, admin_user, home, rf):
    request = rf.get(HOME)
    request.user = admin_user
    admin_client.get(HOME)
    items = admin_menu.menu_items_for_request(request)
    labels = [str(item.label) for item in sorted(items, key=lambda item: item.order)]
    assert labels == TOP_LEVEL


@pytest.mark.parametrize("kind", [role.name for role in ROLES])
def test_no_entry_leads_to_a_refusal(kind, menu_of, client):
    urls = [item.url for item in menu_of(kind) if item.url.startswith("/")]
    assert reverse("guide") in urls
    answers = {url: client.get(url, follow=True) for url in urls}
    # Anyone who is refused is led back to the dashboard.
    refused = [
        url for url, each in answers.items() if each.request["PATH_INFO"] == HOME
    ]
    assert refused == []
    assert {each.status_code for each in answers.values()} == {200}


def test_writers_are_led_to_lists_reports_and_one_guide(menu_of, client):
    assert "Partnerships" not in {item.label for item in menu_of("alert publisher")}
    labels = {str(item.label) for item in menu_of("editor")}
    assert labels >= {"Partnerships", "Guide for editors", "Ageing pages"}
    assert not {each for each in labels if "Wagtail" in each or "Aging" in each}
    assert [each for each in labels if "Guide" in each] == ["Guide for editors"]
    page = BeautifulSoup(client.get(HOME).content, "html.parser")
    links = {link["href"] for link in page.main.find_all("a")}
    assert reverse("guide") in links
    assert not [link for link in links if "wagtail.org" in link]


def test_account_leads_to_what_somebody_signs_in_with(admin_client):
    html = admin_client.get(reverse("wagtailadmin_account")).content.decode()
    page = BeautifulSoup(html, "html.parser")
    links = {link["href"] for link in page.main.find_all("a")}
    assert {reverse("mfa_index"), reverse("account_reset_password")} <= links
    # No one is asked for a picture that would not be shown.
    assert 'type="file"' not in html
    # Nor does anyone change a password where attempts are not counted.
    assert "old_password" not in html
    assert "Theme preferences" in html
