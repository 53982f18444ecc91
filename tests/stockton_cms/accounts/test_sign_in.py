"""Officers sign in with a name or an email address and a password (feature O5)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as site_settings
from django.core.cache.backends.locmem import LocMemCache
from django.urls import NoReverseMatch, get_resolver, reverse

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


def test_name_and_address_both_sign_in(officer, client):
    for login in ("ann", "ANN", " ann ", "ann@example.gov.uk", "Ann@Example.gov.UK"):
        response = try_to_sign_in(client, login)
        assert (response.status_code, response["Location"]) == (302, "/admin/")
        assert is_in(client)
        client.post("/account/logout/")


def test_wrong_ones_are_told_apart_by_nothing(officer, client):
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


def test_address_written_in_capitals_by_the_administrator_is_found(officer, client):
    officer.email = "Ann.Other@Example.GOV.UK"
    officer.save()
    try_to_sign_in(client, "ann.other@example.gov.uk")
    assert is_in(client)


def test_session_before_sign_in_is_not_the_one_after(officer, client):
    session = client.session
    session["before"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    try_to_sign_in(client)
    assert is_in(client)
    assert client.session.session_key != session.session_key
    assert not client.session.exists(session.session_key)


def test_disabled_person_is_out_at_the_next_request(officer, client):
    try_to_sign_in(client)
    assert is_in(client)
    officer.is_active = False
    officer.save()
    assert not is_in(client)
    response = try_to_sign_in(client)
    assert response["Location"] == reverse("account_inactive")
    assert not is_in(client)


def test_new_password_ends_the_sessions_of_the_old_one(officer, client):
    try_to_sign_in(client)
    officer.set_password("another horse battery staple")
    officer.save()
    assert not is_in(client)


def test_sign_out_takes_a_form(officer, client):
    for address in ("/account/logout/", "/admin/logout/"):
        try_to_sign_in(client)
        client.get(address)
        client.get(f"/account/login/?next={address}")
        assert is_in(client)
        client.post(address)
        assert not is_in(client)


# Where else one could sign in


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


def test_admin_leads_to_sign_in_and_back(officer, client):
    response = client.get("/admin/pages/")
    assert response["Location"] == f"{SIGN_IN}?next=/admin/pages/"
    form = {"login": "ann", "password": PASSWORD, "next": "/admin/account/"}
    assert client.post(SIGN_IN, form)["Location"] == "/admin/account/"


def test_sign_in_leads_to_no_other_site(officer, client):
    for back in FOREIGN:
        for address in WAGTAILS:
            location = client.get(address, {"next": back})["Location"]
            assert location.startswith(f"{SIGN_IN}?"), back
        form = {"login": "ann", "password": PASSWORD, "next": back}
        assert client.post(SIGN_IN, form)["Location"] == "/admin/", back
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


# Sessions, whatever the shared cache does meanwhile


ENGINES = {
    site_settings.SESSION_ENGINE: False,
    # The control: an engine that believes the cache.
    "django.contrib.sessions.backends.cached_db": True,
}


@pytest.mark.parametrize(("engine", "comes_back"), ENGINES.items())
def test_who_signs_out_while_the_cache_is_away_does_not_come_back_with_it(
    client, officer, settings, monkeypatch, engine, comes_back
):
    settings.SESSION_ENGINE = engine
    client.force_login(officer)
    home, name = reverse("wagtailadmin_home"), settings.SESSION_COOKIE_NAME
    assert client.get(home).status_code == 200
    cookie = client.cookies[name].value
    with monkeypatch.context() as patch:
        # What django-redis does while Redis does not answer.
        patch.setattr(LocMemCache, "delete", lambda *args, **kwargs: False)
        client.post(reverse("account_logout"))
    client.cookies[name] = cookie
    assert (client.get(home).status_code == 200) is comes_back
