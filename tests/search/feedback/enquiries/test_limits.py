"""Many messages from one place, or the same one twice: stored once or not at all."""

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from home.models import SiteSettings
from home.rate_limits import RateLimit, RateLimitHit
from search.feedback import views
from search.models import Enquiry
from tests.search.feedback.enquiries.conftest import shown_seconds_ago


def send_from(address, **values):
    data = {"message": "A blue bin", "shown_at": shown_seconds_ago(60), **values}
    return Client().post(reverse("enquiry"), data, REMOTE_ADDR=address)


@pytest.fixture
def _few(settings):
    settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL = 2, 4


@pytest.mark.usefixtures("_few")
def test_flood_is_stored_up_to_the_limits_and_others_are_heard(home):
    def statuses(addresses):
        messages = [f"Bin {number}" for number in range(len(addresses))]
        pairs = zip(addresses, messages, strict=True)
        return [send_from(each, message=said).status_code for each, said in pairs]

    assert statuses(["192.0.2.1"] * 5) == [302, 302, 429, 429, 429]
    assert statuses([f"192.0.2.{n}" for n in range(2, 9)]) == [302] * 2 + [429] * 5
    assert Enquiry.objects.count() == 4


@pytest.mark.usefixtures("_few")
def test_without_the_limit_the_flood_would_be_stored(home, monkeypatch):
    """Without the limit, all are stored."""
    monkeypatch.setattr(RateLimit, "is_reached", lambda *args: False)
    for number in range(9):
        send_from("192.0.2.1", message=f"Bin {number}")
    assert Enquiry.objects.count() == 9


@pytest.mark.usefixtures("_few")
def test_who_is_over_the_limit_keeps_what_they_typed_and_can_send_it_later(
    home, django_assert_max_num_queries
):
    council = SiteSettings.for_site(home.get_site())
    council.phone = "01642 393939"
    council.save()
    typed = {"message": "A <b>green</b> bin", "email": "r@example.org", "query": "bin"}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(3):
            send_from("192.0.2.1", message=f"Bin {number}")
        # Two for the limit, one for the version of the content.
        with django_assert_max_num_queries(3):
            assert send_from("192.0.2.1", message="Another").status_code == 429
        response = send_from("192.0.2.1", **typed, from_path="/waste/")
        assert response.status_code == 429
        assert "no-store" in response["Cache-Control"]
        assert int(response["Retry-After"]) > 0
        html = BeautifulSoup(response.content, "html.parser")
        assert "01642 393939" in html.main.get_text()
        saved = {
            each["name"]: each.get("value", "") for each in html.select("main input")
        }
        saved["message"] = html.textarea.get_text().strip()
        for name, text in typed.items():
            assert saved[name] == text
        clock.shift(timedelta(hours=1))
        action = html.select_one("main form")["action"]
        assert Client().post(action, saved).status_code == 302
    assert Enquiry.objects.latest("pk").message == typed["message"]


def test_same_form_sent_twice_is_stored_once(home, send):
    shown_at = shown_seconds_ago(60)
    first = send(email="r@example.org", shown_at=shown_at)["Location"]
    assert send(email="r@example.org", shown_at=shown_at)["Location"] == first
    assert Enquiry.objects.count() == 1
    for other in (
        {"message": "A green bin"},
        {"email": "other@example.org"},
        {"shown_at": shown_seconds_ago(50)},
    ):
        values = {"email": "r@example.org", "shown_at": shown_at, **other}
        assert send(**values)["Location"] != first
    assert Enquiry.objects.count() == 4


def test_form_says_what_happens_to_the_message_and_for_how_long(home, client, settings):
    settings.ENQUIRY_CLOSED_DAYS, settings.ENQUIRY_EMAIL_DAYS = 123, 45
    for address in (reverse("enquiry"), "/search/?query=xylophonezzz"):
        response = client.get(address)
        text = BeautifulSoup(response.content, "html.parser").form.find_parent("body")
        words = re.sub(r"\s+", " ", text.main.get_text())
        assert "We read every message" in words
        assert "delete your message 123 days after" in words
        assert "after 45 days at the latest" in words
        assert "no-store" in response["Cache-Control"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_double_click_is_stored_once(home, settings):
    """Many at the same moment, each on a connection of its own."""
    settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL = 50, 50
    shown_at = shown_seconds_ago(60)

    def click(_):
        try:
            return send_from("192.0.2.1", shown_at=shown_at)["Location"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(click, range(8)))) == 1
    assert Enquiry.objects.count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.usefixtures("_few")
def test_limit_holds_for_those_who_come_at_the_same_moment(home):
    def come(number):
        try:
            return send_from("192.0.2.1", message=f"Bin {number}").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(come, range(16)))
    assert statuses == [302] * 2 + [429] * 14
    assert Enquiry.objects.count() == RateLimitHit.objects.count() == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_request_whose_worker_is_killed_counts(home, monkeypatch):
    """As when gunicorn ends a worker that takes too long."""

    def die(form):
        assert not connection.in_atomic_block
        os.kill(os.getpid(), signal.SIGKILL)

    # The child must not use what the parent has open.
    connections.close_all()
    child = os.fork()
    if not child:
        monkeypatch.setattr(views, "store_enquiry", die)
        send_from("192.0.2.1")
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert RateLimitHit.objects.filter(limit="enquiries").count() == 1
    assert not Enquiry.objects.exists()
