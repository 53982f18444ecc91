"""The log says who signed in, failed to, or changed how; never with what (O5)."""

import logging

import pytest
from wagtail.models import ModelLogEntry

from tests.stockton_cms.accounts.conftest import PASSWORD, try_to_sign_in

pytestmark = pytest.mark.django_db
STEP = "/account/two-factor/"


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "stockton_cms.accounts.audit_log")

    def read():
        records = [each for each in caplog.records if "audit_log" in each.name]
        return [(each.message, each.user_id, each.address) for each in records]

    return read


def everything(caplog):
    return " ".join(str(record.__dict__) for record in caplog.records)


def test_each_event_is_noted_and_names_the_account(secured, client, lines, app_code):
    try_to_sign_in(client, password="wrong password")
    try_to_sign_in(client)
    client.post(f"{STEP}authenticate/", {"code": "000000"})
    client.post(f"{STEP}authenticate/", {"code": app_code()})
    client.post("/account/confirm/", {"password": PASSWORD})
    client.post(f"{STEP}totp/deactivate/")
    client.post("/account/logout/")
    about = (secured.pk, "127.0.0.1")
    assert lines() == [
        ("Failed to sign in", *about),
        ("Failed to sign in", *about),
        ("Signed in", *about),
        ("Two-factor method removed", *about),
        ("Two-factor method removed", *about),
        ("Signed out", *about),
    ]
    entries = ModelLogEntry.objects.filter(user=secured).order_by("pk")
    assert [each.action for each in entries] == [
        "account.sign_in_failed",
        "account.sign_in_failed",
        "account.sign_in",
        "account.mfa_removed",
        "account.mfa_removed",
        "account.sign_out",
    ]
    # In the words of the site history.
    assert entries[2].message == "Signed in"


def test_log_holds_nothing_that_opens_an_account(
    secured, client, caplog, app_code, sent_at_once
):
    caplog.set_level(logging.INFO)
    try_to_sign_in(client, "my secret, typed too early", "another secret")
    try_to_sign_in(client, "ann@example.gov.uk", "another secret")
    try_to_sign_in(client, "ann@example.gov.uk")
    code = app_code()
    client.post(f"{STEP}authenticate/", {"code": code})
    client.post("/account/password/", {"email": "ann@example.gov.uk"})
    text = everything(caplog)
    assert "Signed in" in text
    for secret in ("secret", PASSWORD, f"'{code}'", "example.gov.uk"):
        assert secret not in text
    entries = str(list(ModelLogEntry.objects.values("action", "data", "label")))
    assert "secret" not in entries
    assert "example.gov.uk" not in entries


def test_whoever_has_no_account_is_in_the_log_but_in_no_history(client, lines):
    try_to_sign_in(client, "nobody", "wrong")
    assert lines() == [("Failed to sign in", None, "127.0.0.1")]
    assert not ModelLogEntry.objects.filter(action__startswith="account.").exists()


def test_sign_out_works_where_no_address_is_known(officer, client, lines):
    try_to_sign_in(client)
    client.post("/account/logout/", REMOTE_ADDR="")
    assert lines()[-1] == ("Signed out", officer.pk, None)
    assert "_auth_user_id" not in client.session
