"""A form of ours is believed because the browser says that it is ours."""

import time

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from django.urls import reverse

from search.feedback.forms import SIGNER
from search.models import Enquiry
from tests.factories import AlertFactory

OURS = "http://testserver"
EVIL = "https://evil.example"
SAME = [
    {"Origin": OURS},
    {"Referer": f"{OURS}/cant-find-it/?query=x"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": OURS, "Referer": f"{OURS}/"},
]
FOREIGN = [
    {"Origin": EVIL},
    {"Origin": "https://testserver"},
    {"Origin": f"{OURS}:8080"},
    {"Origin": f"{OURS}.evil.example"},
    # Ours as the user of another.
    {"Origin": "http://testserver@evil.example"},
    {"Origin": "null"},
    {"Origin": "http://"},
    {"Origin": "http://[::1"},
    {"Referer": f"{EVIL}/?http://testserver/"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    # A typed address.
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "SAME-ORIGIN, cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": OURS},
    {"Origin": EVIL, "Referer": f"{OURS}/"},
    {},
]


@pytest.fixture
def strict(home):
    return Client(enforce_csrf_checks=True)


def send(client, headers, is_secure=False, **values):
    shown_at = SIGNER.sign(str(time.time() - 60))
    data = {"message": "A blue bin", "shown_at": shown_at, **values}
    return client.post(reverse("enquiry"), data, secure=is_secure, headers=headers)


def test_form_is_stored_that_the_browser_calls_ours_and_no_other(strict):
    for headers in FOREIGN:
        response = send(strict, headers)
        assert response.status_code == 403, headers
    assert Enquiry.objects.count() == 0
    html = BeautifulSoup(response.content, "html.parser")
    assert html.h1.get_text() == "Sorry, your form was not submitted"
    for headers in SAME:
        sent = send(strict, headers, message=str(headers))
        assert sent.status_code == 302, headers
    assert Enquiry.objects.count() == len(SAME)
    for origin, status in (("https://testserver", 302), ("http://testserver", 403)):
        response = send(strict, {"Origin": origin}, is_secure=True)
        assert response.status_code == status


def test_without_the_check_a_foreign_form_would_be_stored(home):
    assert send(Client(), FOREIGN[0]).status_code == 302


@pytest.fixture
def signed_in(strict, django_user_model):
    strict.force_login(django_user_model.objects.create_superuser("a", password="x"))
    return strict


def test_whoever_has_a_session_needs_the_token(signed_in):
    assert send(signed_in, SAME[-1]).status_code == 403
    assert Enquiry.objects.count() == 0
    token = str(signed_in.get(reverse("enquiry")).context["csrf_token"])
    sent = send(signed_in, SAME[-1], csrfmiddlewaretoken=token)
    assert sent.status_code == 302
    # It does not help a foreign page.
    foreign = send(signed_in, FOREIGN[0], csrfmiddlewaretoken=token)
    assert foreign.status_code == 403
    # Nor does a session that is forged.
    signed_in.cookies[settings.SESSION_COOKIE_NAME] = "f0rged" * 5 + "00"
    assert send(signed_in, SAME[-1]).status_code == 403


def test_staff_can_sign_in(strict, django_user_model):
    django_user_model.objects.create_superuser("officer", password="x")
    address = reverse("account_login")
    data = {"login": "officer", "password": "x"}
    refused = strict.post(address, data, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    response = strict.post(address, data, headers=SAME[-1])
    assert response.status_code == 302
    assert strict.get(reverse("wagtailadmin_home")).status_code == 200
    # Where the browser says nothing, the token of the page does.
    strict.cookies.pop(settings.SESSION_COOKIE_NAME)
    assert strict.post(address, data).status_code == 403
    token = str(strict.get(address).context["csrf_token"])
    sent = strict.post(address, data | {"csrfmiddlewaretoken": token})
    assert sent.status_code == 302


def hidden_token(response):
    html = BeautifulSoup(response.content, "html.parser")
    field = html.select_one(".alerts [name=csrfmiddlewaretoken]")
    return field["value"] if field else None


def test_alert_is_closed_by_the_browsers_word_or_by_the_token_of_staff(
    strict, django_user_model
):
    alert = AlertFactory(is_dismissible=True)
    address = reverse("dismiss_alert", args=[alert.pk])
    # Residents get neither token nor cookie.
    for page in ("/", reverse("enquiry")):
        response = strict.get(page)
        assert hidden_token(response) is None
        assert not response.cookies
    for headers, status in ((FOREIGN[-1], 403), (FOREIGN[9], 403), (SAME[0], 302)):
        assert strict.post(address, headers=headers).status_code == status
    strict.cookies.clear()
    strict.force_login(django_user_model.objects.create_superuser("a", password="x"))
    token = hidden_token(strict.get("/"))
    assert strict.post(address).status_code == 403
    sent = strict.post(address, {"csrfmiddlewaretoken": token})
    assert sent.status_code == 302
