"""Fixtures of the tests of email updates."""

import re

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.urls import reverse

from tests.community.subscriptions.people import published_policy, subscribe
from tests.home.notifications.smtp import server  # noqa: F401

ANN, BOB = "ann@example.org", "bob@example.org"
ORIGIN = "https://council.example"


@pytest.fixture(autouse=True)
def _origin(settings):
    settings.WAGTAILADMIN_BASE_URL = ORIGIN


@pytest.fixture
def policy(section):
    return published_policy(section)


@pytest.fixture
def sign_up(section, client):
    def send(email=ANN, page=section, frequency="at-once", **values):
        query = f"?page={page.pk}" if page else ""
        data = {"email": email, "frequency": frequency, **values}
        return client.post(f"{reverse('subscribe')}{query}", data)

    return send


@pytest.fixture
def make_subscription(section):
    def make(page=section, email=ANN, **values):
        return subscribe(email, page, **values)

    return make


def main_text(response):
    html = BeautifulSoup(response.content, "html.parser")
    return " ".join(html.main.get_text(" ").split())


def path_of(address):
    assert address.startswith(f"{ORIGIN}/")
    return address.removeprefix(ORIGIN)


def link_path(link, subscription):
    return path_of(link.url(subscription.subscriber, subscription.page_id))


def last_link():
    message = mail.outbox[-1]
    (link,) = set(re.findall(rf"{ORIGIN}/\S+\?link=\S+", message.body))
    ((html, _),) = message.alternatives
    assert link in html
    return path_of(link)
