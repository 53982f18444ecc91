"""Editors see how many people subscribe to a page, but not who."""

from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from community.models import Subscriber
from tests.community.subscriptions.people import subscribe


def text_of_panel(client, page):
    response = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk]))
    html = BeautifulSoup(response.content, "html.parser")
    assert "@example.org" not in html.find(id="tab-promote").get_text()
    return html.find(id="tab-promote").get_text()


def test_only_active_subscriptions_are_counted(section, admin_client):
    page = section
    subscribe("a@example.org", page)
    Subscriber.objects.update(suppressed_at=timezone.now())
    subscribe("b@example.org", page, confirmed=False)
    subscribe("c@example.org", None)
    assert "People who get email updates: 0" in text_of_panel(admin_client, page)
    subscribe("d@example.org", page)
    assert "People who get email updates: 1" in text_of_panel(admin_client, page)
    subscribe("e@example.org", page)
    assert "People who get email updates: 2" in text_of_panel(admin_client, page)
    # A new page has no panel.
    arguments = ["community", "policyupdatepage", section.pk]
    shown = admin_client.get(reverse("wagtailadmin_pages:add", args=arguments))
    assert "People who get email updates" not in shown.content.decode()
