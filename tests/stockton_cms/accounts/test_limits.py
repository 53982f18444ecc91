"""No one tries passwords or codes one after the other: five, then five minutes."""

from itertools import cycle, islice

import pytest
from allauth.mfa.signals import authentication_failed
from django.core.cache import caches

from tests.stockton_cms.accounts.conftest import is_in, try_to_sign_in

pytestmark = pytest.mark.django_db
MOST = 5


def guess(client, times, logins=("ann",), **more):
    """Send wrong passwords, each time with the next name."""
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
    assert try_to_sign_in(client).status_code == 429
    assert not is_in(client)


def test_sixth_is_told_to_wait(officer, client):
    guess(client, MOST)
    response = try_to_sign_in(client)
    assert "Wait 5 minutes" in response.content.decode()
    assert not is_in(client)


def test_without_limits_all_are(officer, client, judged, settings):
    """Prove that the tests would see them."""
    settings.ACCOUNT_RATE_LIMITS = False
    guess(client, 20)
    assert len(judged) == 20


def test_one_account_has_five_tries_from_everywhere(officer, client, judged):
    guess(client, 20, REMOTE_ADDR=address)
    assert len(judged) == MOST


def test_another_way_to_write_the_name_is_no_other_account(officer, client, judged):
    names = ["ann", "ANN", "ann@example.gov.uk", "Ann@example.gov.uk", " ann"]
    guess(client, 20, names, REMOTE_ADDR=address)
    assert len(judged) == MOST


def test_another_host_or_port_is_no_other_account(officer, client, judged, settings):
    settings.ALLOWED_HOSTS = ["*"]
    hosts = {"HTTP_HOST": lambda number: f"host{number}:80"}
    guess(client, 20, REMOTE_ADDR=address, **hosts)
    assert len(judged) == MOST


def test_one_address_has_five_tries_at_all_accounts(officer, client, judged):
    guess(client, 20, [f"name{number}" for number in range(20)])
    assert len(judged) == MOST


def test_each_address_and_account_has_its_own(officer, client, judged):
    """Prove that the two above count what they say."""
    guess(client, 20, [f"name{number}" for number in range(20)], REMOTE_ADDR=address)
    assert len(judged) == 20


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


@pytest.mark.parametrize("proxies", [0, 1])
def test_forged_addresses_do_not_help(officer, client, judged, settings, proxies):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    logins = [f"name{number}" for number in range(20)]
    end = ", 203.0.113.9" if proxies else ""
    forged = {"HTTP_X_FORWARDED_FOR": lambda number: address(number) + end}
    guess(client, 20, logins, **forged)
    assert len(judged) == MOST


def test_the_proxys_word_counts_behind_one(officer, client, judged, settings):
    """Prove that everyone behind a proxy is not one address."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    logins = [f"name{number}" for number in range(20)]
    guess(client, 20, logins, HTTP_X_FORWARDED_FOR=address)
    assert len(judged) == 20


def test_all_processes_count_together(officer, client, judged):
    """The default cache is each process's own, or a Redis that may be away."""
    for _ in range(4):
        guess(client, 3)
        caches["default"].clear()
    assert len(judged) == MOST


def test_count_is_in_the_database(officer, client, judged):
    """Prove that it is that one which counts."""
    guess(client, 10)
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
