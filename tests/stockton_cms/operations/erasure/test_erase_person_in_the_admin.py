"""Leads erase someone's personal data; first they see where it stands."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.urls import reverse
from wagtail.models import ModelLogEntry

from search.models import Enquiry
from stockton_cms.accounts.roles import role_groups
from tests.factories import EnquiryFactory, PartnershipPageFactory

pytestmark = pytest.mark.usefixtures("admin_search")

CANARY = "canary.bird+x@example.org"
ADDRESS = reverse("erase_personal_data")


@pytest.fixture
def enquiry(home):
    return EnquiryFactory(email=CANARY, message="Bins")


@pytest.fixture
def lead(home, client):
    user = get_user_model().objects.create_user("lead", email="lead@example.gov.uk")
    user.groups.add(role_groups()["communications lead"])
    client.force_login(user)
    return client


def read(response):
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def press(client, html, button="", **typed):
    """Send the form as a browser would."""
    fields = html.select("main form input:not([type=checkbox])")
    data = {field["name"]: field.get("value", "") for field in fields} | typed
    if button:
        assert html.select_one(f"main form button[name={button}]")
        data[button] = "yes"
    return client.post(ADDRESS, data)


def test_lead_sees_the_report_first_and_then_erases(lead, enquiry, section):
    page = PartnershipPageFactory(parent=section, title="Forum", contact_email=CANARY)
    assert ADDRESS in lead.get(reverse("wagtailadmin_home")).content.decode()
    html = read(lead.get(ADDRESS, {"email": CANARY}))
    assert CANARY not in html.decode()
    assert len(html.select("h1")) == 1
    assert "Erase personal data" in html.title.get_text()
    assert not html.select("button[name=erase]")
    html = read(press(lead, html, email=f" {CANARY.upper()}\u200b"))
    assert "Nothing has been erased yet" in html.main.get_text()
    assert "Enquiries" in html.select_one("table.listing").get_text()
    link = html.select_one("table.listing a")
    assert link.get_text() == "Forum"
    assert link["href"] == reverse("wagtailadmin_pages:edit", args=[page.pk])
    # The address itself is never in an address of the web.
    assert not any("canary" in tag.get("href", "") for tag in html.select("[href]"))
    assert html.select_one("main form")["method"] == "post"
    assert Enquiry.objects.exists()

    html = read(press(lead, html, "erase", everywhere="on"))
    assert "Nothing has been erased yet" in html.main.get_text()
    html = read(press(lead, html, "erase", everywhere="on"))
    assert "The email address was erased" in html.main.get_text()
    assert not Enquiry.objects.exists()
    page.refresh_from_db()
    assert page.contact_email == ""
    assert not html.select("button[name=erase]")
    # The history says that it was done, and not for whom.
    (entry,) = ModelLogEntry.objects.filter(action="account.erased_personal_data")
    assert entry.user.username == "lead"
    assert entry.data == {"rows": 2}
    row = read(lead.get(reverse("wagtailadmin_reports:site_history"))).select_one(
        "table.listing tbody tr"
    )
    said = row.get_text(" ", strip=True)
    assert "Personal data of someone who asked" in said
    assert "Erased on request" in said
    assert CANARY not in said
    link = html.find("a", string="Search the enquiries")
    assert "name, phone number" in link.parent.get_text()
    assert lead.get(link["href"]).status_code == 200


def test_only_what_was_shown_is_erased(lead, enquiry):
    html = read(lead.post(ADDRESS, {"email": CANARY, "erase": "yes", "seen": "x"}))
    assert "Nothing has been erased yet" in html.main.get_text()
    html = read(press(lead, html, email="other@example.org"))
    seen = html.select_one("[name=seen]")["value"]
    for data in ({"email": CANARY}, {"email": "other@example.org", "everywhere": "on"}):
        lead.post(ADDRESS, {**data, "seen": seen, "erase": "yes"})
    # A mistake is named beside the field.
    html = read(press(lead, html, email="a@b"))
    assert html.select_one("[name=email]").get("value", "") == "a@b"
    assert html.select_one(".w-field__errors").get_text(strip=True)
    assert Enquiry.objects.exists()
    assert not ModelLogEntry.objects.filter(action__contains="erased").exists()


def test_others_neither_see_it_nor_may(client, enquiry):
    for role in ("enquiry handler", "moderator", "author"):
        user = get_user_model().objects.create_user(role, email=f"{role[0]}@a.gov.uk")
        user.groups.add(role_groups()[role])
        client.force_login(user)
        assert ADDRESS not in client.get(reverse("wagtailadmin_home")).content.decode()
        for response in (client.get(ADDRESS), client.post(ADDRESS, {"email": CANARY})):
            assert response.status_code == 302
    assert Enquiry.objects.exists()
