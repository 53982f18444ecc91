"""People choose their own passwords, by links that work once and for an hour (O5)."""

import re
from datetime import timedelta
from importlib import import_module
from smtplib import SMTPException

import pytest
import time_machine
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.apps import apps
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stockton_cms.accounts import adapters
from stockton_cms.accounts.roles import role_groups
from tests.stockton_cms.accounts.conftest import PASSWORD, is_in, try_to_sign_in

pytestmark = pytest.mark.django_db
ASK = "/account/password/"
KNOWN, UNKNOWN = "ann@example.gov.uk", "nobody@example.gov.uk"
NEW = "another horse battery staple"


def link_in(mail):
    (path,) = re.findall(r"^http://localhost(/account/password/\S+)$", mail.body, re.M)
    return path


def choose(client, link, password):
    form = client.get(link)
    if form.status_code != 302:
        return form
    return client.post(form["Location"], {"password1": password, "password2": password})


def link_made(user, hours_ago, monkeypatch):
    generator = default_token_generator
    with monkeypatch.context() as patch:
        now = generator._now
        shift = timedelta(hours=hours_ago)
        patch.setattr(type(generator), "_now", lambda self: now() - shift)
        token = generator.make_token(user)
    return f"{ASK}{user_pk_to_url_str(user)}/{token}/"


@pytest.fixture
def mail_fails(monkeypatch):
    def fail(self, messages):
        raise SMTPException

    monkeypatch.setattr(EmailBackend, "send_messages", fail)


def test_known_and_unknown_address_have_one_answer(
    officer, client, monkeypatch, mailoutbox
):
    """A mail server takes its time, which would say that there is an account."""
    waiting = []

    class Later:
        def __init__(self, target, args):
            self.start = lambda: waiting.append((target, args))

    monkeypatch.setattr(adapters, "Thread", Later)
    answers = [client.post(ASK, {"email": email}) for email in (KNOWN, UNKNOWN)]
    known, unknown = [(each.status_code, each["Location"]) for each in answers]
    assert known == unknown == (302, f"{ASK}sent/")
    pages = [client.get(f"{ASK}sent/").content for _ in answers]
    assert pages[0] == pages[1]
    assert not mailoutbox
    ((send, args),) = waiting
    send(*args)
    (mail,) = mailoutbox
    assert mail.to == [KNOWN]


def test_mail_server_that_is_unavailable_changes_no_answer(
    officer, client, sent_at_once, mail_fails, caplog
):
    assert client.post(ASK, {"email": KNOWN}).status_code == 302
    assert "was not sent" in caplog.text


def test_link_changes_the_password_once(officer, client, sent_at_once, mailoutbox):
    assert f'href="{ASK}"' in client.get("/account/login/").text
    client.post(ASK, {"email": KNOWN})
    link = link_in(mailoutbox[0])
    assert choose(client, link, NEW)["Location"] == f"{ASK}done/"
    # The link alone is no way in.
    assert not is_in(client)
    try_to_sign_in(client, password=NEW)
    assert is_in(client)
    other = Client()
    choose(other, link, PASSWORD)
    try_to_sign_in(other)
    assert not is_in(other)


def test_addresses_that_earlier_releases_wrote_are_deleted_and_none_is_written(
    officer, client, sent_at_once, mailoutbox
):
    """They would outlive a change."""
    EmailAddress.objects.create(user=officer, email=KNOWN, verified=False)
    migration = import_module("stockton_cms.migrations.0001_initial")
    migration.delete_addresses(apps, None)
    client.post(ASK, {"email": KNOWN})
    officer.email = "ann.other@example.gov.uk"
    officer.save()
    assert not EmailAddress.objects.exists()
    try_to_sign_in(client, KNOWN)
    assert not is_in(client)
    assert choose(client, link_in(mailoutbox[0]), NEW).status_code == 200
    try_to_sign_in(client, "ann.other@example.gov.uk")
    assert is_in(client)


def test_link_is_for_our_own_address_whatever_was_asked(
    officer, client, sent_at_once, mailoutbox, settings
):
    settings.ALLOWED_HOSTS = ["*"]
    client.post(ASK, {"email": KNOWN}, HTTP_HOST="evil.example")
    assert "evil" not in mailoutbox[0].body
    assert link_in(mailoutbox[0])


def test_link_works_for_an_hour_for_good_passwords_and_accounts_that_are_open(
    officer, client, monkeypatch
):
    link = link_made(officer, 0, monkeypatch)
    for password in ("fourteen signs", "123456789012345", KNOWN):
        response = choose(client, link, password)
        assert response.status_code == 200
        assert response.context["form"].errors
    choose(client, link_made(officer, 1.1, monkeypatch), NEW)
    officer.refresh_from_db()
    assert officer.check_password(PASSWORD)
    choose(client, link_made(officer, 0.9, monkeypatch), NEW)
    officer.refresh_from_db()
    assert officer.check_password(NEW)
    officer.is_active = False
    officer.save()
    choose(client, link_made(officer, 0, monkeypatch), NEW)
    try_to_sign_in(client, password=NEW)
    assert not is_in(client)
    client.post(ASK, {"email": KNOWN})


# Invitations


@pytest.fixture
def invite(save_account):
    return lambda **more: save_account(groups=[role_groups()["editor"].pk], **more)


def test_new_person_gets_a_link_and_chooses_a_password(
    invite, client, mailoutbox, settings
):
    said = invite(password1=PASSWORD, password2=PASSWORD)
    assert "eve@example.gov.uk was sent an invitation." in said
    (mail,) = mailoutbox
    assert mail.to == ["eve@example.gov.uk"]
    try_to_sign_in(client, "eve")
    assert not is_in(client)
    assert choose(client, link_in(mail), "fourteen signs").status_code == 200
    client.get("/")
    assert choose(Client(), link_in(mail), NEW)["Location"] == f"{ASK}done/"
    settings.SECOND_STEP_REQUIRED = True
    try_to_sign_in(client, "eve", NEW)
    assert client.get("/admin/")["Location"] == reverse("mfa_index")
    assert choose(Client(), link_in(mail), PASSWORD).status_code == 200


def test_invitation_works_for_three_days(invite, mailoutbox):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        invite()
        link = link_in(mailoutbox[0])
        clock.shift(timedelta(hours=73))
        assert "Location" not in choose(Client(), link, NEW)
        clock.shift(timedelta(hours=-2))
        assert "Location" in choose(Client(), link, NEW)


def test_administrator_reads_that_an_invitation_did_not_go_out(invite, mail_fails):
    said = invite()
    assert "could not be sent" in said
    assert "was sent an invitation" not in said
