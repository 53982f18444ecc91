"""Who edits a page reads how many follow it by email, and not who."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from community.models import Subscriber
from tests.factories import PartnershipPageFactory, PolicyUpdatePageFactory


def follow(page, number, **values):
    email = f"resident{number}@example.org"
    subscriber = Subscriber.objects.create(
        email=email, email_key=email, suppressed_at=values.pop("suppressed_at", None)
    )
    subscriber.subscriptions.create(
        page=page, **{"confirmed_at": timezone.now()} | values
    )


def said_in_the_editor(client, page):
    response = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk]))
    html = BeautifulSoup(response.content, "html.parser")
    assert "@example.org" not in html.find(id="tab-promote").get_text()
    return html.find(id="tab-promote").get_text()


@pytest.mark.parametrize(
    "kind", [None, PartnershipPageFactory, PolicyUpdatePageFactory]
)
def test_only_those_who_get_emails_are_counted(section, make_page, admin_client, kind):
    page = make_page(kind) if kind else section
    assert "Nobody follows this page" in said_in_the_editor(admin_client, page)
    follow(page, 1)
    follow(page, 2, confirmed_at=None)
    follow(page, 3, suppressed_at=timezone.now())
    follow(None, 4)
    assert "One person follows this page" in said_in_the_editor(admin_client, page)
    follow(page, 5)
    assert "2 people follow this page" in said_in_the_editor(admin_client, page)


def test_a_page_that_is_not_there_yet_has_no_followers(section, admin_client):
    arguments = ["community", "policyupdatepage", section.pk]
    shown = admin_client.get(reverse("wagtailadmin_pages:add", args=arguments))
    assert "by email." not in shown.content.decode()
