"""Signing up for email updates: the form, the email and the button to confirm."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community.models import Subscriber, Subscription
from community.subscriptions.services import purge_unconfirmed
from community.subscriptions.views import MAX_PER_DAY
from home.rate_limits import RateLimit, RateLimitHit
from tests.community.subscriptions.conftest import ANN, BOB, last_link, main_text
from tests.factories import (
    PolicyUpdatePageFactory,
    StandardPageFactory,
)


def make_private(page):
    PageViewRestriction.objects.create(page=page, restriction_type="login")


def link_on(client, path):
    html = BeautifulSoup(client.get(path).content, "html.parser")
    assert not html.select("[name=email]")
    return html.main.find("a", string="Get email updates")["href"]


def test_subscription_starts_once_the_button_is_pressed(section, client, sign_up):
    form = client.get(link_on(client, section.url))
    assert "Updates about: Stronger communities" in main_text(form)
    response = sign_up(frequency="weekly")
    assert "Check your email" in main_text(client.get(response["Location"]))
    (message,) = mail.outbox
    assert message.to == [ANN]
    assert section.title in message.body
    assert "Once a week" in message.body
    shown = client.get(last_link())
    assert "Updates about: Stronger communities" in main_text(shown)
    assert not Subscription.objects.exclude(confirmed_at=None).exists()
    done = client.post(last_link(), follow=True)
    assert "You've signed up" in main_text(done)
    subscription = Subscription.objects.get()
    assert (subscription.page_id, subscription.frequency) == (section.pk, "weekly")
    assert subscription.confirmed_at is not None
    # Twice, or on another device.
    assert Client().post(last_link(), follow=True).status_code == 200
    assert Subscription.objects.get().confirmed_at == subscription.confirmed_at


def test_policies_can_be_followed_too(policy, client, sign_up):
    assert client.get(link_on(client, policy.url)).status_code == 200
    form = client.get(link_on(client, reverse("policy_updates")))
    assert "All policy updates" in main_text(form)
    sign_up(page=None)
    client.post(last_link())
    subscription = Subscription.objects.get()
    assert subscription.page is None
    assert subscription.confirmed_at is not None


def test_pages_that_are_private_or_no_target_are_404(
    section, make_page, client, sign_up
):
    private = make_page(PolicyUpdatePageFactory, title="Secret plan")
    make_private(private)
    draft = make_page(PolicyUpdatePageFactory, live=False)
    standard = make_page(StandardPageFactory)
    missing = client.get(reverse("subscribe"), {"page": 999999}).content
    for page in (private, draft, standard):
        shown = client.get(reverse("subscribe"), {"page": page.pk})
        assert (shown.status_code, shown.content) == (404, missing)
        assert sign_up(page=page).status_code == 404
    for number in ("x", "-1", "1" * 30, "²", "0", "1\0"):
        shown = client.get(reverse("subscribe"), {"page": number})
        assert shown.status_code == 404
    assert mail.outbox == []


@pytest.mark.parametrize("known", ["new", "unconfirmed", "confirmed", "stopped"])
def test_response_does_not_reveal_subscriptions(
    section, client, sign_up, make_subscription, known
):
    if known != "new":
        made = make_subscription(confirmed=known != "unconfirmed")
    if known == "stopped":
        Subscriber.objects.update(suppressed_at=timezone.now())
    response = sign_up(frequency="weekly")
    assert response["Location"] == f"{reverse('subscribe_sent')}?page={section.pk}"
    (message,) = mail.outbox
    if known == "confirmed":
        assert "already" in message.body
        assert "Your email updates" in main_text(client.get(last_link()))
        subscription = Subscription.objects.get()
        assert subscription.frequency == "at-once"
        assert subscription.confirmed_at == made.confirmed_at
        return
    client.post(last_link())
    subscription = Subscription.objects.get()
    assert subscription.is_active
    if known == "stopped":
        # Later than the bounce report, which may be imported again.
        assert subscription.confirmed_at > made.confirmed_at


def test_an_address_is_one_however_it_is_typed(client, sign_up):
    sign_up(" Ann@BÜCHER.example\r\n")
    first = last_link()
    sign_up("ann@xn--bcher-kva.example", frequency="weekly")
    assert Subscriber.objects.get().email == "ann@bücher.example"
    # The earlier email works as well.
    client.post(first)
    subscription = Subscription.objects.get()
    assert subscription.is_active
    assert subscription.frequency == "weekly"
    assert [message.to for message in mail.outbox] == [["ann@bücher.example"]] * 2


def test_invalid_address_is_an_error_and_stays_in_the_form(sign_up):
    several = (f"{ANN}\nBcc: all@example.org", f"{ANN},{BOB}", "ann\0@example.org")
    for email in ("", "ann", *several):
        response = sign_up(email)
        assert response.status_code == 422
        html = BeautifulSoup(response.content, "html.parser")
        assert html.title.get_text().startswith("Error:")
        assert html.select_one(".error-summary a")["href"] == "#id_email"
        stays = html.find(id="id_email").get("value", "") == email
        assert stays or "\n" in email or "\0" in email
    html = BeautifulSoup(sign_up(frequency="hourly").content, "html.parser")
    target = html.select_one(".error-summary a")["href"].removeprefix("#")
    assert html.find(id=target)["type"] == "radio"
    assert mail.outbox == []
    assert not Subscriber.objects.exists()


def test_form_keeps_its_values_over_the_rate_limit(settings, sign_up):
    settings.FORM_LIMIT_PER_ADDRESS = 1
    sign_up()
    response = sign_up(BOB, frequency="daily")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    html = BeautifulSoup(response.content, "html.parser")
    assert html.find(id="id_email")["value"] == BOB
    assert html.select_one("[checked]")["value"] == "daily"
    assert not Subscriber.objects.filter(email=BOB).exists()


def from_many_networks(section, times):
    answers = set()
    for number in range(times):
        answer = Client().post(
            f"{reverse('subscribe')}?page={section.pk}",
            {"email": ANN.replace("@", f"+{number}@"), "frequency": "daily"},
            REMOTE_ADDR=f"192.0.2.{number}",
        )
        answers.add((answer.status_code, answer["Location"]))
    assert len(answers) == 1


def test_no_mailbox_can_be_flooded_by_all_its_addresses(section):
    with time_machine.travel(timezone.now().replace(hour=9), tick=False) as clock:
        from_many_networks(section, MAX_PER_DAY + 3)
        assert len(mail.outbox) == MAX_PER_DAY
        clock.shift(timedelta(days=1, minutes=1))
        from_many_networks(section, 1)
        assert len(mail.outbox) == MAX_PER_DAY + 1
    keys = str(list(RateLimitHit.objects.values_list("limit", "key")))
    assert "ann" not in keys


def test_without_its_limit_an_address_would_be_flooded(section, monkeypatch):
    monkeypatch.setattr(RateLimit, "is_reached", lambda *args: False)
    from_many_networks(section, MAX_PER_DAY + 3)
    assert len(mail.outbox) == MAX_PER_DAY + 3


def test_unavailable_mail_server_does_not_use_up_the_limit(
    sign_up, monkeypatch, caplog
):
    def fail(self):
        raise SMTPServerDisconnected(ANN)

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", fail)
        for _ in range(MAX_PER_DAY + 1):
            response = sign_up(frequency="daily")
            assert response.status_code == 503
            assert "We could not send the email" in main_text(response)
            html = BeautifulSoup(response.content, "html.parser")
            assert html.find(id="id_email")["value"] == ANN
    assert ANN not in caplog.text
    assert sign_up(frequency="daily").status_code == 302
    assert len(mail.outbox) == 1


def test_page_that_changes_before_confirmation(section, policy, client, sign_up):
    sign_up(page=policy)
    policy.slug = "elsewhere"
    policy.save_revision().publish()
    html = BeautifulSoup(client.get(last_link()).content, "html.parser")
    assert html.main.a["href"] == f"{section.url}elsewhere/"
    make_private(policy)
    for response in (client.get(last_link()), client.post(last_link())):
        assert response.status_code == 404
        assert "Food plan" not in response.content.decode()
    assert Subscription.objects.get().confirmed_at is None
    policy.delete()
    assert not Subscription.objects.exists()
    response = client.post(last_link())
    assert response.status_code == 404
    assert "This link does not work" in main_text(response)


def test_pending_subscription_is_purged_after_seven_days(
    client, sign_up, make_subscription
):
    remaining = make_subscription(email=BOB)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_up()
        clock.shift(timedelta(days=6))
        # Requesting it again starts another seven days, as for the new link.
        sign_up(page=None)
        clock.shift(timedelta(days=1, minutes=1))
        purge_unconfirmed(timezone.now())
        pending = Subscription.objects.exclude(pk=remaining.pk)
        assert [each.page for each in pending] == [None]
        clock.shift(timedelta(days=6))
        assert client.post(last_link()).status_code == 404
        purge_unconfirmed(timezone.now())
    assert [each.email for each in Subscriber.objects.all()] == [BOB]
    assert Subscription.objects.get() == remaining


def test_bot_learns_nothing_and_another_website_sends_nothing(sign_up, section):
    assert sign_up(website="x").status_code == 302
    client = Client(enforce_csrf_checks=True)
    data = {"email": ANN, "frequency": "daily"}
    address = reverse("subscribe")
    foreign = client.post(address, data, HTTP_ORIGIN="https://evil.example")
    assert foreign.status_code == 403
    assert mail.outbox == []
    assert not Subscriber.objects.exists()
    own = client.post(address, data, HTTP_ORIGIN="http://testserver")
    assert own.status_code == 302
    assert len(mail.outbox) == 1
