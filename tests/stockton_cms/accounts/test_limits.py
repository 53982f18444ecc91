"""No one tries passwords or codes one after the other: five, then five minutes."""

import inspect
import re
from itertools import cycle, islice

import pytest
from allauth.mfa.signals import authentication_failed
from django.core.cache import caches

from stockton_cms.accounts import allauth_internals
from tests.stockton_cms.accounts.conftest import is_in, try_to_sign_in

pytestmark = pytest.mark.django_db
MOST = 5


def guess(client, times, logins=("ann",), **more):
    for number, login in enumerate(islice(cycle(logins), times)):
        headers = {
            key: make(number) if callable(make) else make for key, make in more.items()
        }
        try_to_sign_in(client, login, f"wrong {number}", **headers)


def address(number):
    return f"10.0.{number // 250}.{number % 250 + 1}"


def test_five_of_200_tries_are_judged(officer, client, judged):
    guess(client, 200)
    assert len(judged) == MOST
    response = try_to_sign_in(client)
    assert response.status_code == 429
    assert "Wait 5 minutes" in response.content.decode()
    assert not is_in(client)


def test_without_limits_all_are(officer, client, judged, settings):
    """Prove that the tests would see them."""
    settings.ACCOUNT_RATE_LIMITS = False
    guess(client, 20)
    assert len(judged) == 20


NAMES = [f"name{number}" for number in range(20)]
ANN = ["ann", "ANN", "ann@example.gov.uk", "Ann@example.gov.uk", " ann"]


def host(number):
    return f"host{number}:80"


def behind_proxy(number):
    return f"{address(number)}, 203.0.113.9"


@pytest.mark.parametrize(
    ("logins", "proxies", "headers"),
    [
        (ANN, 0, {"REMOTE_ADDR": address}),
        (["ann"], 0, {"REMOTE_ADDR": address, "HTTP_HOST": host}),
        (NAMES, 0, {}),
        (NAMES, 0, {"HTTP_X_FORWARDED_FOR": address}),
        (NAMES, 1, {"HTTP_X_FORWARDED_FOR": behind_proxy}),
    ],
    ids=["one account", "hosts", "one address", "forged address", "behind a proxy"],
)
def test_one_account_or_address_has_five_tries(
    officer, client, judged, settings, logins, proxies, headers
):
    settings.ALLOWED_HOSTS = ["*"]
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    guess(client, 20, logins, **headers)
    assert len(judged) == MOST


def test_each_address_and_account_has_its_own(officer, client, judged, settings):
    """Prove that those above count what they say."""
    guess(client, 20, NAMES, REMOTE_ADDR=address)
    assert len(judged) == 20
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    others = [f"other{number}" for number in range(20)]
    forwarded = {"HTTP_X_FORWARDED_FOR": lambda number: address(number + 20)}
    guess(client, 20, others, **forwarded)
    assert len(judged) == 40


def test_others_still_sign_in_from_elsewhere(make_officer, client):
    make_officer("ann")
    make_officer("bob")
    guess(client, 10)
    try_to_sign_in(client, "bob")
    assert not is_in(client)
    try_to_sign_in(client, "bob", REMOTE_ADDR="10.0.0.9")
    assert is_in(client)


def test_what_was_right_is_no_try(officer, client, judged):
    for _ in range(MOST + 2):
        try_to_sign_in(client)
        assert is_in(client)
        client.post("/account/logout/")


def test_all_processes_count_together_in_the_database(officer, client, judged):
    """The default cache is each process's own, or a Redis that may be away."""
    for _ in range(4):
        guess(client, 3)
        caches["default"].clear()
    assert len(judged) == MOST
    # The control: it is this one which counts.
    caches["sign_in"].clear()
    guess(client, 10)
    assert len(judged) == 2 * MOST


def test_codes_are_counted_as_passwords_are(secured, client, app_code):
    seen = []

    def note(**kwargs):
        seen.append(kwargs)

    authentication_failed.connect(note)
    try_to_sign_in(client)
    for number in range(20):
        wrong = f"{(int(app_code()) + 1 + number) % 1_000_000:06}"
        path = "/account/two-factor/authenticate/"
        client.post(path, {"code": wrong}, REMOTE_ADDR=address(number))
    assert len(seen) == MOST
    client.post(path, {"code": app_code()}, REMOTE_ADDR=address(30))
    assert not is_in(client)


def test_asking_for_mails_is_limited_alike_for_all(
    officer, client, sent_at_once, mailoutbox
):
    for login in ("ann@example.gov.uk", "nobody@example.gov.uk"):
        answers = [
            client.post(
                "/account/password/", {"email": login}, REMOTE_ADDR=address(number)
            ).status_code
            for number in range(5)
        ]
        assert answers == [302, 302, 302, 429, 429]
    assert len(mailoutbox) == 3


@pytest.mark.parametrize("module", allauth_internals.USES_CACHE)
def test_allauth_reads_the_cache_by_the_name_that_is_replaced(module):
    source = inspect.getsource(module)
    assert "from django.core.cache import cache\n" in source
    assert re.search(r"(?<!def )\bcache\.(?:get|set|add)\(", source)
