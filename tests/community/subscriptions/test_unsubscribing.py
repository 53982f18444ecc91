"""Ending emails by the link in them, by a button or by one click (RFC 8058)."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community.models import Delivery, Notice, Subscriber, Subscription
from community.subscriptions.links import unsubscribe_all_url, unsubscribe_url
from tests.community.subscriptions.conftest import path_of
from tests.factories import PolicyUpdatePageFactory

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def tokenise(response):
    html = BeautifulSoup(response.content, "html.parser")
    return " ".join(html.main.get_text(" ").split())


@pytest.fixture
def policy(make_page):
    return make_page(PolicyUpdatePageFactory, title="Food plan")


@pytest.fixture
def mail_server():
    """Return what posts for its user: no cookie, no token, no origin."""
    return Client(enforce_csrf_checks=True)


def to_deliver(subscription, state=Delivery.State.WAITING):
    notice = Notice.objects.create(kind="changed", title="Food plan", path="/food/")
    return Delivery.objects.create(
        notice=notice,
        subscriber=subscription.subscriber,
        subscription=subscription,
        state=state,
        due_at=timezone.now(),
    )


def test_a_get_changes_nothing_and_shows_one_button(client, wish, policy):
    address = path_of(unsubscribe_url(wish(policy)))
    for _ in range(2):
        response = client.get(address)
        assert "Food plan" in tokenise(response)
        client.head(address)
    html = BeautifulSoup(response.content, "html.parser")
    assert len(html.main.select("button")) == 1
    assert Subscription.objects.count() == 1


def test_one_click_of_a_mail_program_ends_it_twice_is_fine(mail_server, wish, policy):
    kept, ended = wish(), wish(policy)
    address = path_of(unsubscribe_url(ended))
    for _ in range(2):
        response = mail_server.post(address, ONE_CLICK)
        # Mail servers follow no redirect.
        assert response.status_code == 200
        assert "Your emails have stopped" in tokenise(response)
        assert not response.cookies
    assert Subscription.objects.get() == kept
    assert "Your emails have stopped" in tokenise(mail_server.get(address))


def test_one_click_may_come_as_a_form_of_either_kind(mail_server, wish):
    address = path_of(unsubscribe_url(wish()))
    kind = "application/x-www-form-urlencoded"
    mail_server.post(address, "List-Unsubscribe=One-Click", content_type=kind)
    assert not Subscription.objects.exists()


def test_what_waits_to_be_sent_ends_too(mail_server, wish, policy):
    other, ended = wish(), wish(policy)
    to_deliver(other)
    to_deliver(ended)
    sent = to_deliver(ended, Delivery.State.SENT)
    mail_server.post(path_of(unsubscribe_url(ended)), ONE_CLICK)
    left = Delivery.objects.exclude(subscription=other)
    assert list(left) == [sent]
    assert Delivery.objects.filter(subscription=other).count() == 1


def test_all_can_be_ended_at_once_where_a_subscription_is_gone(
    client, mail_server, wish, policy
):
    wish(email="bob@example.org")
    subscriber = wish(policy).subscriber
    to_deliver(wish(None))
    address = path_of(unsubscribe_all_url(subscriber))
    assert "whatever you follow" in tokenise(client.get(address))
    assert subscriber.subscriptions.count() == 2
    assert mail_server.post(address, ONE_CLICK).status_code == 200
    assert Subscription.objects.get().subscriber.email == "bob@example.org"
    assert not Delivery.objects.exists()
    subscriber.delete()
    assert mail_server.post(address, ONE_CLICK).status_code == 200


def test_an_old_link_ends_what_was_followed_again(mail_server, wish, policy):
    first = wish(policy)
    address = path_of(unsubscribe_url(first))
    first.delete()
    wish(policy)
    mail_server.post(address, ONE_CLICK)
    assert not Subscription.objects.exists()


def test_a_page_that_is_gone_or_private_is_not_named(client, wish, policy):
    address = path_of(unsubscribe_url(wish(policy)))
    PageViewRestriction.objects.create(page=policy, restriction_type="login")
    response = client.get(address)
    assert response.status_code == 200
    assert "Food plan" not in response.content.decode()
    assert len(BeautifulSoup(response.content, "html.parser").main.select("button"))
    policy.delete()
    assert "Your emails have stopped" in tokenise(client.get(address))


def test_a_void_or_wrong_link_ends_nothing(mail_server, wish):
    address = path_of(unsubscribe_url(wish()))
    Subscriber.objects.update(token_version=1)
    for wrong in (address, f"{address}x", address.partition("?")[0]):
        response = mail_server.post(wrong, ONE_CLICK)
        assert response.status_code == 404
        assert "This link does not work" in tokenise(response)
    assert Subscription.objects.exists()
