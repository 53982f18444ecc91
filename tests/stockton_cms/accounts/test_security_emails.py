"""People learn when what they sign in with changes, or is used up."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as passkeys
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from fido2.webauthn import AttestedCredentialData

from home.notifications.sending import send_notifications
from tests.stockton_cms.accounts.conftest import PASSWORD, try_to_sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_once(committed_at_once):
    """Let what waits for the end of a transaction happen before a test looks."""


def subjects(mailoutbox):
    send_notifications(timezone.now())
    found = [mail.subject for mail in mailoutbox]
    assert all(mail.to == ["ann@example.gov.uk"] for mail in mailoutbox)
    mailoutbox.clear()
    return found


def send(client, name, **data):
    return client.post(reverse(name), data, follow=True)


def read(page):
    return BeautifulSoup(page.content, "html.parser").main.get_text(" ", strip=True)


def test_each_change_is_emailed_to_the_owner(officer, client, app_code, mailoutbox):
    try_to_sign_in(client)
    address = reverse("mfa_activate_totp")
    secret = client.get(address).context["form"].secret
    page = client.post(address, {"code": app_code(secret)}, follow=True)
    assert subjects(mailoutbox) == ["An authenticator app was set up for your account"]
    # Someone who sets it up for the first time has no earlier codes.
    assert "Your recovery codes are ready." in read(page)
    send(client, "account_reauthenticate", password=PASSWORD)
    send(client, "mfa_generate_recovery_codes")
    assert subjects(mailoutbox) == ["New recovery codes were created for your account"]
    send(client, "mfa_deactivate_totp")
    # The codes go with the last app or passkey.
    assert set(subjects(mailoutbox)) == {
        "An authenticator app was removed from your account",
        "Your recovery codes stopped working",
    }


def test_recovery_code_that_is_used_is_counted_and_emailed(secured, client, mailoutbox):
    codes = Authenticator.objects.get(type="recovery_codes").wrap()
    first, *_ = codes.get_unused_codes()
    try_to_sign_in(client)
    page = send(client, "mfa_authenticate", code=first)
    assert "You used a recovery code and have 9 left." in page.content.decode()
    assert subjects(mailoutbox) == ["A recovery code of your account was used"]


def test_passkey_is_offered_to_those_who_have_one(secured, client, monkeypatch):
    try_to_sign_in(client)
    offer = "Use a passkey or security key instead"
    assert offer not in read(client.get(reverse("mfa_authenticate")))
    key = AttestedCredentialData.create(bytes(16), b"key", {1: 2, 3: -7})
    monkeypatch.setattr(passkeys, "get_credentials", lambda user: [key])
    assert offer in read(client.get(reverse("mfa_authenticate")))


def test_pages_say_what_is_set_up(officer, client, app_code, mfa_required):
    try_to_sign_in(client)
    before = read(client.get(reverse("mfa_index")))
    assert "You need a second way to sign in" in before
    # That would lead back here.
    assert "Go to the admin" not in before
    address = reverse("mfa_activate_totp")
    secret = client.get(address).context["form"].secret
    client.post(address, {"code": app_code(secret)})
    after = read(client.get(reverse("mfa_index")))
    assert "You need a second way to sign in" not in after
    assert "Go to the admin" in after


def test_account_without_an_address_is_changed_all_the_same(
    secured, client, mailoutbox
):
    secured.email = ""
    secured.save()
    codes = Authenticator.objects.get(type="recovery_codes").wrap()
    other = Client()
    try_to_sign_in(other)
    send(other, "mfa_authenticate", code=codes.get_unused_codes()[0])
    assert other.get("/admin/").status_code == 200
    assert subjects(mailoutbox) == []
