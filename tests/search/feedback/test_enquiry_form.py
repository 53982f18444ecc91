"""A resident tells us what they could not find."""

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from home.models import SiteSettings
from home.rate_limits import RateLimit, RateLimitHit
from search.feedback import views
from search.feedback.forms import SIGNER
from search.models import Enquiry
from tests.factories import EnquiryFactory
from tests.search.feedback.conftest import parse, shown_seconds_ago


def field(html, name):
    return html.select_one(f"main form [name={name}]")


def value(html, name):
    found = field(html, name)
    text = found.get_text() if found.name == "textarea" else found.get("value")
    return (text or "").strip()


def problems(html):
    return [item.get_text() for item in html.select(".error-summary li")]


def test_form_has_labels_and_carries_the_search_and_the_page_along(home, read, send):
    carried = {"query": "blue bin & more", "from": "/a page/?x=1"}
    link = read("/no-such-page/", status=404).main.select_one("a[href^='/cant-find']")
    assert value(read(link["href"]), "from_path") == "/no-such-page/"
    html = read(f"{reverse('enquiry')}?{urlencode(carried)}")
    assert problems(html) == []
    assert not html.select(f"a[href^='{reverse('enquiry')}']")
    assert not html.main.select("[maxlength]")
    for name in ("message", "email"):
        widget = field(html, name)
        assert html.select_one(f"label[for={widget['id']}]")
        assert html.find(id=widget["aria-describedby"])
    honeypot = field(html, "website")
    assert honeypot.find_parent("p")["aria-hidden"] == "true"
    assert (honeypot["tabindex"], honeypot["autocomplete"]) == ("-1", "off")
    sent = {name: value(html, name) for name in ("query", "from_path")}
    assert sent == {"query": "blue bin & more", "from_path": "/a page/?x=1"}
    again = parse(send(message="", **sent))
    assert {name: value(again, name) for name in sent} == sent
    send(**sent)
    assert Enquiry.objects.filter(**sent).count() == 1


def test_message_is_stored_and_thanked_for_with_its_reference(send, client):
    response = send(message=" A blue bin\nfor paper ", email="resident@example.org")
    stored = Enquiry.objects.get()
    assert stored.message == "A blue bin\nfor paper"
    assert stored.email == "resident@example.org"
    assert stored.is_open
    assert response.status_code == 302
    assert response["Location"] == reverse("enquiry_thanks", args=[stored.reference])
    thanks = client.get(response["Location"])
    assert f"Your reference is <strong>{stored.reference}" in thanks.content.decode()
    assert "resident@example.org" not in thanks.content.decode()
    for wrong in ("AAAAAAAAAA", "a", "x" * 300):
        address = reverse("enquiry_thanks", args=[wrong])
        assert client.get(address).status_code == 404
    assert send(email="").status_code == 302


def test_looking_stores_nothing_here_or_in_caches(home, client, send):
    address = reverse("enquiry")
    sent = {"message": "A blue bin", "shown_at": shown_seconds_ago(60)}
    for method in (client.put, client.delete, client.patch):
        assert method(address).status_code == 405
    reference = EnquiryFactory().reference
    for response in (
        client.get(address, sent),
        client.head(address, sent),
        send(message=""),
        client.get(reverse("enquiry_thanks", args=[reference])),
        client.get(reverse("enquiry_thanks_anyone")),
    ):
        assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
    response = send(website="https://spam.example")
    assert response["Location"] == reverse("enquiry_thanks_anyone")
    assert "Thank you" in client.get(response["Location"]).content.decode()
    assert Enquiry.objects.count() == 1


TIMES = {
    "too fast": lambda: shown_seconds_ago(0),
    "in the future": lambda: shown_seconds_ago(-600),
    "missing": lambda: None,
    "forged": lambda: f"{time.time() - 60}:forged",
    "signed for something else": lambda: SIGNER.__class__(salt="x").sign("1"),
    "a day old": lambda: shown_seconds_ago(24 * 60 * 60 + 1),
    "with a NUL": lambda: "\0",
}


def test_form_without_a_true_time_is_shown_again_with_all_that_was_typed(send):
    with time_machine.travel(time.time(), tick=False) as clock:
        for name, shown_at in TIMES.items():
            typed = {"message": "A blue bin", "email": "r@example.org"}
            response = send(shown_at=shown_at(), **typed)
            html = parse(response)
            assert response.status_code == 422, name
            assert any("send" in problem.lower() for problem in problems(html))
            assert {each: value(html, each) for each in typed} == typed
        assert Enquiry.objects.count() == 0
        clock.shift(10)
        assert send(shown_at=value(html, "shown_at")).status_code == 302
    longest = send(message="x" * 5_000, shown_at=shown_seconds_ago(23 * 60 * 60))
    assert longest.status_code == 302
    assert len(Enquiry.objects.latest("pk").message) == 5_000


def test_mistake_is_named_at_its_field_and_leads_to_it(send):
    for name, typed, problem in (
        ("message", "", "Enter what you were looking for."),
        ("message", "x" * 5_001, "Your message must be 5,000 characters or fewer."),
        ("message", "\N{SQUARE KIROMEETORU}" * 1_000, "Use plain letters"),
        ("message", "a\0b", "Null characters are not allowed."),
        ("email", "not an address", "Enter an email address in the correct"),
        ("email", "a@b\nBcc: c@example.org", "Enter an email address in the correct"),
        ("email", "x" * 300 + "@example.org", "254 characters or fewer"),
    ):
        response = send(**{name: typed})
        html = parse(response)
        assert response.status_code == 422
        summary = html.select_one(".error-summary")
        assert summary["role"] == "alert"
        (link,) = [link for link in summary.select("a") if problem in link.get_text()]
        widget = html.select_one(link["href"])
        assert widget["name"] == name
        assert widget["aria-invalid"] == "true"
        texts = [html.find(id=each) for each in widget["aria-describedby"].split()]
        assert problem in " ".join(each.get_text() for each in texts)
        assert html.title.get_text().startswith("Error: ")
    assert Enquiry.objects.count() == 0


def test_what_the_page_carried_along_never_stops_a_message(send, settings):
    settings.FORM_LIMIT_PER_ADDRESS = 20
    for from_path, stored in (
        ("/grants/", "/grants/"),
        ("https://evil.example/", ""),
        ("/\\evil.example/", ""),
        ("javascript:alert(1)", ""),
        ("/a\0b/", "/a b/"),
        ("/" + "x" * 600, "/" + "x" * 499),
    ):
        assert send(from_path=from_path).status_code == 302
        assert Enquiry.objects.latest("pk").from_path == stored
    for query in ("a\0b", "x" * 400, "\u202e", " blue \n bin "):
        assert send(query=query).status_code == 302
        assert "\0" not in Enquiry.objects.latest("pk").query


def test_script_in_what_was_typed_is_shown_as_text(send):
    evil = "</textarea><script>alert(1)</script>"
    fields = ("message", "email", "query", "from_path")
    response = send(**dict.fromkeys(fields, evil))
    assert "<script>alert" not in response.content.decode()
    assert "&lt;script&gt;" in response.content.decode()


def test_references_can_be_read_out_and_not_be_guessed(db):
    references = {EnquiryFactory().reference for _ in range(50)}
    assert len(references) == 50
    assert all(len(reference) == 14 for reference in references)
    assert not set("".join(references)) & set("IOS015L")


# Many messages, or one twice


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
        html = parse(response)
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
        text = parse(response).form.find_parent("body")
        words = re.sub(r"\s+", " ", text.main.get_text())
        assert "We read every message" in words
        assert "delete your message 123 days after" in words
        assert "after 45 days at the latest" in words
        assert "no-store" in response["Cache-Control"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_double_click_is_stored_once_and_limits_hold_at_the_same_time(home, settings):
    """Many at once, each on a connection of its own."""
    settings.FORM_LIMIT_PER_ADDRESS = settings.FORM_LIMIT_OVERALL = 50
    shown_at = shown_seconds_ago(60)

    def at_once(times, address, message="A blue bin"):
        def visit(number):
            try:
                said = message.format(number)
                return send_from(address, message=said, shown_at=shown_at)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(visit, range(times)))

    assert len({each["Location"] for each in at_once(8, "192.0.2.1")}) == 1
    assert Enquiry.objects.count() == 1
    settings.FORM_LIMIT_PER_ADDRESS = 2
    answers = at_once(16, "192.0.2.2", "Bin {}")
    statuses = sorted(each.status_code for each in answers)
    assert statuses == [302] * 2 + [429] * 14
    assert Enquiry.objects.count() == 3
    assert RateLimitHit.objects.count() == 8 + 2


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
