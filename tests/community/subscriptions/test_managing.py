"""Managing subscriptions by a link in an email, without a password."""

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community.models import Subscriber, Subscription
from community.subscriptions.emails import MANAGE
from tests.community.subscriptions.conftest import (
    ANN,
    BOB,
    last_link,
    link_path,
    main_text,
)


def test_address_without_subscriptions_gets_an_email_and_the_number_is_limited(
    home, client, settings
):
    settings.FORM_LIMIT_PER_ADDRESS = 2
    for status in (302, 302, 429):
        response = client.post(reverse("manage_link"), {"email": ANN})
        assert response.status_code == status
    assert "There are no subscriptions for this email address" in mail.outbox[1].body
    assert "?link=" not in mail.outbox[1].body
    assert not Subscriber.objects.exists()


@pytest.fixture
def press(client):
    def send(address, label, **values):
        html = BeautifulSoup(client.get(address).content, "html.parser")
        (button,) = [
            each for each in html.main.select("button") if each.get_text() == label
        ]
        form = button.find_parent("form")
        data = {each["name"]: each["value"] for each in form.select("[checked]")}
        data |= {button["name"]: button["value"]}
        for name in {each["name"] for each in form.select("[type=radio]")}:
            data |= {name: values["frequency"]} if values else {}
        return client.post(address, data, follow=True)

    return send


def test_link_leads_to_all_subscriptions(client, make_subscription, policy):
    make_subscription()
    make_subscription(policy, frequency="weekly")
    make_subscription(None)
    make_subscription(policy, email=BOB)
    response = client.post(reverse("manage_link"), {"email": ANN.upper()}, follow=True)
    assert "Check your email" in main_text(response)
    shown = client.get(last_link())
    html = BeautifulSoup(shown.content, "html.parser")
    titles = [each.get_text() for each in html.main.select("section h2")]
    assert titles == ["Stronger communities", "Food plan", "All policy updates"]
    chosen = [each["value"] for each in html.main.select("[checked]")]
    assert chosen == ["at-once", "weekly", "at-once"]
    assert ANN not in shown.content.decode()


def test_buttons_change_what_they_say(press, client, make_subscription, policy):
    section, food, _ = (
        make_subscription(),
        make_subscription(policy),
        make_subscription(None),
    )
    others = make_subscription(email=BOB)
    address = link_path(MANAGE, section)
    shown = press(address, "Save: Food plan", frequency="weekly")
    assert "You have changed how often" in main_text(shown)
    found = dict(Subscription.objects.values_list("pk", "frequency"))
    assert (found[section.pk], found[food.pk]) == ("at-once", "weekly")
    shown = press(address, "Unsubscribe: Food plan")
    assert "You have unsubscribed from these updates" in main_text(shown)
    assert not Subscription.objects.filter(pk=food.pk).exists()
    assert Subscription.objects.count() == 3
    shown = press(address, "Unsubscribe from all")
    assert "You have no email subscriptions" in main_text(shown)
    assert Subscription.objects.get() == others
    shown = press(address, "Cancel old links")
    assert "older emails have stopped working" in main_text(shown)
    assert client.get(address).status_code == 404


def test_unknown_action_changes_nothing(client, make_subscription):
    remaining, ended = make_subscription(), make_subscription(None)
    other = make_subscription(email=BOB)
    address = link_path(MANAGE, remaining)
    number = ended.pk
    # As in another tab.
    ended.delete()
    actions = ["", "stop", "stop x", "stop ²", "change", "x 1\0"]
    for pk in (number, other.pk):
        actions += [f"stop {pk}", f"change {pk}"]
    for what in actions:
        data = {"do": what, f"{what.partition(' ')[2]}-frequency": "daily"}
        shown = client.post(address, data, follow=True)
        assert "Nothing has changed" in main_text(shown)
    # Nor does a GET, as link scanners send it.
    for what in ("stop-all", f"stop {remaining.pk}", "new-links"):
        client.get(f"{address}&do={what}")
    assert not Subscriber.objects.exclude(token_version=0).exists()
    found = Subscription.objects.order_by("pk").values_list("pk", "frequency")
    assert list(found) == [(remaining.pk, "at-once"), (other.pk, "at-once")]


def test_pages_that_are_not_public_are_not_named(
    client, press, make_subscription, policy
):
    address = link_path(MANAGE, make_subscription(policy))
    PageViewRestriction.objects.create(page=policy, restriction_type="login")
    assert "Food plan" not in client.get(address).content.decode()
    press(address, "Unsubscribe: A page that is not public")
    assert not Subscription.objects.exists()


def test_pending_and_suppressed_subscribers_see_why(client, make_subscription):
    address = link_path(MANAGE, make_subscription(confirmed=False))
    Subscriber.objects.update(suppressed_at=timezone.now())
    html = BeautifulSoup(client.get(address).content, "html.parser")
    assert "Not confirmed yet" in html.main.get_text()
    assert "We have stopped emailing you" in html.main.get_text()
    assert not html.main.select("[type=radio]")


def test_a_form_of_another_website_changes_nothing(make_subscription):
    address = link_path(MANAGE, make_subscription())
    stranger = Client(enforce_csrf_checks=True)
    sent = stranger.post(address, {"do": "stop-all"}, HTTP_ORIGIN="https://evil.test")
    assert sent.status_code == 403
    assert Subscription.objects.exists()
    own = stranger.post(address, {"do": "stop-all"}, HTTP_ORIGIN="http://testserver")
    assert own.status_code == 302
    location = urlsplit(own["Location"])
    assert not location.netloc
    assert parse_qs(location.query)["done"] == ["stopped-all"]
