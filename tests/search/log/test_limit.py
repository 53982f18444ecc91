"""One network fills the log of searches no further than its share."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from home.rate_limits import RateLimit
from search.log.models import LOG_LIMIT, LoggedSearch


def search(times, network="192.0.2.1"):
    for _ in range(times):
        client = Client(REMOTE_ADDR=network)
        response = client.get(reverse("search"), {"query": "bins"})
        assert response.status_code == 200
    return LoggedSearch.objects.count()


@pytest.fixture
def clock(home):
    noon = timezone.now().replace(hour=12)
    with time_machine.travel(noon, tick=False) as clock:
        yield clock


def test_flood_of_searches_is_answered_and_not_stored(clock):
    assert search(LOG_LIMIT.per_address + 5) == LOG_LIMIT.per_address
    assert search(1, network="192.0.2.2") == LOG_LIMIT.per_address + 1
    clock.shift(LOG_LIMIT.period + timedelta(seconds=1))
    assert search(1) == LOG_LIMIT.per_address + 2


def test_without_the_limit_all_of_it_would_be_stored(clock, monkeypatch):
    monkeypatch.setattr(RateLimit, "is_reached", lambda *args: False)
    assert search(LOG_LIMIT.per_address + 5) == LOG_LIMIT.per_address + 5
