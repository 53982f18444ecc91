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
SAME = {
    "Origin": {"Origin": OURS},
    "Referer": {"Referer": f"{OURS}/cant-find-it/?query=x"},
    "Sec-Fetch-Site": {"Sec-Fetch-Site": "same-origin"},
    "all three": {
        "Sec-Fetch-Site": "same-origin",
        "Origin": OURS,
        "Referer": f"{OURS}/",
    },
}
FOREIGN = {
    "another origin": {"Origin": "https://evil.example"},
    "another scheme": {"Origin": "https://testserver"},
    "another port": {"Origin": f"{OURS}:8080"},
    "an origin that begins like ours": {"Origin": f"{OURS}.evil.example"},
    "ours as the user of another": {"Origin": "http://testserver@evil.example"},
    "an opaque origin": {"Origin": "null"},
    "no origin at all": {"Origin": "http://"},
    "an origin that cannot be read": {"Origin": "http://[::1"},
    "another page": {"Referer": "https://evil.example/?http://testserver/"},
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a neighbouring site": {"Sec-Fetch-Site": "same-site"},
    "a typed address": {"Sec-Fetch-Site": "none"},
    "nonsense": {"Sec-Fetch-Site": "SAME-ORIGIN, cross-site"},
    "another site that forges the origin": {
        "Sec-Fetch-Site": "cross-site",
        "Origin": OURS,
    },
    "another origin with our page": {
        "Origin": "https://evil.example",
        "Referer": f"{OURS}/",
    },
    "nothing": {},
}


@pytest.fixture
def strict(home):
    return Client(enforce_csrf_checks=True)


def send(client, headers, is_secure=False, **values):
    shown_at = SIGNER.sign(str(time.time() - 60))
    data = {"message": "A blue bin", "shown_at": shown_at, **values}
    return client.post(reverse("enquiry"), data, secure=is_secure, headers=headers)


def test_form_that_the_browser_calls_ours_is_stored(strict):
    for what, headers in SAME.items():
        assert send(strict, headers, message=what).status_code == 302, what
    assert Enquiry.objects.count() == len(SAME)


def test_form_that_may_be_foreign_is_refused(strict):
    for what, headers in FOREIGN.items():
        response = send(strict, headers)
        assert response.status_code == 403, what
    assert Enquiry.objects.count() == 0
    html = BeautifulSoup(response.content, "html.parser")
    assert html.h1.get_text() == "Sorry, your form was not submitted"


def test_without_the_check_a_foreign_form_would_be_stored(home):
    """Prove that it is this defence that refuses it."""
    assert send(Client(), FOREIGN["another origin"]).status_code == 302


def test_origin_is_compared_with_the_address_over_https(strict):
    for origin, status in (("https://testserver", 302), ("http://testserver", 403)):
        response = send(strict, {"Origin": origin}, is_secure=True)
        assert response.status_code == status


@pytest.fixture
def signed_in(strict, django_user_model):
    strict.force_login(django_user_model.objects.create_superuser("a", password="x"))
    return strict


def test_whoever_has_a_session_needs_the_token(signed_in):
    assert send(signed_in, SAME["all three"]).status_code == 403
    assert Enquiry.objects.count() == 0
    token = str(signed_in.get(reverse("enquiry")).context["csrf_token"])
    sent = send(signed_in, SAME["all three"], csrfmiddlewaretoken=token)
    assert sent.status_code == 302
    # It does not help a foreign page.
    foreign = FOREIGN["another origin"]
    assert send(signed_in, foreign, csrfmiddlewaretoken=token).status_code == 403


def test_forged_session_cookie_needs_the_token_too(strict):
    strict.cookies[settings.SESSION_COOKIE_NAME] = "f0rged" * 5 + "00"
    assert send(strict, SAME["all three"]).status_code == 403


def test_closing_an_alert_is_protected_in_the_same_way(strict):
    alert = AlertFactory(is_dismissible=True)
    address = reverse("dismiss_alert", args=[alert.pk])
    assert strict.post(address, headers=FOREIGN["nothing"]).status_code == 403
    assert strict.post(address, headers=FOREIGN["another site"]).status_code == 403
    assert strict.post(address, headers=SAME["Origin"]).status_code == 302


def test_staff_can_sign_in(strict, django_user_model):
    django_user_model.objects.create_superuser("officer", password="x")
    address = reverse("account_login")
    data = {"login": "officer", "password": "x"}
    refused = strict.post(address, data, headers=FOREIGN["another site"])
    assert refused.status_code == 403
    response = strict.post(address, data, headers=SAME["all three"])
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


def test_staff_can_close_an_alert_with_the_token_on_the_page(signed_in):
    alert = AlertFactory(is_dismissible=True)
    token = hidden_token(signed_in.get("/"))
    address = reverse("dismiss_alert", args=[alert.pk])
    assert signed_in.post(address).status_code == 403
    sent = signed_in.post(address, {"csrfmiddlewaretoken": token})
    assert sent.status_code == 302


def test_residents_get_neither_token_nor_cookie(strict):
    AlertFactory(is_dismissible=True)
    for address in ("/", reverse("enquiry")):
        response = strict.get(address)
        assert hidden_token(response) is None
        assert not response.cookies
