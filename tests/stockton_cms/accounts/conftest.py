"""Officers who sign in, and a clock for their authenticator apps."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as authenticator_app
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.test import Client

from stockton_cms.accounts import adapters
from tests.stockton_cms.conftest import ThreadAtOnce

PASSWORD = "correct horse battery staple"
SECRET = "JBSWY3DPEHPK3PXP"
SIGN_IN = "/account/login/"


@pytest.fixture
def make_officer(db, django_user_model):
    group = Group.objects.create(name="Officers")
    group.permissions.add(Permission.objects.get(codename="access_admin"))

    def make(name="ann"):
        user = django_user_model.objects.create_user(
            name, f"{name}@example.gov.uk", PASSWORD
        )
        user.groups.add(group)
        return user

    return make


@pytest.fixture
def officer(make_officer):
    return make_officer()


@pytest.fixture
def secured(officer):
    """Return the officer, who has an authenticator app and recovery codes."""
    authenticator_app.TOTP.activate(officer, SECRET)
    RecoveryCodes.activate(officer)
    return officer


@pytest.fixture
def mfa_required(settings):
    settings.SECOND_STEP_REQUIRED = True


@pytest.fixture
def app_code(monkeypatch):
    """Return a function that gives an app's code, at a time that stands still."""
    now = [1_000]
    counters = "yield_hotp_counters_from_time"
    monkeypatch.setattr(authenticator_app, counters, lambda: iter([now[0]]))

    def code(secret=SECRET, later=0):
        now[0] += later
        value = authenticator_app.hotp_value(secret, now[0])
        return authenticator_app.format_hotp_value(value)

    return code


@pytest.fixture
def judged():
    """Return the list of sign-ins whose password was looked at, and was wrong."""
    seen = []

    def note(credentials, **kwargs):
        seen.append(credentials)

    user_login_failed.connect(note)
    yield seen
    user_login_failed.disconnect(note)


@pytest.fixture
def committed_at_once(monkeypatch):
    """Let what waits for the end of a transaction happen while a request is answered.

    As it does on the site, where a test's own transaction is not around it.
    """
    monkeypatch.setattr(transaction, "on_commit", lambda then, **options: then())


@pytest.fixture
def sent_at_once(monkeypatch):
    """Send mails before the answer, so that a test finds them."""
    monkeypatch.setattr(adapters, "Thread", ThreadAtOnce)


@pytest.fixture
def save_account(admin_client, committed_at_once):
    """Return a function that sends the form of an account; it gives the page after."""

    def send(address="/admin/users/new/", **more):
        form = {
            "username": "eve",
            "email": "Eve@example.gov.uk",
            "first_name": "Eve",
            "last_name": "Other",
            "is_active": "on",
            **more,
        }
        response = admin_client.post(address, form)
        assert response.status_code == 302
        return admin_client.get(response["Location"]).content.decode()

    return send


def try_to_sign_in(client: Client, login="ann", password=PASSWORD, **more):
    return client.post(SIGN_IN, {"login": login, "password": password}, **more)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200
