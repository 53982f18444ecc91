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
    """Return all that a menu leads to, with what stands in the menus below it."""
    for item in menu.menu_items_for_request(request):
        if isinstance(item, SubmenuMenuItem):
            yield from entries(item.menu, request)
        else:
            yield item


@pytest.fixture
def menu_of(client, home, section, rf):
    """Return a function that signs in as a role, and gives the entries it sees."""

    def get(kind):
        request = rf.get(HOME)
        request.user = make_person(kind)
        client.force_login(request.user)
        # Only then has Wagtail registered all entries.
        client.get(request.path)
        return list(entries(admin_menu, request))

    return get


def all_items(menu, request):
    for item in menu.menu_items_for_request(request):
        yield item
        if isinstance(item, SubmenuMenuItem):
            yield from all_items(item.menu, request)


@pytest.fixture
def admin_request(admin_client, admin_user, home, rf):
    request = rf.get(HOME)
    request.user = admin_user
    admin_client.get(HOME)
    return request


def test_menu_is_in_the_order_of_the_work(admin_request):
    items = admin_menu.menu_items_for_request(admin_request)
    labels = [str(item.label) for item in sorted(items, key=lambda item: item.order)]
    assert labels == TOP_LEVEL


def test_reports_are_spelled_as_in_britain(menu_of):
    labels = {str(item.label) for item in menu_of("communications lead")}
    assert "Ageing pages" in labels
    assert "Aging pages" not in labels


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


@pytest.mark.parametrize(
    ("kind", "is_there"), [("author", True), ("alert publisher", False)]
)
def test_partnerships_are_listed_for_those_who_write_pages(kind, is_there, menu_of):
    assert ("Partnerships" in {item.label for item in menu_of(kind)}) == is_there


def test_officers_are_sent_to_one_guide(menu_of, client):
    labels = {str(item.label) for item in menu_of("editor")}
    assert "Guide for editors" in labels
    assert not {label for label in labels if "Wagtail" in label or "Guide" in label} - {
        "Guide for editors"
    }
    page = BeautifulSoup(client.get(HOME).content, "html.parser")
    links = {link["href"] for link in page.main.find_all("a")}
    assert reverse("guide") in links
    assert not [link for link in links if "wagtail.org" in link]


def test_account_leads_to_what_somebody_signs_in_with(admin_client):
    page = BeautifulSoup(
        admin_client.get(reverse("wagtailadmin_account")).content, "html.parser"
    )
    links = {link["href"] for link in page.main.find_all("a")}
    assert {reverse("mfa_index"), reverse("account_reset_password")} <= links


def test_nobody_is_asked_for_a_picture_that_would_not_be_shown(admin_client):
    page = admin_client.get(reverse("wagtailadmin_account")).content.decode()
    assert 'type="file"' not in page
    assert "Theme preferences" in page
