"""What operators read in the logs, and what must not be in them."""

import io
import json
import logging
import time

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from search import views
from search.enquiries.forms import SIGNER
from search.models import Enquiry

SECRET = "canary@example.org"


@pytest.fixture
def logged(monkeypatch):
    """Return a function that gives the lines written since, each read as JSON."""
    stream = io.StringIO()
    handlers = [
        handler
        for name in ("", "django")
        for handler in logging.getLogger(name).handlers
        if type(handler) is logging.StreamHandler
    ]
    assert handlers
    for handler in handlers:
        monkeypatch.setattr(handler, "stream", stream)

    def lines():
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    lines.text = stream.getvalue
    return lines


@pytest.fixture
def visitor(home):
    return Client(raise_request_exception=False)


def test_missing_page_is_one_line_with_its_request_id(visitor, logged):
    response = visitor.get(f"/no-such-page/?query={SECRET}")
    (line,) = logged()
    assert line["levelname"] == "WARNING"
    assert line["name"] == "django.request"
    assert line["correlation_id"] == response["X-Request-ID"]
    assert line["status_code"] == 404
    assert "/no-such-page/" in line["message"]
    assert SECRET not in logged.text()


def test_fault_is_logged_with_its_trace_and_not_with_what_was_searched(
    visitor, logged, monkeypatch
):
    def fail(*arguments):
        raise RuntimeError("what went wrong")

    monkeypatch.setattr(views, "get_results", fail)
    response = visitor.get(f"/search/?query={SECRET}", headers={"Referer": SECRET})
    line = logged()[-1]
    assert line["levelname"] == "ERROR"
    assert line["correlation_id"] == response["X-Request-ID"]
    assert "what went wrong" in line["exc_info"]
    assert "fail" in line["exc_info"]
    assert SECRET not in logged.text()


def test_fault_while_an_enquiry_is_stored_does_not_log_what_was_written(
    visitor, logged, monkeypatch
):
    def fail(*arguments, **keywords):
        raise RuntimeError("what went wrong")

    monkeypatch.setattr(Enquiry, "save", fail)
    shown_at = SIGNER.sign(str(time.time() - 60))
    data = {"message": SECRET, "email": SECRET, "query": SECRET, "shown_at": shown_at}
    response = visitor.post(reverse("enquiry"), data)
    assert response.status_code == 500
    assert "what went wrong" in logged.text()
    assert SECRET not in logged.text()


def test_refused_form_is_logged_without_what_was_written(home, logged):
    client = Client(enforce_csrf_checks=True)
    assert client.post(reverse("enquiry"), {"message": SECRET}).status_code == 403
    (line,) = logged()
    assert line["name"] == "django.security.csrf"
    assert SECRET not in logged.text()


def test_line_break_in_a_path_makes_no_line_of_its_own(visitor, logged):
    visitor.get('/x%0a{"levelname": "CRITICAL"}/')
    (line,) = logged()
    assert line["levelname"] == "WARNING"


def test_good_request_is_not_logged(visitor, logged):
    visitor.get("/")
    assert logged() == []


def test_mail_is_not_the_way_faults_are_told():
    assert "mail_admins" not in str(settings.LOGGING)
    handlers = [*logging.getLogger("django").handlers, *logging.getLogger().handlers]
    assert "AdminEmailHandler" not in {type(each).__name__ for each in handlers}
