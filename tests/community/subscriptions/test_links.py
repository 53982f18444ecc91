"""Links in emails: signed for one purpose, without an address, never leaked."""

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
from tests.community.subscriptions.conftest import link_path

LINKS = (CONFIRM, MANAGE, UNSUBSCRIBE, UNSUBSCRIBE_ALL)


def token_of(address):
    return address.partition("?link=")[2]


def test_a_link_serves_its_own_purpose_only_and_holds_no_email_address(
    make_subscription,
):
    subscription = make_subscription()
    for link in LINKS:
        address = link_path(link, subscription)
        assert address.startswith("/follow/")
        token = token_of(address)
        held = str(signing.loads(token, salt=link._salt))
        assert "ann" not in held
        assert "@" not in address
        assert link.read(token)[0]
        for other in set(LINKS) - {link}:
            with pytest.raises(InvalidLinkError):
                other.read(token)


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
def test_link_works_until_it_expires_or_is_cancelled(client, make_subscription, link):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        address = link_path(link, make_subscription())
        clock.shift(timedelta(days=6, hours=23))
        assert client.get(address).status_code == 200
        for later in (timedelta(hours=2), timedelta(days=900)):
            clock.shift(later)
            expected = 404 if link == CONFIRM else 200
            assert client.get(address).status_code == expected
        Subscriber.objects.update(token_version=1)
        for send in (client.get, client.post):
            assert send(address).status_code == 404
    assert Subscriber.objects.get().subscriptions.exists()


def test_link_never_leads_to_a_later_subscriber_with_the_same_key(make_subscription):
    """After a restore, primary keys are used again."""
    first = make_subscription()
    tokens = {link: token_of(link_path(link, first)) for link in LINKS}
    pk = first.subscriber_id
    first.subscriber.delete()
    Subscriber.objects.create(pk=pk, email="b@example.org", email_key="b@example.org")
    for link, token in tokens.items():
        assert link.read(token)[0] is None


def test_page_behind_a_link_is_not_cached_and_leaks_no_token(client, make_subscription):
    subscription = make_subscription()
    for link in LINKS:
        address = link_path(link, subscription)
        for response in (client.get(address), client.get(f"{address}x")):
            assert "no-store" in response["Cache-Control"]
            assert "noindex" in response["X-Robots-Tag"]
            # Keeps the token out of the Referer header.
            assert response["Referrer-Policy"] == "strict-origin"
            assert not response.cookies
            assert token_of(address) not in response.content.decode()
        for token in ("", "a:b:c", "\0", "ä", "::", "W10:1:x", "x" * 5000):
            response = client.get(address.partition("?")[0], {"link": token})
            assert response.status_code == 404
            assert "This link does not work" in response.content.decode()
