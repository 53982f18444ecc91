"""Fixtures of the tests of email updates."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from community.models import Subscriber, Subscription
from tests.home.notifications.smtp import server  # noqa: F401

ANN = "ann@example.org"
ORIGIN = "https://council.example"


@pytest.fixture(autouse=True)
def _origin(settings):
    settings.WAGTAILADMIN_BASE_URL = ORIGIN


@pytest.fixture
def sign_up(section, client):
    """Return a function that submits the sign-up form."""

    def send(email=ANN, page=section, frequency="at-once", **values):
        query = f"?page={page.pk}" if page else ""
        data = {"email": email, "frequency": frequency, **values}
        return client.post(f"{reverse('subscribe')}{query}", data)

    return send


@pytest.fixture
def make_subscription(section):
    """Return a function that makes a subscription, confirmed by default."""

    def make(page=section, email=ANN, **values):
        subscriber, _ = Subscriber.objects.get_or_create(
            email_key=email, defaults={"email": email}
        )
        confirmed_at = values.pop("confirmed_at", subscriber.created_at)
        return Subscription.objects.create(
            subscriber=subscriber, page=page, confirmed_at=confirmed_at, **values
        )

    return make


def path_of(address):
    """Return an address of an email as the test client asks for it."""
    assert address.startswith(f"{ORIGIN}/")
    return address.removeprefix(ORIGIN)


def link_in(message):
    """Return the one link in an email; its HTML has the same."""
    (link,) = set(re.findall(rf"{ORIGIN}/\S+\?link=\S+", message.body))
    ((html, _),) = message.alternatives
    assert link in html
    return path_of(link)


def last_link():
    """Return the link in the latest email."""
    return link_in(mail.outbox[-1])
