"""No one tries passwords or codes one after the other: five, then five minutes.

Strangers keep no officer out of a device on which they have signed in.
"""

import inspect
import re
from itertools import cycle, islice

import pytest
from allauth.mfa.signals import authentication_failed
from django.core.cache import caches
from django.test import Client

from stockton_cms.accounts import allauth_internals
from tests.stockton_cms.accounts.conftest import PASSWORD, is_in, try_to_sign_in

pytestmark = pytest.mark.django_db
MOST = 5
AUTHENTICATE = "/account/two-factor/authenticate/"
OTHER = "another horse battery staple"


def guess(client, times, logins=("ann",), **more):
    for number, login in enumerate(islice(cycle(logins), times)):
        headers = {
            key: make(number) if callable(make) else make for key, make in more.items()
        }
        try_to_sign_in(client, login, f"wrong {number}", **headers)


def address(number):
    return f"10.0.{number // 250}.{number % 250 + 1}"


def elsewhere(number):
    return address(number + 20)


def test_five_of_200_tries_are_judged(officer, client, judged):
    guess(client, 200)
    assert len(judged) == MOST
    response = try_to_sign_in(client)
    assert response.status_code == 429
    assert "Wait 5 minutes" in response.content.decode()
    assert not is_in(client)


def test_without_limits_all_are(officer, client, judged, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    guess(client, 20)
    assert len(judged) == 20


NAMES = [f"name{number}" for number in range(20)]
ANN = ["ann", "ANN", "ann@example.gov.uk", "Ann@example.gov.uk", " ann"]


@pytest.mark.parametrize(
    ("logins", "proxies", "headers"),
    [
        (ANN, 0, {"REMOTE_ADDR": address}),
        (
            ["ann"],
            0,
            {"REMOTE_ADDR": address, "HTTP_HOST": lambda number: f"host{number}:80"},
        ),
        (NAMES, 0, {}),
        (NAMES, 0, {"HTTP_X_FORWARDED_FOR": address}),
        (NAMES, 1, {"HTTP_X_FORWARDED_FOR": lambda n: f"{address(n)}, 203.0.113.9"}),
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
    """The control: those above count what they say."""
    guess(client, 20, NAMES, REMOTE_ADDR=address)
    assert len(judged) == 20
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    others = [f"other{number}" for number in range(20)]
    guess(client, 20, others, HTTP_X_FORWARDED_FOR=elsewhere)
    assert len(judged) == 40


def test_all_processes_count_together_in_the_database(officer, client, judged):
    """The default cache is each process's own, or a Redis that may be unavailable."""
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
        client.post(AUTHENTICATE, {"code": wrong}, REMOTE_ADDR=address(number))
    assert len(seen) == MOST
    client.post(AUTHENTICATE, {"code": app_code()}, REMOTE_ADDR=address(30))
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


# Devices that are known


def sign_out(client):
    client.post("/account/logout/")


def device_cookies(client):
    return {name: each for name, each in client.cookies.items() if "known" in name}


@pytest.fixture
def device(make_officer, client):
    """Return a browser in which two officers have signed in and out, often."""
    for name in ("bob", "ann"):
        make_officer(name)
        for _ in range(MOST + 1):
            try_to_sign_in(client, name)
            assert is_in(client)
            sign_out(client)
    assert len(device_cookies(client)) == 2
    return client


def test_strangers_lock_out_other_strangers_only(device, judged):
    guess(Client(), 20, REMOTE_ADDR=address)
    assert len(judged) == MOST
    # From the officers' own network as well.
    guess(Client(), 10, ["ann", "bob"])
    for name in ("ann", "bob"):
        try_to_sign_in(device, name)
        assert is_in(device)
        sign_out(device)
    # Others still sign in from elsewhere, who have not been here.
    other = Client()
    try_to_sign_in(other, "bob")
    assert not is_in(other)
    try_to_sign_in(other, "bob", REMOTE_ADDR="10.0.9.9")
    assert is_in(other)


def test_neither_with_a_code_nor_when_confirming(secured, client, app_code):
    try_to_sign_in(client)
    assert not device_cookies(client)
    client.post(AUTHENTICATE, {"code": app_code()})
    assert device_cookies(client)
    guess(Client(), 10)
    answer = client.post("/account/confirm/", {"password": PASSWORD})
    assert answer.status_code == 302
    sign_out(client)
    try_to_sign_in(client)
    client.post(AUTHENTICATE, {"code": app_code(later=1)})
    assert is_in(client)


def test_without_the_cookie_the_officer_would_be_out(device):
    guess(Client(), 10)
    device.cookies.clear()
    try_to_sign_in(device)
    assert not is_in(device)


def test_device_has_five_guesses_however_often_its_cookie_is_copied(device, judged):
    # Signing in again gives it no more of them.
    guess(device, MOST - 1)
    try_to_sign_in(device)
    sign_out(device)
    for number in range(20):
        thief = Client()
        thief.cookies.update(device_cookies(device))
        try_to_sign_in(thief, password="wrong", REMOTE_ADDR=address(number))
    assert len(judged) == MOST
    # Not even the right password then, until five minutes are over.
    try_to_sign_in(device)
    assert not is_in(device)


def test_cookie_that_is_forged_or_of_another_account_is_worth_nothing(device, judged):
    bobs, anns = device_cookies(device).items()
    for value in (bobs[1].value, "", "x", "a:b:c", "\x00", "é", "9" * 4000):
        judged.clear()
        caches["sign_in"].clear()
        forged = Client()
        forged.cookies[anns[0]] = value
        guess(forged, 8, REMOTE_ADDR=address)
        guess(Client(), 8, REMOTE_ADDR=elsewhere)
        assert len(judged) == MOST, value


def test_new_password_ends_what_is_known(device, django_user_model):
    officer = django_user_model.objects.get(username="ann")
    officer.set_password(OTHER)
    officer.save()
    guess(Client(), 10)
    try_to_sign_in(device, password=OTHER)
    assert not is_in(device)


def test_cookie_is_as_safe_as_that_of_the_session(officer, client, settings):
    settings.SESSION_COOKIE_SECURE = True
    try_to_sign_in(client, secure=True)
    ((name, cookie),) = device_cookies(client).items()
    assert name.startswith("__Host-")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert officer.username not in cookie.value
