"""Who has an account signs in with the council's own; no one gets in by a lie (O5)."""

import json
from datetime import UTC, datetime
from html import unescape
from threading import Event

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.core.cache import caches
from django.urls import reverse
from wagtail.models import ModelLogEntry

from stockton_cms.accounts.single_sign_on import find_account
from stockton_cms.settings.environment import single_sign_on
from tests.stockton_cms.accounts.provider import (
    CLIENT_ID,
    SECRET,
    Provider,
    make_key,
)

DISCOVERY = "/.well-known/openid-configuration"
PATHS = (DISCOVERY, "/token", "/keys")
NO_ACCOUNT = "you do not have an account on this site"
FAILED = "We could not sign you in"
RUBBISH = (b"", b"<p>Sorry", b"null", b"[]", b"{}", b'"text"', b"\xff\xfe", b"5")

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider():
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture
def set_up(provider, settings, monkeypatch):
    def set_variables(**variables):
        for name, value in {
            "OIDC_ISSUER": provider.address,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": SECRET,
            "OIDC_NAME": "your Stockton account",
            **variables,
        }.items():
            monkeypatch.setenv(name, value)
        settings.SOCIALACCOUNT_PROVIDERS = single_sign_on()

    caches["sign_in"].clear()
    settings.SECOND_STEP_REQUIRED = True
    set_variables()
    return set_variables


@pytest.fixture
def ann(set_up):
    users = get_user_model().objects
    return users.create_superuser("ann", email="ann@example.org", password=None)


def start(client, **sent):
    response = client.post(reverse("single_sign_on"), sent)
    return response, (response.context or {}).get("address", "")


def come_back(client, said):
    return client.get(reverse("single_sign_on_back"), said)


def sign_in(client, provider, **sent):
    _, address = start(client, **sent)
    return come_back(client, provider.sign_in(address))


def sign_out(client):
    client.post(reverse("account_logout"))


def is_signed_in(client):
    return "_auth_user_id" in client.session


def assert_refused(client, response, text=FAILED):
    assert response.status_code == 403
    assert text in unescape(response.content.decode())
    assert "no-store" in response["Cache-Control"]
    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()
    assert get_user_model().objects.count() <= 2


def test_person_with_an_account_comes_into_the_admin(client, ann, provider):
    admin = reverse("wagtailadmin_home")
    # The control: a password alone is not excused the second step.
    client.force_login(ann)
    assert client.get(admin)["Location"] == reverse("mfa_index")
    client.logout()
    assert client.get(admin).status_code == 302
    page = client.get(reverse("account_login"), {"next": f"{admin}reports/"})
    assert "Sign in with your Stockton account" in page.content.decode()
    response = sign_in(client, provider, next=f"{admin}reports/")
    assert (response.status_code, response["Location"]) == (302, f"{admin}reports/")
    assert client.get(admin).status_code == 200
    account = SocialAccount.objects.get()
    assert (account.user, account.provider, account.uid, account.extra_data) == (
        *(ann, provider.address, "0001"),
        {},
    )
    [entry] = ModelLogEntry.objects.filter(action="account.sign_in")
    assert (entry.user, entry.data["by_single_sign_on"]) == (ann, True)
    # No one is sent to another site.
    sign_out(client)
    response = sign_in(client, provider, next="https://example.org/")
    assert response["Location"] == admin


def test_person_is_known_again_by_the_name_at_the_provider(client, ann, provider):
    sign_in(client, provider)
    sign_out(client)
    ann.email = "ann.other@example.org"
    ann.save()
    provider.claims["email_verified"] = False
    assert sign_in(client, provider).status_code == 302
    assert is_signed_in(client)
    assert SocialAccount.objects.count() == 1
    # Ann leaves, and another person gets the address that was hers.
    sign_out(client)
    get_user_model().objects.update(email="ann@example.org")
    provider.claims |= {"sub": "0002", "email_verified": True}
    response = sign_in(client, provider)
    assert NO_ACCOUNT in response.content.decode()
    assert not is_signed_in(client)


def test_ones_own_second_step_is_asked_for_and_closed_accounts_stay_closed(
    client, ann, provider
):
    Authenticator.objects.create(user=ann, type="totp", data={"secret": "x"})
    assert sign_in(client, provider)["Location"] == reverse("mfa_authenticate")
    assert not is_signed_in(client)
    Authenticator.objects.all().delete()
    ann.is_active = False
    ann.save()
    response = sign_in(client, provider)
    assert response["Location"] == reverse("account_inactive")
    assert client.get(response["Location"]).status_code == 200
    assert not is_signed_in(client)


NOT_ANN = [
    {"email": "bob@example.org"},
    {"email": None},
    {"email": ""},
    {"email": ["ann@example.org"]},
    {"email_verified": False},
    {"email_verified": "false"},
    {"email_verified": None},
    {"email": "ann@example.org\0"},
    # Which is a `k` in small letters.
    {"email": "\N{KELVIN SIGN}im@example.org"},
]


def test_nobody_gets_an_account_by_signing_in(client, ann, provider):
    kim = get_user_model().objects.create_user("kim", email="kim@example.org")
    truth = dict(provider.claims)
    for claims in NOT_ANN:
        provider.claims = truth | claims
        assert_refused(client, sign_in(client, provider), NO_ACCOUNT)
    provider.claims = truth | {"email": "Kim@example.org"}
    sign_in(client, provider)
    assert client.session["_auth_user_id"] == str(kim.pk)
    sign_out(client)
    SocialAccount.objects.all().delete()
    # An address of two accounts is no one's.
    get_user_model().objects.update(email=ann.email)
    provider.claims = truth
    assert_refused(client, sign_in(client, provider), NO_ACCOUNT)


def test_domain_counts_where_the_provider_does_not_say(client, ann, provider, set_up):
    set_up(OIDC_EMAIL_DOMAINS="example.org")
    provider.claims["email_verified"] = False
    assert_refused(client, sign_in(client, provider), NO_ACCOUNT)
    del provider.claims["email_verified"]
    for domain in ("ample.org", "org", "www.example.org", "@", ""):
        set_up(OIDC_EMAIL_DOMAINS=domain)
        assert_refused(client, sign_in(client, provider), NO_ACCOUNT)
    for domains in ("example.org", "gov.uk, Example.ORG"):
        set_up(OIDC_EMAIL_DOMAINS=domains)
        assert sign_in(client, provider).status_code == 302
        assert is_signed_in(client)
        sign_out(client)
        SocialAccount.objects.all().delete()


FALSE_CLAIMS = [
    {"nonce": "another"},
    {"nonce": "é"},
    {"nonce": None},
    {"aud": "another"},
    {"aud": [CLIENT_ID, "another"]},
    {"aud": None},
    {"iss": "https://example.org"},
    {"iss": None},
    {"exp": datetime(2026, 1, 1, tzinfo=UTC).timestamp()},
    {"exp": None},
    {"nbf": datetime(2099, 1, 1, tzinfo=UTC).timestamp()},
    {"sub": None},
    {"sub": ""},
    {"sub": 5},
    {"sub": "\0"},
    {"sub": "x" * 192},
]
FALSE_SIGNATURES = {
    "no signature": {"signed_with": None, "algorithm": "none"},
    "other key": {"signed_with": make_key()},
    "secret": {"signed_with": "x" * 32, "algorithm": "HS256"},
    "key not known": {"headers": {"kid": "another"}},
    "key not named": {"headers": {}},
}


def test_false_token_signs_nobody_in(client, ann, provider):
    truth = dict(provider.claims)
    for claims in FALSE_CLAIMS:
        provider.claims = truth | claims
        assert_refused(client, sign_in(client, provider))
    for lie in FALSE_SIGNATURES.values():
        with pytest.MonkeyPatch.context() as patch:
            for name, value in lie.items():
                patch.setattr(provider, name, value)
            assert_refused(client, sign_in(client, provider))
    # The control; and the audience may be in a list.
    provider.claims = truth | {"aud": [CLIENT_ID]}
    assert sign_in(client, provider).status_code == 302
    assert is_signed_in(client)


def test_state_that_is_not_ours_asks_the_provider_nothing(client, ann, provider):
    _, address = start(client)
    said = provider.sign_in(address)
    # Nor is that of another browser.
    other = type(client)()
    assert_refused(other, come_back(other, said))
    provider.asked.clear()
    for state in (None, "", "another", "\0", "x" * 5000):
        lie = {"code": said["code"], **({} if state is None else {"state": state})}
        assert_refused(client, come_back(client, lie))
    assert not provider.asked
    come_back(client, said)
    assert is_signed_in(client)
    # No one comes back twice.
    sign_out(client)
    assert come_back(client, said).status_code == 403
    assert not is_signed_in(client)


def test_what_the_provider_answers_instead_is_said(client, ann, provider):
    for error, text in (
        ("access_denied", "You cancelled"),
        ("server_error", FAILED),
        ("\n\0", FAILED),
    ):
        _, address = start(client)
        said = {"state": provider.sign_in(address)["state"], "error": error}
        assert_refused(client, come_back(client, said), text)
    # Nor does it lead to a script.
    lie = {**provider.configuration, "authorization_endpoint": "javascript:x"}
    provider.instead[DISCOVERY] = json.dumps(lie).encode()
    assert_refused(client, start(client)[0])


def test_account_that_is_closed_meanwhile_stays_so(client, ann, provider, monkeypatch):
    """An administrator closes it while the person is on the way back."""

    def close_after_finding(sociallogin):
        user = find_account(sociallogin)
        get_user_model().objects.update(is_active=False)
        return user

    name = "stockton_cms.accounts.single_sign_on.find_account"
    monkeypatch.setattr(name, close_after_finding)
    sign_in(client, provider)
    ann.refresh_from_db()
    assert not ann.is_active


@pytest.mark.parametrize("path", PATHS)
def test_provider_that_is_slow_or_answers_rubbish_is_said(
    path, client, ann, provider, settings
):
    for rubbish in RUBBISH:
        provider.instead.clear()
        caches["sign_in"].clear()
        _, address = start(client)
        said = provider.sign_in(address)
        provider.instead[path] = rubbish
        if path == DISCOVERY:
            assert_refused(client, start(client)[0])
        assert_refused(client, come_back(client, said))
    provider.instead.clear()
    assert settings.SOCIALACCOUNT_REQUESTS_TIMEOUT == 5
    _, address = start(client)
    said = provider.sign_in(address)
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.05
    is_over = Event()
    provider.instead[path] = lambda: is_over.wait(10) and b"{}"
    assert_refused(client, come_back(client, said))
    is_over.set()


def test_provider_that_is_unavailable_is_said(client, ann, provider):
    _, address = start(client)
    said = provider.sign_in(address)
    provider.stop()
    assert_refused(client, start(client)[0])
    assert_refused(client, come_back(client, said))


def test_start_takes_a_form_and_not_again_and_again(client, ann, provider):
    assert client.get(reverse("single_sign_on")).status_code == 405
    assert client.post(reverse("single_sign_on_back")).status_code == 405
    assert not provider.asked
    statuses = [start(client)[0].status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    assert len(provider.asked) == 30


def test_without_its_variables_there_is_no_single_sign_on(client, settings, db):
    settings.SOCIALACCOUNT_PROVIDERS = single_sign_on()
    assert settings.SOCIALACCOUNT_PROVIDERS == {}
    page = client.get(reverse("account_login")).content.decode()
    assert reverse("single_sign_on") not in page
    assert client.post(reverse("single_sign_on")).status_code == 404
    assert client.get(reverse("single_sign_on_back")).status_code == 404


def test_half_of_its_variables_stops_the_start(set_up):
    for variable, value in (
        ("OIDC_ISSUER", ""),
        ("OIDC_CLIENT_ID", ""),
        ("OIDC_CLIENT_SECRET", ""),
        ("OIDC_ISSUER", "http://login.example.org"),
        ("OIDC_ISSUER", "login.example.org"),
        ("OIDC_ISSUER", f"https://login.example.org/{'x' * 180}"),
    ):
        with pytest.raises(SystemExit, match=variable):
            set_up(**{variable: value})
