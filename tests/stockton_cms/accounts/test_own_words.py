"""Every page of sign-in is in the site's own words, none in those of allauth."""

import re
from pathlib import Path

import allauth
import pytest
from allauth.mfa.models import Authenticator
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from tests.stockton_cms.accounts.conftest import PASSWORD, try_to_sign_in
from tests.stockton_cms.accounts.test_new_passwords import link_made

ALLAUTH = Path(allauth.__file__).parent
PHRASES = re.compile(r'^msgid "(.+)"$', re.MULTILINE)

# What anyone would say.
PLAIN = {"Email address", "Recovery codes", "Sign in with a passkey"}


def phrases():
    """Return what allauth says, where it is more than a word."""
    text = (ALLAUTH / "locale/en/LC_MESSAGES/django.po").read_text("utf-8")
    return {phrase for phrase in PHRASES.findall(text) if " " in phrase}


def said_on(page):
    """Return what of it a page says, as a heading, label, button, text or error."""
    html = BeautifulSoup(page.content, "html.parser")
    names = ("placeholder", "aria-label", "title", "value")
    texts = [each[name] for name in names for each in html.select(f"[{name}]")]
    return ({*html.stripped_strings, *texts} & phrases()) - PLAIN


def pages(officer, monkeypatch, app_code):
    """Yield each page as it is asked for, and after forms that were empty or wrong."""
    stranger, pending, client = Client(), Client(), Client()
    try_to_sign_in(pending)
    try_to_sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": app_code()})
    officer.refresh_from_db()
    link = stranger.get(link_made(officer, 0, monkeypatch))["Location"]
    for address in ("/account/login/", "/account/password/", link):
        yield stranger.get(address)
        yield stranger.post(address, {"password1": "a", "password2": "b"})
    yield stranger.post("/account/login/", {"login": "ann", "password": "wrong"})
    for path in ("password/sent/", "password/1/none/", "inactive/"):
        yield stranger.get(f"/account/{path}")
    for sent in ({"code": ""}, {"code": "000000"}):
        yield pending.post(reverse("mfa_authenticate"), sent)
    for name in ("account_reauthenticate", "mfa_reauthenticate"):
        yield client.get(reverse(name))
        yield client.post(reverse(name), {"password": "wrong", "code": "1"})
    yield client.post(
        reverse("account_reauthenticate"), {"password": PASSWORD}, follow=True
    )
    yield client.post(reverse("mfa_generate_recovery_codes"), follow=True)
    for name in (
        "mfa_index",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "mfa_deactivate_totp",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "account_logout",
    ):
        yield client.get(reverse(name))
    key = Authenticator.objects.create(
        user=officer, type="webauthn", data={"name": "Work laptop", "credential": {}}
    )
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        yield client.get(reverse(name, args=[key.pk]))
    yield client.post(reverse("mfa_edit_webauthn", args=[key.pk]), {"name": ""})
    yield client.post(reverse("mfa_remove_webauthn", args=[key.pk]), follow=True)
    yield client.post(reverse("mfa_deactivate_totp"), follow=True)
    yield client.get(reverse("mfa_activate_totp"))
    yield client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    yield client.post(reverse("account_logout"), follow=True)


@pytest.mark.django_db
def test_no_page_says_what_allauth_would(
    secured, monkeypatch, app_code, committed_at_once
):
    wrong = {}
    for page in pages(secured, monkeypatch, app_code):
        assert page.status_code == 200, page.request["PATH_INFO"]
        if said := said_on(page):
            wrong[page.request["PATH_INFO"]] = said
    assert not wrong
    # The control: the phrases are read.
    assert {"New Password", "Change Password", "Reset My Password"} <= phrases()
