"""Editors see how many people subscribe to a page, but not who."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from community.models import Subscriber
from tests.community.subscriptions.people import subscribe
from tests.factories import PartnershipPageFactory, PolicyUpdatePageFactory


def text_of_panel(client, page):
    response = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk]))
    html = BeautifulSoup(response.content, "html.parser")
    assert "@example.org" not in html.find(id="tab-promote").get_text()
    return html.find(id="tab-promote").get_text()


@pytest.mark.parametrize(
    "kind", [None, PartnershipPageFactory, PolicyUpdatePageFactory]
)
def test_only_active_subscriptions_are_counted(section, make_page, admin_client, kind):
    page = make_page(kind) if kind else section
    subscribe("a@example.org", page)
    Subscriber.objects.update(suppressed_at=timezone.now())
    subscribe("b@example.org", page, confirmed=False)
    subscribe("c@example.org", None)
    assert "No one gets email updates about" in text_of_panel(admin_client, page)
    subscribe("d@example.org", page)
    assert "1 person gets email updates about" in text_of_panel(admin_client, page)
    subscribe("e@example.org", page)
    assert "2 people get email updates about" in text_of_panel(admin_client, page)


def test_new_page_has_no_panel(section, admin_client):
    arguments = ["community", "policyupdatepage", section.pk]
    shown = admin_client.get(reverse("wagtailadmin_pages:add", args=arguments))
    assert "email updates about this page" not in shown.content.decode()
