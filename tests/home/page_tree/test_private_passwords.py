from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from home.rate_limits import RateLimit
from tests.factories import StandardPageFactory

PASSWORD = "a word for friends"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
OFFICE = "192.0.2.1"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def private_page(section):
    page = StandardPageFactory(parent=section)
    values = {"restriction_type": "password", "password": PASSWORD}
    PageViewRestriction.objects.create(page=page, **values)
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


def test_five_wrong_passwords_and_even_the_right_one_waits(address, clock):
    for number in range(5):
        assert enter(address, f"guess {number}").status_code == 200
    refused = enter(address, PASSWORD)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "300"
    html = BeautifulSoup(refused.content, "html.parser")
    assert html.h1.get_text() == "Too many incorrect passwords"
    assert "Wait 5 minutes" in html.main.get_text()
    clock.shift(timedelta(minutes=5, seconds=1))
    assert enter(address, PASSWORD).url == address


def test_without_the_limit_a_guesser_would_get_in(address, monkeypatch):
    monkeypatch.setattr(RateLimit, "is_reached", lambda *args: False)
    for number in range(9):
        assert enter(address, f"guess {number}").status_code == 200
    assert enter(address, PASSWORD).status_code == 302


def test_wrong_tries_of_one_visitor_keep_no_other_network_out(address):
    for number in range(50):
        enter(address, f"guess {number}")
    assert enter(address, PASSWORD, network="192.0.2.2").status_code == 302


def test_guesser_with_many_addresses_is_stopped_and_soon_forgotten(
    address, clock, monkeypatch
):
    monkeypatch.setattr("home.page_tree.private_passwords.MAX_WRONG_OVERALL", 20)
    for number in range(20):
        assert enter(address, "guess", f"198.51.100.{number}").status_code == 200
    assert enter(address, "guess", "198.51.100.99").status_code == 429
    clock.shift(timedelta(minutes=10, seconds=1))
    assert enter(address, PASSWORD).status_code == 302
