"""Fixtures of the tests of enquiries."""

import time

import pytest
from django.urls import reverse

from search.enquiries.forms import SIGNER


def shown_seconds_ago(seconds):
    """Return what the form carries when it was shown so long ago."""
    return SIGNER.sign(str(time.time() - seconds))


@pytest.fixture
def send(home, client):
    """Return a function that sends the form as a person who took their time."""

    def post(**values):
        data = {"message": "A blue bin", "shown_at": shown_seconds_ago(60), **values}
        sent = {name: value for name, value in data.items() if value is not None}
        return client.post(reverse("enquiry"), sent)

    return post
