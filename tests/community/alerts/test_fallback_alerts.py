"""The error page shows alerts and phone numbers although the database is away (A4)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import OperationalError, connection
from wagtail.models import Site

from community.models import AlertScope
from home import caching
from home.models import SiteSettings
from stockton_cms.error_pages import server_error
from tests.factories import AlertFactory

NOON = datetime(2027, 7, 1, 12, tzinfo=ZoneInfo("Europe/London"))
HOUR = timedelta(hours=1)


@pytest.fixture
def error_page(db, rf, django_assert_num_queries):
    def get():
        with django_assert_num_queries(0):
            response = server_error(rf.get("/"))
        assert response.status_code == 500
        return BeautifulSoup(response.content, "html.parser")

    return get


def refuse_all_queries(*args, **kwargs):
    raise OperationalError("the database is away")


@pytest.fixture
def numbers(home):
    settings = SiteSettings.for_site(Site.objects.get())
    value = {"label": "Housing emergencies", "number": "01632 960000"}
    settings.emergency_numbers = [("number", value)]
    settings.council_name = "Stockton Council"
    settings.save()


def test_visitor_sees_the_error_page_when_the_database_fails(
    home, numbers, client, error_page
):
    AlertFactory(heading="Floods")
    client.get("/")
    client.raise_request_exception = False
    with connection.execute_wrapper(refuse_all_queries):
        response = client.get("/search/?query=bins")
    html = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == 503
    assert "Floods" in html.select_one(".alerts").get_text()
    assert html.select_one("main a")["href"] == "tel:01632960000"
    assert not html.select(".alerts form")
    assert len(html.find_all("h1")) == 1
    caching._fallbacks.clear()
    html = error_page()
    assert "Floods" in html.select_one(".alerts").get_text()
    assert "Housing emergencies" in html.main.get_text()
    assert "Stockton Council" in html.title.get_text()


def test_error_page_works_when_nothing_was_known(error_page):
    html = error_page()
    assert "there is a problem with the website" in html.h1.get_text()
    assert not html.select(".alerts")
    assert SiteSettings._meta.get_field("council_name").default in html.get_text()


def test_error_page_follows_the_clock(home, client, error_page):
    with time_machine.travel(NOON, tick=False):
        AlertFactory(heading="Now", ends_at=NOON + HOUR)
        AlertFactory(heading="Next", starts_at=NOON + HOUR, ends_at=NOON + 2 * HOUR)
        client.get("/")
    for at, heading in ((NOON, "Now"), (NOON + HOUR, "Next")):
        with time_machine.travel(at, tick=False):
            (alert,) = error_page().select(".alert__heading")
            assert heading in alert.get_text()


def test_alerts_for_chosen_pages_and_those_taken_down_are_left_out(
    section, client, error_page
):
    chosen = AlertFactory(scope="pages", heading="Chosen")
    AlertScope.objects.create(alert=chosen, page=section)
    alert = AlertFactory(heading="Everywhere")
    client.get(section.url)
    assert len(error_page().select(".alert")) == 1
    alert.unpublish()
    client.get("/")
    assert not error_page().select(".alert")
