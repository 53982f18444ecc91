"""Editors see how many people subscribe to a page, but not who."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from community.models import Subscriber
from tests.factories import PartnershipPageFactory, PolicyUpdatePageFactory


def subscribe(page, number, **values):
    email = f"resident{number}@example.org"
    subscriber = Subscriber.objects.create(
        email=email, email_key=email, suppressed_at=values.pop("suppressed_at", None)
    )
    subscriber.subscriptions.create(
        page=page, **{"confirmed_at": timezone.now()} | values
    )


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
    assert "No one gets email updates about this page" in text_of_panel(
        admin_client, page
    )
    subscribe(page, 1)
    subscribe(page, 2, confirmed_at=None)
    subscribe(page, 3, suppressed_at=timezone.now())
    subscribe(None, 4)
    assert "1 person gets email updates about this page" in text_of_panel(
        admin_client, page
    )
    subscribe(page, 5)
    assert "2 people get email updates about this page" in text_of_panel(
        admin_client, page
    )


def test_new_page_has_no_panel(section, admin_client):
    arguments = ["community", "policyupdatepage", section.pk]
    shown = admin_client.get(reverse("wagtailadmin_pages:add", args=arguments))
    assert "email updates about this page" not in shown.content.decode()
