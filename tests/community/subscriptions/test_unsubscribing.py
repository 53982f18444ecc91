"""Unsubscribing by the link in emails, by a button or by one click (RFC 8058)."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community.models import Subscription
from community.subscriptions.emails import UNSUBSCRIBE, UNSUBSCRIBE_ALL, UpdateEmail
from home.notifications.outbox import Notification
from tests.community.subscriptions.conftest import BOB, link_path, main_text

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def mail_server():
    return Client(enforce_csrf_checks=True)


def to_deliver(subscription, state=Notification.State.WAITING):
    return Notification.objects.create(
        kind=UpdateEmail.name,
        recipient=str(subscription.subscriber_id),
        key=str(Notification.objects.count()),
        context={"subscription": subscription.pk},
        state=state,
        due_at=timezone.now(),
    )


def test_a_get_changes_nothing_and_shows_one_button(client, make_subscription, policy):
    address = link_path(UNSUBSCRIBE, make_subscription(policy))
    client.head(address)
    response = client.get(address)
    assert "Food plan" in main_text(response)
    html = BeautifulSoup(response.content, "html.parser")
    assert len(html.main.select("button")) == 1
    assert Subscription.objects.count() == 1


def test_one_click_unsubscribes_and_can_be_repeated(
    mail_server, make_subscription, policy
):
    remaining, ended = make_subscription(), make_subscription(policy)
    waiting = to_deliver(remaining)
    to_deliver(ended)
    sent = to_deliver(ended, Notification.State.SENT)
    address = link_path(UNSUBSCRIBE, ended)
    for _ in range(2):
        response = mail_server.post(address, ONE_CLICK)
        # Mail servers follow no redirect.
        assert response.status_code == 200
        assert "You have unsubscribed" in main_text(response)
        assert not response.cookies
    assert Subscription.objects.get() == remaining
    assert list(Notification.objects.order_by("pk")) == [waiting, sent]
    assert "You have unsubscribed" in main_text(mail_server.get(address))
    # It ends a later subscription too; a forged one ends nothing.
    make_subscription(policy)
    assert mail_server.post(f"{address}x", ONE_CLICK).status_code == 404
    assert Subscription.objects.count() == 2
    kind = "application/x-www-form-urlencoded"
    mail_server.post(address, "List-Unsubscribe=One-Click", content_type=kind)
    assert Subscription.objects.get() == remaining


def test_unsubscribing_from_all(client, mail_server, make_subscription, policy):
    others = make_subscription(email=BOB)
    subscriber = make_subscription(policy).subscriber
    last = make_subscription(None)
    to_deliver(last)
    address = link_path(UNSUBSCRIBE_ALL, last)
    assert "Unsubscribe from all our email updates?" in main_text(client.get(address))
    assert subscriber.subscriptions.count() == 2
    assert mail_server.post(address, ONE_CLICK).status_code == 200
    assert Subscription.objects.get() == others
    assert not Notification.objects.exists()
    subscriber.delete()
    assert mail_server.post(address, ONE_CLICK).status_code == 200


def test_a_page_that_is_gone_or_private_is_not_named(client, make_subscription, policy):
    address = link_path(UNSUBSCRIBE, make_subscription(policy))
    PageViewRestriction.objects.create(page=policy, restriction_type="login")
    response = client.get(address)
    assert "Food plan" not in response.content.decode()
    assert len(BeautifulSoup(response.content, "html.parser").main.select("button"))
    policy.delete()
    assert "You have unsubscribed" in main_text(client.get(address))
