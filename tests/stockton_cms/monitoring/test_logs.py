"""What operators read in the logs, and what must not be in them."""

import json
import logging
import runpy
import time

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from home import jobs
from home.jobs import run_due_jobs
from search import views
from search.feedback.forms import SIGNER
from search.models import Enquiry
from stockton_cms.monitoring import logs

SECRET = "canary@example.org"


@pytest.fixture
def logged(log_text):
    """Return a function that gives the lines written since, each read as JSON."""

    def lines():
        return [json.loads(line) for line in log_text().splitlines()]

    lines.text = log_text
    return lines


def test_missing_page_is_one_line_with_its_request_id(visitor, logged, settings):
    settings.BEHIND_TLS_PROXY = True
    # What a visitor sends as an id is in no line, nor is the search.
    headers = {"X-Request-ID": "JaneSmith"}
    response = visitor.get(f"/no-such-page/?query={SECRET}", headers=headers)
    (line,) = logged()
    assert line.keys() == {
        "asctime",
        "levelname",
        "name",
        "message",
        "correlation_id",
        "process",
        "status_code",
    }
    assert line["levelname"] == "WARNING"
    assert line["name"] == "django.request"
    assert line["correlation_id"] == response["X-Request-ID"]
    assert line["status_code"] == 404
    assert "/no-such-page/" in line["message"]
    assert SECRET not in logged.text()
    assert "JaneSmith" not in logged.text()
    logging.getLogger("x").warning("between requests")
    assert logged()[-1]["correlation_id"] is None
    # A line break in a path makes no line of its own.
    visitor.get('/x%0a{"levelname": "CRITICAL"}/')
    assert [each["levelname"] for each in logged()] == ["WARNING"] * 3
    assert visitor.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert "django.security.DisallowedHost" in [each["name"] for each in logged()]


def test_fault_is_logged_with_its_trace_and_not_with_what_was_written(
    visitor, logged, monkeypatch
):
    def fail(*arguments, **keywords):
        raise RuntimeError("what went wrong")

    monkeypatch.setattr(views, "get_results", fail)
    monkeypatch.setattr(Enquiry, "save", fail)
    shown_at = SIGNER.sign(str(time.time() - 60))
    data = {"message": SECRET, "email": SECRET, "query": SECRET, "shown_at": shown_at}
    search = f"/search/?query={SECRET}"
    for send in (
        lambda: visitor.get(search, headers={"Referer": SECRET}),
        lambda: visitor.post(reverse("enquiry"), data),
    ):
        response = send()
        assert response.status_code == 500
        line = logged()[-1]
        assert line["levelname"] == "ERROR"
        assert line["correlation_id"] == response["X-Request-ID"]
        assert "what went wrong" in line["exc_info"]
        assert "fail" in line["exc_info"]
    assert SECRET not in logged.text()


def test_refused_form_is_logged_without_what_was_written(home, logged):
    client = Client(enforce_csrf_checks=True)
    assert client.post(reverse("enquiry"), {"message": SECRET}).status_code == 403
    (line,) = logged()
    assert line["name"] == "django.security.csrf"
    assert SECRET not in logged.text()


def written(message, *arguments, error=None):
    formatter = logging.getLogger("django").handlers[0].formatter
    exc_info = (type(error), error, None) if error else None
    record = logging.LogRecord("x", 40, "x", 1, message, arguments, exc_info)
    record.correlation_id = None
    return json.loads(formatter.format(record))


def test_line_says_nothing_of_what_was_asked():
    for said, expected in (
        ("Not Found: /canary@example.org/TS18 5AB/", "Not Found: [removed]/[removed]/"),
        ("Error handling request GET /a/?query=a", "Error handling request GET /a/"),
        ("Invalid request from ip=10.0.0.1: Invalid line: 'a\nb'", "Invalid request"),
        ("Invalid HTTP_HOST header: 'x'.", "Invalid HTTP_HOST header: 'x'."),
    ):
        assert written("%s", said)["message"] == expected
    # Nor is half an email address left where a line is cut.
    for before in range(970, 1_000, 3):
        said = "b " * (before // 2) + SECRET + " c" * 600
        assert "canar" not in written("%s", said)["message"]


def test_long_line_is_cut_before_it_is_looked_through(monkeypatch):
    read = []
    redact = logs.redact
    monkeypatch.setattr(logs, "redact", lambda text: read.append(text) or redact(text))
    line = written("Not Found: %s", "/" + "+" * 8_000, error=ValueError("+" * 8_000))
    assert len(line["message"]) <= logs.MAX_LENGTH
    assert max(map(len, line["exc_info"].splitlines())) <= logs.MAX_LENGTH + 50
    assert len(read) == 2
    assert max(map(len, read)) <= logs.MAX_LENGTH
    formatter = logging.getLogger("django").handlers[0].formatter
    record = logging.makeLogRecord({"msg": "x", "agent": "b" * 8_000})
    record.correlation_id = None
    assert len(json.loads(formatter.format(record))["agent"]) <= logs.MAX_LENGTH


def test_what_led_to_an_error_is_written_before_it():
    said = "first\nsecond line"
    try:
        try:
            raise KeyError(said)
        except KeyError as cause:
            raise ValueError("then") from cause
    except ValueError as error:
        lines = written("x", error=error)["exc_info"].splitlines()
    assert lines[-1] == "builtins.ValueError: then"
    assert "second line" not in "".join(lines)
    assert any(line.startswith("builtins.KeyError: 'first") for line in lines)
    # An error may say that it led to itself.
    error = ValueError("wrong")
    error.__cause__ = error
    assert written("x", error=error)["exc_info"].count("ValueError: wrong") == 1


def test_lines_of_one_run_of_the_jobs_have_one_id(home, logged, monkeypatch):
    def fail(at):
        raise RuntimeError("what went wrong")

    monkeypatch.setattr(jobs, "_jobs", {"one": fail, "two": fail})
    for _ in range(2):
        run_due_jobs(timezone.now())
    ids = [line["correlation_id"] for line in logged()]
    assert len(ids) == 4
    assert ids[0] == ids[1] != ids[2] == ids[3]
    assert all(ids)
    logging.getLogger("x").warning("after them")
    assert logged()[-1]["correlation_id"] is None


def test_gunicorn_writes_its_lines_as_the_site_does():
    said = runpy.run_path(str(settings.BASE_DIR / "deploy/gunicorn.conf.py"))
    formatter = said["logconfig_dict"]["formatters"]["generic"]["()"]
    assert formatter == settings.LOGGING["formatters"]["json"]["()"]
    assert "accesslog" not in said
