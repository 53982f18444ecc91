from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory

from home.jobs import run_due_jobs
from home.rate_limits import (
    HOUR,
    OVERALL_PERIOD,
    RateLimit,
    RateLimitExceeded,
    RateLimitHit,
    network_of,
    purge_rate_limit_hits,
)
from stockton_cms.security import middleware

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LETTERS = RateLimit("letters", per_address=2, overall=5)

pytestmark = pytest.mark.django_db


def sent_from(address, **headers):
    return RequestFactory(headers=headers).post("/", REMOTE_ADDR=address)


ANN = sent_from("192.0.2.1")


def take(request, at=NOON, limit=LETTERS):
    """Return whether one more is accepted."""
    try:
        limit.hit(request, at)
    except RateLimitExceeded:
        assert limit.is_reached(request, at)
        return False
    return True


def test_so_many_are_taken_in_an_hour_and_no_more(django_assert_num_queries):
    assert [take(ANN) for _ in range(4)] == [True, True, False, False]
    assert RateLimitHit.objects.count() == 2
    with django_assert_num_queries(1):
        assert LETTERS.is_reached(ANN, NOON)
    assert not take(ANN, NOON + HOUR - SECOND)
    with django_assert_num_queries(2):
        assert not LETTERS.is_reached(ANN, NOON + HOUR)
    assert take(ANN, NOON + HOUR)


def test_all_together_have_a_limit_of_their_own_for_minutes_only():
    visitors = [sent_from(f"192.0.2.{number}") for number in range(9)]
    assert [take(each) for each in visitors] == [True] * 5 + [False] * 4
    newcomer = sent_from("198.51.100.1")
    assert not take(newcomer, NOON + OVERALL_PERIOD - SECOND)
    assert take(newcomer, NOON + OVERALL_PERIOD)


def test_without_the_count_everything_would_be_taken(monkeypatch):
    monkeypatch.setattr(RateLimit, "is_reached", lambda *args: False)
    assert all(take(ANN) for _ in range(9))


def test_network_is_what_one_customer_of_a_provider_has(settings):
    for address, network in {
        "192.0.2.1": "192.0.2.1",
        "::ffff:192.0.2.1": "192.0.2.1",
        "2001:db8::ffff:1": "2001:db8::/64",
        "2001:db8:0:1::1": "2001:db8:0:1::/64",
        "": "",
        "nonsense": "",
    }.items():
        assert network_of(sent_from(address)) == network
    # What visitors write is ignored without a proxy.
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    forged = sent_from("192.0.2.1", **{"X-Forwarded-For": "198.51.100.7"})
    assert network_of(forged) == "192.0.2.1"


@pytest.mark.parametrize("own", [", 198.51.100.7", ""], ids=["ours", "forged"])
def test_behind_our_proxy_the_last_entry_counts_and_the_rest_is_forged(settings, own):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    headers = [{"X-Forwarded-For": f"203.0.113.{number}{own}"} for number in range(4)]
    taken = [take(sent_from("127.0.0.1", **each)) for each in headers]
    # With trust in what visitors write they would get round it.
    assert taken == ([True, True, False, False] if own else [True] * 4)


def test_neither_the_address_nor_a_lasting_name_for_it_is_stored():
    assert take(ANN)
    assert take(ANN, NOON + timedelta(days=1))
    first, second = RateLimitHit.objects.order_by("at")
    assert first.key != second.key
    for use in (first, second):
        assert "192.0.2.1" not in f"{use.limit} {use.key}"


def test_what_was_counted_is_purged_within_a_day_but_not_what_still_counts():
    for hours in (0, 1, 11, 12, 13):
        # Noon UTC is 1pm here: eleven hours later it is midnight.
        RateLimitHit.objects.create(limit="x", key="x", at=NOON + hours * HOUR)
    purge_rate_limit_hits(NOON + 12 * HOUR)
    left = RateLimitHit.objects.order_by("at").values_list("at", flat=True)
    assert list(left) == [NOON + hours * HOUR for hours in (11, 12, 13)]
    run_due_jobs(NOON + 36 * HOUR)
    assert not RateLimitHit.objects.exists()
    midnight = NOON + 11 * HOUR
    for number in range(5):
        assert take(sent_from(f"192.0.2.{number}"), midnight - SECOND)
    purge_rate_limit_hits(midnight)
    assert not take(sent_from("192.0.2.9"), midnight)


def test_body_that_is_far_too_large_is_not_read(home, client, monkeypatch):
    sent = {"message": "x" * middleware.MAX_BYTES}
    response = client.post("/cant-find-it/", sent)
    assert response.status_code == 413
    assert "5,000 characters" in response.content.decode()
    for name in ("MAX_BYTES", "MAX_BYTES_IN_PARTS"):
        monkeypatch.setattr(middleware, name, 10_000_000)
    assert client.post("/cant-find-it/", sent).status_code == 422
