"""Officers sign in with a name or an email address and a password (feature O5).

The log says who signed in, failed to, or changed how; never with what.
"""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.models import Group
from django.core.cache.backends.locmem import LocMemCache
from django.urls import NoReverseMatch, get_resolver, reverse
from wagtail.models import ModelLogEntry

from stockton_cms.accounts.roles import role_groups
from tests.stockton_cms.accounts.conftest import (
    PASSWORD,
    SIGN_IN,
    is_in,
    try_to_sign_in,
)

pytestmark = pytest.mark.django_db
FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    r"/\evil.example/",
    r"\\evil.example",
    r"https:\\evil.example",
    "https:///evil.example",
    "https:evil.example",
    " //evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://testserver/",
]
WAGTAILS = ["/admin/login/", "/_util/login/"]
STEP = "/account/two-factor/"


def test_name_and_address_both_sign_in_and_wrong_ones_are_alike(officer, client):
    # As an administrator may have written it.
    officer.email = "Ann@Example.GOV.UK"
    officer.save()
    for login in ("ann", "ANN", " ann ", "ann@example.gov.uk", "Ann@Example.gov.UK"):
        response = try_to_sign_in(client, login)
        assert (response.status_code, response["Location"]) == (302, "/admin/")
        assert is_in(client)
        client.post("/account/logout/")
    for login, password in (
        ("ann", "wrong"),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("ann", ""),
        ("ann", "\0"),
    ):
        response = try_to_sign_in(client, login, password)
        assert response.status_code == 200
        assert not is_in(client)
        if login and password.strip("\0"):
            said = response.content.decode()
            assert "username, email address or password is incorrect" in said


def test_session_before_sign_in_is_not_the_one_after(officer, client):
    session = client.session
    session["before"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    try_to_sign_in(client)
    assert is_in(client)
    assert client.session.session_key != session.session_key
    assert not client.session.exists(session.session_key)


def test_sessions_end_with_the_password_and_when_an_account_is_closed(officer, client):
    try_to_sign_in(client)
    officer.set_password("another horse battery staple")
    officer.save()
    assert not is_in(client)
    try_to_sign_in(client, password="another horse battery staple")
    assert is_in(client)
    officer.is_active = False
    officer.save()
    assert not is_in(client)
    response = try_to_sign_in(client, password="another horse battery staple")
    assert response["Location"] == reverse("account_inactive")
    assert not is_in(client)


def test_sign_out_takes_a_form(officer, client):
    for address in ("/account/logout/", "/admin/logout/"):
        try_to_sign_in(client)
        client.get(address)
        client.get(f"/account/login/?next={address}")
        assert is_in(client)
        client.post(address)
        assert not is_in(client)


# Where else one could sign in, and where it leads


def test_wagtails_sign_in_leads_to_ours(officer, client):
    for address in WAGTAILS:
        form = {"username": "ann", "password": PASSWORD}
        for response in (
            client.get(address, {"next": "/admin/pages/?a=b"}),
            client.post(f"{address}?next=/admin/pages/%3Fa%3Db", form),
        ):
            parts = urlsplit(response["Location"])
            assert parts.path == SIGN_IN
            assert parse_qs(parts.query) == {"next": ["/admin/pages/?a=b"]}
            assert not is_in(client)
    for path in ("", "confirm/MQ/set-password/", "done/", "complete/"):
        assert client.get(f"/admin/password_reset/{path}").status_code == 404


def test_sign_in_leads_back_and_to_no_other_site(officer, client):
    response = client.get("/admin/pages/")
    assert response["Location"] == f"{SIGN_IN}?next=/admin/pages/"
    form = {"login": "ann", "password": PASSWORD, "next": "/admin/account/"}
    assert client.post(SIGN_IN, form)["Location"] == "/admin/account/"
    for back in FOREIGN:
        for address in WAGTAILS:
            location = client.get(address, {"next": back})["Location"]
            assert location.startswith(f"{SIGN_IN}?"), back
        assert client.post(SIGN_IN, form | {"next": back})["Location"] == "/admin/"
        sent_to = client.post("/account/logout/", {"next": back})["Location"]
        assert sent_to == SIGN_IN, back


def test_nobody_signs_up(client):
    """The library has addresses of many kinds; here are those that staff need."""
    for name in (
        "account_signup", "account_email", "account_change_password",
        "account_set_password", "account_request_login_code", "mfa_signup_webauthn",
        "mfa_trust", "socialaccount_signup", "socialaccount_connections",
        "openid_connect_login", "openid_connect_callback",
    ):  # fmt: skip
        with pytest.raises(NoReverseMatch):
            reverse(name)
    for path in ("signup/", "email/", "password/change/", "password/set/", "3rdparty/"):
        assert client.get(f"/account/{path}").status_code == 404
    # The control: the names above would be found.
    names = get_resolver().reverse_dict
    assert {"account_login", "account_reset_password", "mfa_index"} <= set(names)


@pytest.mark.parametrize(
    ("engine", "comes_back"),
    [
        (site_settings.SESSION_ENGINE, False),
        # The control: an engine that believes the cache.
        ("django.contrib.sessions.backends.cached_db", True),
    ],
)
def test_session_that_ends_while_the_cache_is_unavailable_does_not_come_back_with_it(
    client, officer, settings, monkeypatch, engine, comes_back
):
    settings.SESSION_ENGINE = engine
    client.force_login(officer)
    assert is_in(client)
    name = settings.SESSION_COOKIE_NAME
    cookie = client.cookies[name].value
    with monkeypatch.context() as patch:
        # What django-redis does while Redis does not answer.
        patch.setattr(LocMemCache, "delete", lambda *args, **kwargs: False)
        client.post(reverse("account_logout"))
    client.cookies[name] = cookie
    assert is_in(client) is comes_back


# Accounts without a role

WARNING = "eve cannot use the admin yet, as the account has no role."


def test_administrator_is_warned_of_an_account_without_a_role(
    save_account, django_user_model
):
    editor = [role_groups()["editor"].pk]
    other = Group.objects.create(name="Residents").pk
    assert WARNING in save_account()
    eve = django_user_model.objects.get(username="eve")
    address = reverse("wagtailusers_users:edit", args=[eve.pk])
    assert WARNING in save_account(address, groups=[other])
    assert WARNING not in save_account(address, is_active="")
    assert WARNING not in save_account(address, groups=editor)
    assert "no role" not in save_account(username="eve2", groups=editor)
    assert "no role" not in save_account(username="eve3", is_superuser="on")


@pytest.mark.parametrize("is_required", [True, False])
def test_person_reads_at_the_end_of_sign_in_that_there_is_no_role(
    officer, client, settings, is_required
):
    settings.SECOND_STEP_REQUIRED = is_required
    officer.groups.clear()
    address = try_to_sign_in(client)["Location"]
    for path in (address, "/admin/pages/"):
        page = client.get(path, follow=True)
        assert (page.status_code, page.redirect_chain) == (403, [])
        text = page.content.decode()
        assert "your account has no role" in text
        assert "Sign out" in text
        assert "Go to the admin" not in text


# The log


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO)

    def read():
        records = [each for each in caplog.records if "audit_log" in each.name]
        return [(each.message, each.user_id, each.address) for each in records]

    return read


FAILED = "Someone failed to sign in as this account"


def test_each_event_is_logged_and_names_the_account(secured, client, lines, app_code):
    try_to_sign_in(client, password="wrong password")
    try_to_sign_in(client)
    client.post(f"{STEP}authenticate/", {"code": "000000"})
    client.post(f"{STEP}authenticate/", {"code": app_code()})
    client.post("/account/confirm/", {"password": PASSWORD})
    client.post(f"{STEP}totp/deactivate/")
    client.post("/account/logout/")
    events = [
        (FAILED, "account.sign_in_failed"),
        (FAILED, "account.sign_in_failed"),
        ("Signed in", "account.sign_in"),
        ("Two-factor method removed", "account.mfa_removed"),
        ("Two-factor method removed", "account.mfa_removed"),
        ("Signed out", "account.sign_out"),
    ]
    assert lines() == [(said, secured.pk, "127.0.0.1") for said, _ in events]
    # In the words of the site history.
    entries = ModelLogEntry.objects.filter(object_id=str(secured.pk)).order_by("pk")
    assert [(each.message, each.action) for each in entries] == events
    # A stranger may have typed the wrong password.
    assert [each.user for each in entries] == [None, None, *[secured] * 4]


def test_log_holds_nothing_that_opens_an_account(
    secured, client, caplog, lines, app_code, sent_at_once
):
    try_to_sign_in(client, "my secret, typed too early", "another secret")
    # Those without an account are in the log and in no history.
    assert lines() == [(FAILED, None, "127.0.0.1")]
    assert not ModelLogEntry.objects.filter(action__startswith="account.").exists()
    try_to_sign_in(client, "ann@example.gov.uk", "another secret")
    try_to_sign_in(client, "ann@example.gov.uk")
    code = app_code()
    client.post(f"{STEP}authenticate/", {"code": code})
    client.post("/account/password/", {"email": "ann@example.gov.uk"})
    # Where no address is known, too.
    client.post("/account/logout/", REMOTE_ADDR="")
    assert lines()[-1] == ("Signed out", secured.pk, None)
    text = " ".join(str(record.__dict__) for record in caplog.records)
    entries = str(list(ModelLogEntry.objects.values("action", "data", "label")))
    assert "Signed in" in text
    for secret in ("secret", PASSWORD, f"'{code}'", "example.gov.uk"):
        assert secret not in text + entries
