"""Links in emails: signed for one purpose, without an address, never leaked."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.utils import timezone

from community.models import Subscriber
from community.subscriptions.emails import (
    CONFIRM,
    MANAGE,
    UNSUBSCRIBE,
    UNSUBSCRIBE_ALL,
    InvalidLinkError,
)
from tests.community.subscriptions.conftest import link_path

LINKS = (CONFIRM, MANAGE, UNSUBSCRIBE, UNSUBSCRIBE_ALL)


@pytest.fixture
def addresses(make_subscription):
    subscription = make_subscription()
    return {link: link_path(link, subscription) for link in LINKS}


def token_of(address):
    return address.partition("?link=")[2]


def test_a_link_serves_its_own_purpose_only_and_holds_no_email_address(addresses):
    for link, address in addresses.items():
        token = token_of(address)
        assert "ann" not in str(signing.loads(token, salt=link._salt))
        assert "@" not in address
        assert link.read(token)[0]
        for other in set(LINKS) - {link}:
            with pytest.raises(InvalidLinkError):
                other.read(token)


def test_link_works_until_it_expires_or_is_cancelled(client, make_subscription):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        subscription = make_subscription()
        addresses = {link: link_path(link, subscription) for link in LINKS}
        for days, confirmed in ((6.9, 200), (0.2, 404), (900, 404)):
            clock.shift(timedelta(days=days))
            for link, address in addresses.items():
                expected = confirmed if link == CONFIRM else 200
                assert client.get(address).status_code == expected
        Subscriber.objects.update(token_version=1)
        for address in addresses.values():
            for send in (client.get, client.post):
                assert send(address).status_code == 404
    assert Subscriber.objects.get().subscriptions.exists()


def test_link_never_leads_to_a_later_subscriber_with_the_same_key(addresses):
    """After a restore, primary keys are used again."""
    first = Subscriber.objects.get()
    pk = first.pk
    first.delete()
    Subscriber.objects.create(pk=pk, email="b@example.org", email_key="b@example.org")
    for link, address in addresses.items():
        assert link.read(token_of(address))[0] is None


def test_page_behind_a_link_is_not_cached_and_leaks_no_token(client, addresses):
    for address in addresses.values():
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
