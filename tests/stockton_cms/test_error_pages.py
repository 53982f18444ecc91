"""What a visitor sees when something is not there or has gone wrong."""

import re
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from bs4 import BeautifulSoup
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from wagtail.models import Page

from community.models.alerts import VisibleAlert
from home.models import SiteSettings
from search import views
from stockton_cms import error_pages
from stockton_cms.error_pages import server_error
from tests.factories import AlertFactory


@pytest.fixture
def broken_search(monkeypatch):
    def fail(*arguments):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(views, "get_results", fail)


@contextmanager
def no_database():
    away = OperationalError("the database is unavailable at 10.0.0.7")
    with (
        patch.object(CursorWrapper, "execute", side_effect=away),
        patch.object(CursorWrapper, "executemany", side_effect=away),
    ):
        yield


@pytest.fixture
def numbers(section):
    council = SiteSettings.for_site(section.get_site())
    council.council_name = "Borough of Tests"
    council.emergency_numbers = [
        ("number", {"label": "Flooding <now>", "number": "01632 960 111"})
    ]
    council.save()


def text_of(response):
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


def test_page_that_is_not_there_is_our_own(section, read):
    AlertFactory(heading="Flood warning")
    html = read("/no-such-page/", status=404)
    assert html.h1.get_text() == "Page not found"
    assert html.title.get_text().startswith("Page not found")
    assert html.select_one("nav.main-navigation a")
    assert html.select_one("form[role=search]")
    assert html.main.select_one("a[href='/']")
    assert "Flood warning" in html.select_one(".alerts").get_text()


def test_whatever_is_not_there_is_not_found(section, client):
    for address in (
        "/no-such-page",
        "/stronger-communities/no-such-page/",
        "/stronger-communities/../x/",
        "/search/more/",
        "/documents/999/none.pdf",
        "/media/images/none.jpg",
        "/.env",
        "/wp-login.php",
        "/static/none.css",
        "/cant-find-it/thanks/NOSUCHREFE/",
        "/alerts/1/closed/",
    ):
        assert client.get(address, follow=True).status_code == 404, address
    # Nor is it before there is any site.
    Page.objects.filter(depth=2).delete()
    assert client.get("/no-such-page/").status_code == 404


def test_page_for_faults_shows_what_was_known_last(numbers, visitor, broken_search):
    AlertFactory(heading="Flood warning")
    AlertFactory(heading="Over by now", ends_at=timezone.now())
    assert visitor.get("/").status_code == 200
    response = visitor.get("/search/?query=x")
    assert response.status_code == 500
    assert "default-src 'none'" in response["Content-Security-Policy"]
    text = text_of(response)
    assert "Sorry, there is a problem with the website" in text
    assert not re.search("secret detail|Traceback", response.content.decode())
    assert "Flood warning" in text
    assert "Over by now" not in text
    assert "Flooding <now>: 01632 960 111" in text
    assert "Borough of Tests" in text
    html = BeautifulSoup(response.content, "html.parser")
    assert html.select_one("a[href='tel:01632960111']")


def test_page_for_faults_shows_while_the_database_is_away(numbers, section, visitor):
    alert = AlertFactory(heading="Flood warning")
    visitor.get("/")
    for address in (section.url, "/search/?query=x", "/no-such-page/"):
        with no_database():
            response = visitor.get(address)
        assert response.status_code == 503
        assert int(response["Retry-After"]) > 0
        text = text_of(response)
        assert "Flood warning" in text
        assert "01632 960 111" in text
        assert "10.0.0.7" not in text
    with no_database(), patch("django.utils.timezone.now", return_value=alert.ends_at):
        response = visitor.get("/search/?query=x")
    assert response.status_code == 503
    assert "Flood warning" not in text_of(response)


def test_process_is_ready_only_while_the_database_answers_and_live_all_the_time(
    visitor, django_assert_num_queries
):
    with django_assert_num_queries(0):
        visitor.get("/-/live")
    for address, answer in (("/-/live", b"live\n"), ("/-/ready", b"ready\n")):
        response = visitor.get(address)
        assert (response.status_code, response.content) == (200, answer)
        assert "no-store" in response["Cache-Control"]
        assert visitor.head(address).status_code == 200
        assert visitor.post(address).status_code == 405
    with no_database():
        assert visitor.get("/-/live").status_code == 200
        response = visitor.get("/-/ready")
    assert (response.status_code, response.content) == (503, b"not ready\n")


def test_error_page_is_shown_where_what_it_is_made_of_is_missing_or_fails(
    visitor, section, rf, broken_search, monkeypatch
):
    def fail(*arguments):
        raise RuntimeError("secret detail")

    def assert_sorry():
        response = visitor.get("/search/", {"query": "bins"})
        assert response.status_code == 500
        assert "Sorry, there is a problem with the website" in text_of(response)
        assert "secret" not in text_of(response)

    text = text_of(server_error(rf.get("/")))
    assert "Sorry, there is a problem with the website" in text
    assert "If you need help now" not in text
    with patch("home.caching.caches") as caches:
        caches["last_known"].get.side_effect = OSError("disk is full")
        assert server_error(rf.get("/")).status_code == 500
    for part in ("get_last_known_alerts", "get_stored_council", "render_to_string"):
        with patch.object(error_pages, part, fail):
            assert_sorry()
    # Alerts that fail every page do not fail this one.
    AlertFactory(heading="Flood warning")
    visitor.get("/")
    monkeypatch.setattr(VisibleAlert, "severity_name", property(fail))
    monkeypatch.setattr(VisibleAlert, "severity_label", property(fail))
    assert visitor.get("/no-such-page/").status_code == 500
    assert_sorry()
