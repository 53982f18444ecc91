from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from community.models import AlertScope
from home.rate_limits import RateLimit
from tests.factories import AlertFactory, StandardPageFactory

PASSWORD = "a word for friends"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
OFFICE = "192.0.2.1"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def private_page(section):
    page = StandardPageFactory(parent=section, title="Hidden plans", summary="Secret.")
    values = {"restriction_type": "password", "password": PASSWORD}
    PageViewRestriction.objects.create(page=page, **values)
    alert = AlertFactory(heading="Hidden flood", scope="pages")
    AlertScope.objects.create(alert=alert, page=page)
    return page.url


def private_document(section):
    collection = Collection.get_first_root_node().add_child(name="Friends")
    values = {"restriction_type": "password", "password": PASSWORD}
    CollectionViewRestriction.objects.create(collection=collection, **values)
    file = ContentFile(b"Plans", name="plans.txt")
    return Document.objects.create(title="Plans", file=file, collection=collection).url


@pytest.fixture(params=[private_page, private_document])
def address(request, section):
    return request.param(section)


def enter(address, password, network=OFFICE):
    client = Client(REMOTE_ADDR=network)
    html = BeautifulSoup(client.get(address).content, "html.parser")
    form = html.select_one("main form")
    data = {each["name"]: each.get("value", "") for each in form.select("input[name]")}
    headers = {"Sec-Fetch-Site": "same-origin"}
    return client.post(form["action"], data | {"password": password}, headers=headers)


def test_page_and_its_alerts_stay_unsaid_until_the_password(section, client, read):
    address = private_page(section)
    response = client.get(address)
    html = BeautifulSoup(response.content, "html.parser")
    assert html.h1.get_text() == "Password required"
    assert "Hidden" not in html.get_text()
    assert "Secret" not in response.content.decode()
    assert not html.select("[aria-current], link[rel=canonical]")
    assert not response.cookies
    client.cookies = enter(address, PASSWORD).cookies
    assert read(address).h1.get_text() == "Hidden plans"


def test_wrong_password_is_said_at_the_field(address):
    AlertFactory(heading="Floods")
    html = BeautifulSoup(enter(address, "guess").content, "html.parser")
    assert html.title.get_text().startswith("Error: ")
    error = html.find(id=html.find(id="id_password")["aria-describedby"])
    assert "not correct" in error.get_text()
    assert html.select_one(".error-summary a")["href"] == "#id_password"
    # Closing an alert would lose what was typed.
    assert "Floods" in html.select_one(".alerts").get_text()
    assert not html.select(".alerts form")


def test_after_five_wrong_passwords_even_the_right_one_waits(address, clock):
    for number in range(5):
        assert enter(address, f"guess {number}").status_code == 200
    refused = enter(address, PASSWORD)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "300"
    assert "Wait 5 minutes" in refused.content.decode()
    assert enter(address, PASSWORD, network="192.0.2.2").status_code == 302
    clock.shift(timedelta(minutes=5, seconds=1))
    assert enter(address, PASSWORD).url == address


def test_without_the_limit_a_guesser_would_get_in(section, monkeypatch):
    address = private_page(section)
    monkeypatch.setattr(RateLimit, "is_reached", lambda *args: False)
    for number in range(9):
        assert enter(address, f"guess {number}").status_code == 200
    assert enter(address, PASSWORD).status_code == 302


def test_guesser_with_many_addresses_is_stopped_for_minutes(
    section, clock, monkeypatch
):
    address = private_page(section)
    monkeypatch.setattr("home.rate_limits.MAX_WRONG_OVERALL", 20)
    for number in range(20):
        assert enter(address, "guess", f"198.51.100.{number}").status_code == 200
    assert enter(address, "guess", "198.51.100.99").status_code == 429
    clock.shift(timedelta(minutes=10, seconds=1))
    assert enter(address, PASSWORD).status_code == 302
