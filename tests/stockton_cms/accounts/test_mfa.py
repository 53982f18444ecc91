"""A password alone does not open the admin (feature O5), and changes are emailed."""

import re
import time
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as authenticator_app
from allauth.mfa.webauthn.internal import auth as passkeys
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from fido2.webauthn import AttestedCredentialData
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from home.notifications.sending import send_notifications
from tests.stockton_cms.accounts.conftest import (
    PASSWORD,
    SECRET,
    SIGN_IN,
    is_in,
    try_to_sign_in,
)
from tests.stockton_cms.permissions.addresses import addresses, patterns
from tests.stockton_cms.permissions.asking import Asking
from tests.stockton_cms.permissions.world import (
    ADMINISTRATOR,
    OWN,
    make_person,
    make_world,
)

pytestmark = pytest.mark.django_db
ENROL = "/account/two-factor/"
ASK = f"{ENROL}authenticate/"
ACTIVATE = f"{ENROL}totp/activate/"
CONFIRM = "/account/confirm/"
DEACTIVATE = f"{ENROL}totp/deactivate/"
CODES, NEW_CODES = f"{ENROL}recovery-codes/", f"{ENROL}recovery-codes/generate/"
# What is sent from a page that is open already.
SENT = re.compile(r"POST |GET /admin/api/")
# Sign-in and sign-out are ours and stand before Wagtail's.
WITHOUT = {"/admin/login/", "/admin/logout/"}


def sign_in(client, code):
    try_to_sign_in(client)
    return client.post(ASK, {"code": code}, follow=True)


def confirm(client):
    """Type the password once more, as all pages about 2FA ask."""
    client.post(CONFIRM, {"password": PASSWORD})


def read(page):
    return BeautifulSoup(page.content, "html.parser").main.get_text(" ", strip=True)


def recovery_codes():
    return Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()


@pytest.fixture
def enrol(client, app_code, committed_at_once):
    """Return a function that sets up an authenticator app, as the pages ask for it."""

    def send(code=None):
        secret = client.get(ACTIVATE).context["form"].secret
        return client.post(ACTIVATE, {"code": code or app_code(secret)})

    return send


@pytest.fixture
def emailed(mailoutbox):
    """Return a function that gives the subjects of what was sent to the officer."""

    def send():
        send_notifications(timezone.now())
        assert all(mail.to == ["ann@example.gov.uk"] for mail in mailoutbox)
        found = {mail.subject for mail in mailoutbox}
        mailoutbox.clear()
        return found

    return send


def ask_everywhere(home, section):
    """Return what an administrator with a password alone is answered, by address."""
    person = make_person(ADMINISTRATOR)
    things = make_world(home, section, person)[OWN]
    asking = Asking(person)
    for pattern in patterns():
        if not pattern.route.startswith("admin/"):
            continue
        for address in addresses(pattern, things, OWN):
            for method in () if address.path in WITHOUT else ("GET", "POST"):
                answer = asking.ask(method, address.path, things["form"])
                yield f"{method} {address.path}", answer


def test_every_address_of_the_admin_leads_to_enrolment(
    home, section, mfa_required, quiet
):
    asked = list(ask_everywhere(home, section))
    assert len(asked) > 400
    # A form is given back with what was typed, and a script is answered in JSON.
    wrong = [
        (what, answer)
        for what, answer in asked
        if answer.location != ENROL and not (SENT.match(what) and answer.status == 401)
    ]
    assert not wrong
    # What the page to come says is stored in a cookie, or in the session.
    assert not [what for what, answer in asked if answer.writes - {"django_session"}]


def test_admin_opens_with_a_password_where_operators_say_so(officer, client):
    """The control: it is two-factor authentication that is asked for above."""
    try_to_sign_in(client)
    assert is_in(client)


def test_officer_sets_up_an_app_and_is_in(
    officer, client, mfa_required, enrol, emailed, sent_at_once, mailoutbox
):
    assert client.get("/admin/")["Location"] == f"{SIGN_IN}?next=/admin/"
    other = Client()
    try_to_sign_in(other)
    # A stranger changes nothing, nor does a row that an earlier release may write.
    Client().post("/account/password/", {"email": officer.email})
    assert not EmailAddress.objects.exists()
    mailoutbox.clear()
    EmailAddress.objects.create(user=officer, email=officer.email, verified=False)
    try_to_sign_in(client)
    assert not is_in(client)
    page = client.get("/admin/", follow=True)
    assert "Set up two-factor authentication before you continue." in page.text
    assert "You need a second way to sign in" in read(page)
    # That would lead back here.
    assert "Go to the admin" not in read(page)
    assert enrol("000000").status_code == 200
    assert not Authenticator.objects.exists()
    assert not is_in(client)
    assert enrol()["Location"] == CODES
    codes = client.get(CODES)
    assert is_in(client)
    assert len(codes.context["unused_codes"]) == 10
    assert "no-store" in codes["Cache-Control"]
    # Someone who sets it up for the first time has no earlier codes.
    assert "Your recovery codes are ready." in read(codes)
    assert emailed() == {"An authenticator app was set up for your account"}
    after = read(client.get(ENROL))
    assert "You need a second way to sign in" not in after
    assert "Go to the admin" in after
    confirm(client)
    Client().post("/account/password/", {"email": officer.email})
    assert client.get(f"{ENROL}webauthn/add/").status_code == 200
    # The other session of a password alone stays out.
    assert not is_in(other)


def test_password_is_asked_for_once_more_when_setting_up_took_long(
    officer, client, app_code, committed_at_once
):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        try_to_sign_in(client)
        secret = client.get(ACTIVATE).context["form"].secret
        clock.shift(timedelta(minutes=6))
        answer = client.post(ACTIVATE, {"code": app_code(secret)})
        assert answer["Location"].startswith(CONFIRM)
        assert not Authenticator.objects.exists()
        # The code that was typed is not lost.
        answer = client.post(answer["Location"], {"password": PASSWORD})
        assert answer["Location"] == CODES
        assert client.get(answer["Location"]).status_code == 200


def test_private_pages_and_documents_stay_closed_with_a_password_alone(
    section, officer, client, mfa_required, enrol
):
    PageViewRestriction.objects.create(page=section, restriction_type="login")
    collection = Collection.get_first_root_node()
    CollectionViewRestriction.objects.create(
        collection=collection, restriction_type="login"
    )
    file = ContentFile(b"a,b", name="private.csv")
    document = get_document_model().objects.create(title="Private", file=file)
    private = [section.url, document.url]
    try_to_sign_in(client)
    assert client.get("/").status_code == 200
    for address in private:
        assert client.get(address)["Location"] == ENROL
    enrol()
    assert [client.get(address).status_code for address in private] == [200, 200]


def test_password_and_code_open_the_admin(
    secured, client, mfa_required, app_code, monkeypatch
):
    # The code does not come first.
    assert client.post(ASK, {"code": app_code()})["Location"] == SIGN_IN
    old = app_code()
    assert try_to_sign_in(client)["Location"] == ASK
    page = client.get(ASK)
    assert "no-store" in page["Cache-Control"]
    # A passkey is offered to those who have one.
    offer = "Use a passkey or security key"
    assert offer not in read(page)
    key = AttestedCredentialData.create(bytes(16), b"key", {1: 2, 3: -7})
    with monkeypatch.context() as patch:
        patch.setattr(passkeys, "get_credentials", lambda user: [key])
        assert offer in read(client.get(ASK))
        Authenticator.objects.filter(type="totp").update(type="webauthn")
        text = read(client.get(ASK))
        assert text.index(offer) < text.index("Enter one of your recovery codes.")
        assert "app" not in text
        Authenticator.objects.filter(type="webauthn").update(type="totp")
    assert "6-digit code from your authenticator app" in read(client.get(ASK))
    client.post(ASK, {"code": app_code(later=1) and old})
    assert not is_in(client)
    before = client.session.session_key
    assert client.post(ASK, {"code": app_code()})["Location"] == "/admin/"
    assert is_in(client)
    assert client.session.session_key != before
    # It works once.
    other = Client()
    sign_in(other, app_code())
    assert not is_in(other)
    sign_in(other, app_code(later=1))
    assert is_in(other)


def test_code_that_was_replaced_while_it_was_typed_counts_once(secured, mfa_required):
    def lets_in(code, period):
        with time_machine.travel(period * 30 + 0.3, tick=False):
            other = Client()
            sign_in(other, code)
            return is_in(other)

    period = int(time.time()) // 30
    old, code = (
        authenticator_app.format_hotp_value(authenticator_app.hotp_value(SECRET, each))
        for each in (period - 2, period)
    )
    assert not lets_in(old, period)
    assert lets_in(code, period - 1)
    assert not lets_in(code, period)
    # Later than allauth remembers by itself.
    assert not lets_in(code, period + 1)
    assert lets_in(old, period - 1)


def test_code_that_set_up_the_app_opens_no_other_session(
    officer, client, mfa_required, enrol, app_code
):
    try_to_sign_in(client)
    secret = client.get(ACTIVATE).context["form"].secret
    client.post(ACTIVATE, {"code": app_code(secret)})
    other = Client()
    sign_in(other, app_code(secret))
    assert not is_in(other)
    sign_in(other, app_code(secret, later=1))
    assert is_in(other)


def test_code_is_asked_for_even_where_none_has_to_be_set_up(secured, client):
    try_to_sign_in(client)
    assert not is_in(client)


def test_recovery_code_works_once_is_counted_and_emailed(
    secured, client, mfa_required, committed_at_once, emailed
):
    first, second, *_ = recovery_codes()
    page = sign_in(client, first)
    assert "You used a recovery code and have 9 left." in page.text
    assert emailed() == {"A recovery code of your account was used"}
    assert is_in(client)
    other = Client()
    sign_in(other, first)
    assert not is_in(other)
    # An account without an address is used all the same.
    secured.email = ""
    secured.save()
    sign_in(other, second)
    assert is_in(other)
    assert emailed() == set()


def test_changes_need_a_fresh_password_and_are_emailed(
    secured, client, mfa_required, app_code, enrol, emailed
):
    sign_in(client, app_code())
    for address in (DEACTIVATE, NEW_CODES, f"{ENROL}webauthn/add/"):
        assert client.post(address)["Location"].startswith(f"{CONFIRM}?")
    # Not even what is shown once more.
    assert client.get(CODES)["Location"].startswith(f"{CONFIRM}?")
    assert Authenticator.objects.count() == 2
    confirm(client)
    client.post(NEW_CODES)
    assert emailed() == {"New recovery codes were created for your account"}
    assert client.get(DEACTIVATE).status_code == 200
    assert is_in(client)
    client.post(DEACTIVATE)
    assert client.get("/admin/")["Location"] == ENROL
    # Recovery codes alone are no two-factor authentication, and go with it.
    assert not Authenticator.objects.exists()
    assert emailed() == {
        "An authenticator app was removed from your account",
        "Your recovery codes stopped working",
    }
    enrol()
    assert is_in(client)


def test_operator_resets_what_someone_has_lost(
    secured, client, mfa_required, app_code, capsys
):
    sign_in(client, app_code())
    call_command("reset_mfa", "Ann@example.gov.uk")
    assert capsys.readouterr().out == "Removed 2 of ann.\n"
    assert client.get("/admin/")["Location"] == ENROL
    call_command("reset_mfa", "ann")
    with pytest.raises(CommandError, match="no account"):
        call_command("reset_mfa", "nobody")
