"""Signing up for email updates: the form, the email and the button to confirm."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community.models import Subscriber, Subscription
from community.subscriptions import services, transactional_emails
from community.subscriptions.services import purge_unconfirmed
from home.rate_limits import RateLimit, RateLimitHit
from tests.community.subscriptions.conftest import ANN, last_link
from tests.factories import (
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)


def tokenise(response):
    html = BeautifulSoup(response.content, "html.parser")
    return " ".join(html.main.get_text(" ").split())


def make_private(page):
    PageViewRestriction.objects.create(page=page, restriction_type="login")


def follow_link(client, path):
    response = client.get(path)
    return BeautifulSoup(response.content, "html.parser").main.find(
        "a", string="Get email updates"
    )


def test_subscription_starts_once_the_button_is_pressed(section, client, sign_up):
    form = client.get(follow_link(client, section.url)["href"])
    assert "Updates about: Stronger communities" in tokenise(form)
    response = sign_up(frequency="weekly")
    assert "Check your email" in tokenise(client.get(response["Location"]))
    (message,) = mail.outbox
    assert message.to == [ANN]
    assert section.title in message.body
    assert "Once a week" in message.body
    assert not Subscription.objects.exclude(confirmed_at=None).exists()
    shown = client.get(last_link())
    assert "Updates about: Stronger communities" in tokenise(shown)
    assert not Subscription.objects.exclude(confirmed_at=None).exists()
    done = client.post(last_link(), follow=True)
    assert "You've signed up" in tokenise(done)
    subscription = Subscription.objects.get()
    assert (subscription.page_id, subscription.frequency) == (section.pk, "weekly")
    assert subscription.confirmed_at is not None


@pytest.mark.parametrize("kind", [PartnershipPageFactory, PolicyUpdatePageFactory])
def test_partnerships_and_policies_can_be_followed_too(make_page, client, kind):
    page = make_page(kind)
    assert client.get(follow_link(client, page.url)["href"]).status_code == 200


def test_all_policy_updates_can_be_followed(client, sign_up):
    link = follow_link(client, reverse("policy_updates"))
    assert "All policy updates" in tokenise(client.get(link["href"]))
    sign_up(page=None)
    client.post(last_link())
    subscription = Subscription.objects.get()
    assert subscription.page is None
    assert subscription.confirmed_at is not None


def test_cached_pages_have_no_sign_up_form(section, client):
    for path in (section.url, reverse("policy_updates")):
        html = BeautifulSoup(client.get(path).content, "html.parser")
        assert not html.select("[name=email]")


def test_pages_that_are_private_or_no_target_are_404(
    section, make_page, client, sign_up
):
    private = make_page(PolicyUpdatePageFactory, title="Secret plan")
    make_private(private)
    draft = make_page(PolicyUpdatePageFactory, live=False)
    standard = make_page(StandardPageFactory)
    missing = reverse("subscribe") + "?page=999999"
    for page in (private, draft, standard):
        shown = client.get(f"{reverse('subscribe')}?page={page.pk}")
        assert shown.status_code == 404
        assert shown.content == client.get(missing).content
        assert sign_up(page=page).status_code == 404
    assert sign_up().status_code == 302
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("page", ["x", "-1", "1" * 30, "²", "0", "1\0"])
def test_page_that_is_no_number_is_404(home, client, page):
    assert client.get(reverse("subscribe"), {"page": page}).status_code == 404


@pytest.mark.parametrize("known", ["new", "unconfirmed", "confirmed", "stopped"])
def test_response_does_not_reveal_subscriptions(
    section, client, sign_up, make_subscription, known
):
    if known != "new":
        made = make_subscription(
            **({"confirmed_at": None} if known == "unconfirmed" else {})
        )
        if known == "stopped":
            Subscriber.objects.update(suppressed_at=timezone.now())
        first_confirmed_at = made.confirmed_at
    response = sign_up(frequency="weekly")
    assert response["Location"] == f"{reverse('subscribe_sent')}?page={section.pk}"
    (message,) = mail.outbox
    if known == "confirmed":
        assert "already" in message.body
        assert Subscription.objects.get().frequency == "at-once"
        shown = client.get(last_link())
        assert "Your email updates" in tokenise(shown)
    else:
        client.post(last_link())
        subscription = Subscription.objects.get()
        assert subscription.confirmed_at is not None
        assert subscription.subscriber.suppressed_at is None
    if known == "confirmed":
        assert Subscription.objects.get().confirmed_at == first_confirmed_at
    elif known == "stopped":
        # Later than the bounce report, which may be imported again.
        assert Subscription.objects.get().confirmed_at > first_confirmed_at


def test_an_address_is_one_whatever_its_capitals_and_its_alphabet(sign_up):
    sign_up("Ann@BÜCHER.example")
    sign_up("ann@xn--bcher-kva.example")
    assert Subscriber.objects.get().email == "ann@bücher.example"
    assert Subscription.objects.count() == 1
    # To the stored address, however it was typed.
    assert [message.to for message in mail.outbox] == [["ann@bücher.example"]] * 2


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ann",
        "ann@example.org\nBcc: all@example.org",
        "ann@example.org,bob@example.org",
        '"a b"@example.org',
        "ķ@example.org",
        "a" * 60 + "@" + ("b" * 60 + ".") * 4 + "org",
        "ann@" + "ü" * 70 + ".example",
        "ann\0@example.org",
    ],
)
def test_invalid_address_is_an_error_and_stays_in_the_form(sign_up, email):
    response = sign_up(email)
    assert response.status_code == 422
    html = BeautifulSoup(response.content, "html.parser")
    assert html.title.get_text().startswith("Error:")
    assert html.select_one(".error-summary a")["href"] == "#id_email"
    assert (
        "\n" in email
        or "\0" in email
        or html.find(id="id_email").get("value", "") == email
    )
    assert mail.outbox == []
    assert not Subscriber.objects.exists()


def test_blanks_and_line_breaks_around_an_address_are_left_out(sign_up):
    assert sign_up(f" {ANN}\r\n").status_code == 302
    assert mail.outbox[0].to == [ANN]


def test_an_unknown_frequency_leads_to_the_first_choice(sign_up):
    response = sign_up(frequency="hourly")
    assert response.status_code == 422
    html = BeautifulSoup(response.content, "html.parser")
    target = html.select_one(".error-summary a")["href"].removeprefix("#")
    assert html.find(id=target)["type"] == "radio"


def test_bot_learns_nothing_and_sends_nothing(sign_up):
    assert sign_up(website="x").status_code == 302
    assert mail.outbox == []
    assert not Subscriber.objects.exists()


def test_form_keeps_its_values_over_the_rate_limit(settings, sign_up):
    settings.FORM_LIMIT_PER_ADDRESS = 1
    sign_up()
    response = sign_up("bob@example.org", frequency="daily")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    html = BeautifulSoup(response.content, "html.parser")
    assert html.find(id="id_email")["value"] == "bob@example.org"
    assert html.select_one("[checked]")["value"] == "daily"
    assert not Subscriber.objects.filter(email="bob@example.org").exists()


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
        from_many_networks(section, transactional_emails.MAX_PER_DAY + 3)
        assert len(mail.outbox) == transactional_emails.MAX_PER_DAY
        clock.shift(timedelta(days=1, minutes=1))
        from_many_networks(section, 1)
        assert len(mail.outbox) == transactional_emails.MAX_PER_DAY + 1
    keys = str(list(RateLimitHit.objects.values_list("limit", "key")))
    assert "ann" not in keys


def test_without_its_limit_an_address_would_be_flooded(section, monkeypatch):
    monkeypatch.setattr(RateLimit, "is_reached", lambda *args: False)
    from_many_networks(section, transactional_emails.MAX_PER_DAY + 3)
    assert len(mail.outbox) == transactional_emails.MAX_PER_DAY + 3


def test_unavailable_mail_server_does_not_use_up_the_limit(sign_up, monkeypatch):
    def fail(self):
        raise SMTPServerDisconnected(ANN)

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", fail)
        for _ in range(transactional_emails.MAX_PER_DAY + 1):
            response = sign_up(frequency="daily")
            assert response.status_code == 503
            assert "We could not send the email" in tokenise(response)
            html = BeautifulSoup(response.content, "html.parser")
            assert html.find(id="id_email")["value"] == ANN
    assert sign_up(frequency="daily").status_code == 302
    assert len(mail.outbox) == 1


def test_page_deleted_during_sign_up_is_404(sign_up, monkeypatch):
    def fail(*arguments):
        raise IntegrityError

    monkeypatch.setattr(services, "request_subscription", fail)
    assert sign_up().status_code == 404


def test_page_deleted_before_confirmation_is_an_invalid_link(
    make_page, client, sign_up
):
    page = make_page(PolicyUpdatePageFactory, title="Food plan")
    sign_up(page=page)
    page.delete()
    response = client.post(last_link())
    assert response.status_code == 404
    assert "This link does not work" in tokenise(response)


def test_a_page_made_private_is_not_named(make_page, client, sign_up):
    page = make_page(PolicyUpdatePageFactory, title="Food plan")
    sign_up(page=page)
    assert "Food plan" in tokenise(client.get(last_link()))
    make_private(page)
    for response in (client.get(last_link()), client.post(last_link())):
        assert response.status_code == 404
        assert "Food plan" not in response.content.decode()
    assert Subscription.objects.get().confirmed_at is None


def test_a_page_that_moved_is_confirmed_under_its_new_address(
    section, make_page, client, sign_up
):
    page = make_page(PolicyUpdatePageFactory)
    sign_up(page=page)
    page.slug = "elsewhere"
    page.save_revision().publish()
    html = BeautifulSoup(client.get(last_link()).content, "html.parser")
    assert html.main.a["href"] == f"{section.url}elsewhere/"


def test_pressing_the_button_twice_or_on_another_device_is_fine(client, sign_up):
    sign_up()
    assert client.post(last_link()).status_code == 302
    confirmed_at = Subscription.objects.get().confirmed_at
    assert Client().post(last_link(), follow=True).status_code == 200
    assert Subscription.objects.get().confirmed_at == confirmed_at


def test_an_earlier_email_works_after_a_second_one(client, sign_up):
    sign_up()
    first = last_link()
    sign_up(frequency="weekly")
    client.post(first)
    subscription = Subscription.objects.get()
    assert (subscription.frequency, subscription.confirmed_at is None) == (
        "weekly",
        False,
    )


def test_pending_subscription_is_purged_after_seven_days(
    client, sign_up, make_subscription
):
    remaining = make_subscription(email="bob@example.org")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_up()
        clock.shift(timedelta(days=6))
        # Requesting it again starts another seven days, as for the new link.
        sign_up(page=None)
        clock.shift(timedelta(days=1, minutes=1))
        purge_unconfirmed(timezone.now())
        assert [each.page for each in _of(ANN)] == [None]
        clock.shift(timedelta(days=6))
        assert client.post(last_link()).status_code == 404
        purge_unconfirmed(timezone.now())
    assert [each.email for each in Subscriber.objects.all()] == ["bob@example.org"]
    assert Subscription.objects.get() == remaining


def _of(email):
    return Subscription.objects.filter(subscriber__email=email)


def test_deleting_a_page_deletes_its_subscriptions(make_page, make_subscription):
    page = make_page(PolicyUpdatePageFactory)
    make_subscription(page)
    page.delete()
    assert not Subscription.objects.exists()


def test_form_of_another_website_is_rejected(section):
    client = Client(enforce_csrf_checks=True)
    data = {"email": ANN, "frequency": "daily"}
    address = reverse("subscribe")
    foreign = client.post(address, data, HTTP_ORIGIN="https://evil.example")
    assert foreign.status_code == 403
    assert mail.outbox == []
    own = client.post(address, data, HTTP_ORIGIN="http://testserver")
    assert own.status_code == 302
    assert len(mail.outbox) == 1
