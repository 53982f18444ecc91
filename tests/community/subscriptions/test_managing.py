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
from community.subscriptions import transactional_emails
from community.subscriptions.links import manage_url
from tests.community.subscriptions.conftest import ANN, last_link, path_of
from tests.factories import PolicyUpdatePageFactory


def tokenise(response):
    html = BeautifulSoup(response.content, "html.parser")
    return " ".join(html.main.get_text(" ").split())


@pytest.fixture
def policy(make_page):
    return make_page(PolicyUpdatePageFactory, title="Food plan")


@pytest.fixture
def press(client):
    """Return a function that presses a button of a page."""

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
    make_subscription(policy, email="bob@example.org")
    response = client.post(reverse("manage_link"), {"email": ANN.upper()}, follow=True)
    assert "Check your email" in tokenise(response)
    shown = client.get(last_link())
    html = BeautifulSoup(shown.content, "html.parser")
    titles = [each.get_text() for each in html.main.select("section h2")]
    assert titles == ["Stronger communities", "Food plan", "All policy updates"]
    chosen = [each["value"] for each in html.main.select("[checked]")]
    assert chosen == ["at-once", "weekly", "at-once"]
    assert ANN not in shown.content.decode()


def test_address_without_subscriptions_is_told_by_email_only(home, client):
    data = {"email": "nobody@example.org"}
    response = client.post(reverse("manage_link"), data)
    assert response["Location"] == reverse("manage_link_sent")
    assert "There are no subscriptions for this email address" in mail.outbox[0].body
    assert "?link=" not in mail.outbox[0].body
    assert not Subscriber.objects.exists()


def test_asking_for_links_is_limited(settings, home, client, make_subscription):
    make_subscription()
    settings.FORM_LIMIT_PER_ADDRESS = 2
    address = reverse("manage_link")
    answers = [client.post(address, {"email": ANN}).status_code for _ in range(3)]
    assert answers == [302, 302, 429]
    settings.FORM_LIMIT_PER_ADDRESS = 100
    for _ in range(transactional_emails.MAX_PER_DAY):
        assert client.post(address, {"email": ANN}).status_code == 302
    assert len(mail.outbox) == transactional_emails.MAX_PER_DAY


def test_wrong_address_is_an_error(home, client):
    response = client.post(reverse("manage_link"), {"email": "ann"})
    assert response.status_code == 422
    assert (
        "Enter an email address in the correct format, like name@example.com"
        in tokenise(response)
    )


def test_bot_gets_the_same_response_and_no_email(home, client):
    data = {"email": ANN, "website": "x"}
    assert client.post(reverse("manage_link"), data).status_code == 302
    assert mail.outbox == []


def test_frequency_can_be_changed(press, make_subscription, policy):
    first, second = make_subscription(), make_subscription(policy)
    response = press(
        path_of(manage_url(first.subscriber)), "Save: Food plan", frequency="weekly"
    )
    assert "You have changed how often" in tokenise(response)
    found = dict(Subscription.objects.values_list("pk", "frequency"))
    assert found == {first.pk: "at-once", second.pk: "weekly"}


def test_unsubscribing_from_one_or_all(press, make_subscription, policy):
    remaining, stopped = make_subscription(), make_subscription(policy)
    make_subscription(None)
    others = make_subscription(email="bob@example.org")
    address = path_of(manage_url(remaining.subscriber))
    assert "You have unsubscribed from these updates" in tokenise(
        press(address, "Unsubscribe: Food plan")
    )
    assert not Subscription.objects.filter(pk=stopped.pk).exists()
    assert Subscription.objects.count() == 3
    assert "You have no email subscriptions" in tokenise(
        press(address, "Unsubscribe from all")
    )
    assert Subscription.objects.get() == others


def test_a_get_changes_nothing(client, make_subscription):
    remaining = make_subscription()
    address = path_of(manage_url(remaining.subscriber))
    for what in ("stop-all", f"stop {remaining.pk}", "new-links"):
        client.get(f"{address}&do={what}")
    assert Subscription.objects.get() == remaining
    assert Subscriber.objects.get().token_version == 0


@pytest.mark.parametrize("what", ["", "stop", "stop x", "stop ²", "change", "x 1\0"])
def test_unknown_action_changes_nothing(client, make_subscription, what):
    address = path_of(manage_url(make_subscription().subscriber))
    response = client.post(address, {"do": what}, follow=True)
    assert "Nothing has changed" in tokenise(response)
    assert Subscription.objects.exists()


def test_subscription_ended_in_another_tab(client, make_subscription):
    remaining = make_subscription()
    gone = make_subscription(None)
    address = path_of(manage_url(remaining.subscriber))
    number = gone.pk
    gone.delete()
    for verb in ("stop", "change"):
        data = {"do": f"{verb} {number}", f"{number}-frequency": "daily"}
        shown = client.post(address, data, follow=True)
        assert "You have already unsubscribed" in tokenise(shown)
    assert Subscription.objects.get() == remaining


def test_link_cannot_change_other_subscribers(client, make_subscription):
    own, other = make_subscription(), make_subscription(email="bob@example.org")
    address = path_of(manage_url(own.subscriber))
    client.post(address, {"do": f"stop {other.pk}"})
    data = {"do": f"change {other.pk}", f"{other.pk}-frequency": "daily"}
    client.post(address, data)
    other.refresh_from_db()
    assert other.frequency == "at-once"


def test_pages_that_are_not_public_are_not_named(
    client, press, make_subscription, policy
):
    address = path_of(manage_url(make_subscription(policy).subscriber))
    PageViewRestriction.objects.create(page=policy, restriction_type="login")
    response = client.get(address)
    assert "Food plan" not in response.content.decode()
    assert "A page that is not public" in tokenise(response)
    press(address, "Unsubscribe: A page that is not public")
    assert not Subscription.objects.exists()


def test_pending_subscription_can_only_be_removed(client, make_subscription):
    waiting = make_subscription(confirmed_at=None)
    address = path_of(manage_url(waiting.subscriber))
    html = BeautifulSoup(client.get(address).content, "html.parser")
    assert "Not confirmed yet" in html.main.get_text()
    assert not html.main.select("[type=radio]")


def test_old_links_can_be_cancelled(client, press, make_subscription):
    subscriber = make_subscription().subscriber
    old = path_of(manage_url(subscriber))
    response = press(old, "Cancel old links")
    assert "older emails have stopped working" in tokenise(response)
    assert client.get(old).status_code == 404
    assert Subscription.objects.exists()


def test_suppressed_subscriber_sees_why(client, make_subscription):
    subscriber = make_subscription().subscriber
    Subscriber.objects.update(suppressed_at=timezone.now())
    shown = client.get(path_of(manage_url(subscriber)))
    assert "We have stopped emailing you" in tokenise(shown)


def test_a_form_of_another_website_changes_nothing(make_subscription):
    address = path_of(manage_url(make_subscription().subscriber))
    stranger = Client(enforce_csrf_checks=True)
    sent = stranger.post(address, {"do": "stop-all"}, HTTP_ORIGIN="https://evil.test")
    assert sent.status_code == 403
    assert Subscription.objects.exists()
    own = stranger.post(address, {"do": "stop-all"}, HTTP_ORIGIN="http://testserver")
    assert own.status_code == 302
    location = urlsplit(own["Location"])
    assert not location.netloc
    assert parse_qs(location.query)["done"] == ["stopped-all"]
