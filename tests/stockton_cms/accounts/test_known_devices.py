"""Strangers keep no officer out of a device on which they have signed in."""

import pytest
from django.core.cache import caches
from django.test import Client

from tests.stockton_cms.accounts.conftest import PASSWORD, is_in, try_to_sign_in
from tests.stockton_cms.accounts.test_limits import MOST, address, guess

pytestmark = pytest.mark.django_db
AUTHENTICATE = "/account/two-factor/authenticate/"


def sign_out(client):
    client.post("/account/logout/")


def device_cookies(client):
    return {name: each for name, each in client.cookies.items() if "known" in name}


def with_cookies(cookies):
    client = Client()
    client.cookies.update(cookies)
    return client


@pytest.fixture
def device(officer, client):
    """Return a browser in which the officer has signed in and out."""
    try_to_sign_in(client)
    sign_out(client)
    assert device_cookies(client)
    return client


def test_strangers_lock_out_other_strangers_only(officer, device, judged):
    guess(Client(), 200, REMOTE_ADDR=address)
    assert len(judged) == MOST
    # From the officer's own network as well.
    guess(Client(), 10)
    try_to_sign_in(device)
    assert is_in(device)


def test_neither_at_the_second_step_nor_when_confirming(secured, client, app_code):
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


def test_without_the_cookie_the_officer_would_be_out(officer, device):
    guess(Client(), 10)
    device.cookies.clear()
    try_to_sign_in(device)
    assert not is_in(device)


def test_device_has_five_guesses_however_often_its_cookie_is_copied(
    officer, device, judged
):
    for number in range(40):
        thief = with_cookies(device_cookies(device))
        try_to_sign_in(thief, password="wrong", REMOTE_ADDR=address(number))
    assert len(judged) == MOST
    # Not even the right password then, until five minutes are over.
    try_to_sign_in(device)
    assert not is_in(device)


def test_signing_in_again_gives_the_device_no_more_guesses(officer, device, judged):
    guess(device, MOST - 1)
    try_to_sign_in(device)
    sign_out(device)
    guess(device, MOST)
    assert len(judged) == MOST


def test_cookie_of_one_account_is_worth_nothing_for_another(make_officer, judged):
    ann, bob = make_officer("ann"), make_officer("bob")
    device = Client()
    try_to_sign_in(device, "bob")
    sign_out(device)
    (cookie,) = device_cookies(device).values()
    device.cookies[f"known_device_{ann.pk}"] = cookie.value
    device.cookies[f"known_device_{bob.pk}"] = cookie.value
    guess(device, 20, REMOTE_ADDR=address)
    assert len(judged) == MOST
    guess(Client(), 20, REMOTE_ADDR=lambda number: address(number + 20))
    assert len(judged) == MOST


def test_forged_cookie_is_worth_nothing(officer, judged):
    for value in ("", "x", "a:b:c", "\x00", "é", "9" * 4000):
        judged.clear()
        caches["sign_in"].clear()
        forged = Client()
        forged.cookies[f"known_device_{officer.pk}"] = value
        guess(forged, 8, REMOTE_ADDR=address)
        guess(Client(), 8, REMOTE_ADDR=lambda number: address(number + 20))
        assert len(judged) == MOST, value


def test_new_password_ends_it(officer, device):
    officer.set_password("another horse battery staple")
    officer.save()
    guess(Client(), 10)
    try_to_sign_in(device, password="another horse battery staple")
    assert not is_in(device)


def test_two_officers_of_one_device_are_both_known(make_officer, client):
    make_officer("ann")
    make_officer("bob")
    for name in ("ann", "bob"):
        try_to_sign_in(client, name)
        sign_out(client)
    guess(Client(), 10, ["ann", "bob"])
    for name in ("ann", "bob"):
        try_to_sign_in(client, name)
        assert is_in(client)
        sign_out(client)


def test_cookie_is_as_safe_as_that_of_the_session(officer, client, settings):
    settings.SESSION_COOKIE_SECURE = True
    try_to_sign_in(client, secure=True)
    ((name, cookie),) = device_cookies(client).items()
    assert name.startswith("__Host-")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert str(officer.username) not in cookie.value
