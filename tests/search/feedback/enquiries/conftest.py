"""Fixtures of the tests of enquiries."""

import time

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from search.feedback.forms import SIGNER
from tests.home.notifications.emails import mail_errors  # noqa: F401


def shown_seconds_ago(seconds):
    return SIGNER.sign(str(time.time() - seconds))


def page_of(enquiry):
    return reverse("search_enquiry_modeladmin_inspect", args=[enquiry.pk])


def text_of(response):
    html = BeautifulSoup(response.content, "html.parser")
    return html.get_text(" ", strip=True)


def history(enquiry):
    return [(each.by.username, str(each)) for each in enquiry.actions.all()]


@pytest.fixture
def send(home, client):

    def post(**values):
        data = {"message": "A blue bin", "shown_at": shown_seconds_ago(60), **values}
        sent = {name: value for name, value in data.items() if value is not None}
        return client.post(reverse("enquiry"), sent)

    return post


@pytest.fixture
def handler(enter_admin):
    return enter_admin("view_enquiry", "change_enquiry", name="hannah")


@pytest.fixture
def act(client, handler):

    def send(action, enquiry, **values):
        last = enquiry.last_action
        data = {"action": action, "last": last.pk if last else "", **values}
        response = client.post(page_of(enquiry), data, follow=True)
        enquiry.refresh_from_db()
        return response

    return send
