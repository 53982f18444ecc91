"""The links in emails: signed for one purpose, without an address, told to nobody."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.utils import timezone

from community.models import Subscriber
from community.subscriptions.links import (
    CONFIRM,
    MANAGE,
    UNSUBSCRIBE,
    UNSUBSCRIBE_ALL,
    InvalidLinkError,
)
from tests.community.subscriptions.conftest import ORIGIN, path_of

LINKS = (CONFIRM, MANAGE, UNSUBSCRIBE, UNSUBSCRIBE_ALL)
each_link = pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)


def address_of(link, subscription):
    return link.url(subscription.subscriber, subscription.page_id)


def token_of(address):
    return address.partition("?link=")[2]


@each_link
def test_a_link_is_whole_and_holds_no_address(wish, link):
    address = address_of(link, wish())
    assert address.startswith(f"{ORIGIN}/follow/")
    held = str(signing.loads(token_of(address), salt=link._salt))
    assert "ann" not in held
    assert "@" not in address


@each_link
def test_a_link_serves_its_own_purpose_only(client, wish, link):
    token = token_of(address_of(link, wish()))
    for other in LINKS:
        if other == link:
            assert other.read(token).subscriber
        else:
            with pytest.raises(InvalidLinkError):
                other.read(token)


@each_link
def test_a_link_is_void_once_the_links_are_counted_up(client, wish, link):
    address = path_of(address_of(link, wish()))
    assert client.get(address).status_code == 200
    Subscriber.objects.update(token_version=1)
    for send in (client.get, client.post):
        assert send(address).status_code == 404


@each_link
def test_how_long_a_link_works(client, wish, link):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        address = path_of(address_of(link, wish()))
        clock.shift(timedelta(days=6, hours=23))
        assert client.get(address).status_code == 200
        clock.shift(timedelta(hours=2))
        assert client.get(address).status_code == (404 if link == CONFIRM else 200)
        clock.shift(timedelta(days=900))
        assert client.get(address).status_code == (404 if link == CONFIRM else 200)


@each_link
def test_a_link_never_leads_to_who_gets_the_number_later(client, wish, link):
    """As after a backup is restored, when numbers are given out again."""
    first = wish()
    token = token_of(address_of(link, first))
    pk = first.subscriber_id
    first.subscriber.delete()
    Subscriber.objects.create(pk=pk, email="b@example.org", email_key="b@example.org")
    assert link.read(token).subscriber is None


@each_link
@pytest.mark.parametrize(
    "token", ["", "x", "a:b:c", "\0", "ä", "::", "W10:1:x", "x" * 5000]
)
def test_what_nobody_has_signed_is_no_link(home, client, link, token):
    path = path_of(link.url(Subscriber(pk=1)).partition("?")[0])
    response = client.get(path, {"link": token})
    assert response.status_code == 404
    assert "This link does not work" in response.content.decode()


@each_link
def test_the_page_behind_a_link_is_kept_by_nobody_and_tells_nobody(client, wish, link):
    address = path_of(address_of(link, wish()))
    token = token_of(address)
    for response in (client.get(address), client.get(f"{address}x")):
        assert "no-store" in response["Cache-Control"]
        assert "noindex" in response["X-Robots-Tag"]
        # Neither other sites nor our own log are told what stands after the host.
        assert response["Referrer-Policy"] == "strict-origin"
        assert not response.cookies
        # Nor does any other address on the page carry it on.
        assert token not in response.content.decode()
