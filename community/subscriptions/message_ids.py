"""The Message-ID of an update: the same each time it is sent, and nobody else's (R4).

A bounce carries it back and thereby proves that it is about an e-mail of ours.
"""

import re
from hmac import compare_digest
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.crypto import salted_hmac

from community.models import Delivery, Subscriber

SALT = "community.subscriptions.message_id"
SHAPE = re.compile(r"<update\.([0-9]{1,18})\.([0-9]{1,18})\.([0-9a-f]{32})@[^<>\s]+>")


def message_id(delivery: Delivery) -> str:
    """Return the id of the e-mail whose first row this is."""
    host = urlsplit(settings.WAGTAILADMIN_BASE_URL).hostname or "localhost"
    person = delivery.subscriber
    proof = _proof(person, delivery.pk)
    return f"<update.{person.pk}.{delivery.pk}.{proof}@{host}>"


def subscriber_of(text: str) -> Subscriber | None:
    """Return whom an e-mail of ours went to, by the first id of ours in a text."""
    for pk, delivery_pk, proof in SHAPE.findall(text):
        person = Subscriber.objects.filter(pk=pk).first()
        if person and compare_digest(_proof(person, int(delivery_pk)), proof):
            return person
    return None


def _proof(person: Subscriber, delivery_pk: int) -> str:
    # After a restore, numbers are given again, but not at the same moment.
    value = f"{person.pk}/{person.created_at.timestamp()}/{delivery_pk}"
    return salted_hmac(SALT, value, algorithm="sha256").hexdigest()[:32]
