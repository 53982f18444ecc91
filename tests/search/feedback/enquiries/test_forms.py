"""A resident tells us what they could not find."""

import time
from urllib.parse import urlencode

import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from search.feedback.forms import SIGNER
from search.models import Enquiry
from tests.factories import PAGE_FACTORIES, EnquiryFactory
from tests.search.feedback.enquiries.conftest import shown_seconds_ago


def parse(response):
    return BeautifulSoup(response.content, "html.parser")


def field(html, name):
    return html.select_one(f"main form [name={name}]")


def value(html, name):
    found = field(html, name)
    text = found.get_text() if found.name == "textarea" else found.get("value")
    return (text or "").strip()


def problems(html):
    return [item.get_text() for item in html.select(".error-summary li")]


def test_form_is_reached_from_every_page_and_from_one_that_is_not_there(
    make_page, read
):
    for page in map(make_page, PAGE_FACTORIES):
        link = read(page.url).footer.select_one(f"a[href^='{reverse('enquiry')}']")
        assert value(read(link["href"]), "from_path") == page.url
    html = read("/no-such-page/", status=404)
    link = html.main.select_one(f"a[href^='{reverse('enquiry')}']")
    assert value(read(link["href"]), "from_path") == "/no-such-page/"


def test_empty_form_has_labels_and_neither_mistakes_nor_limits(home, read):
    html = read(reverse("enquiry"))
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


def test_search_and_page_are_carried_along_stored_and_shown_again(home, read, send):
    carried = {"query": "blue bin & more", "from": "/a page/?x=1"}
    html = read(f"{reverse('enquiry')}?{urlencode(carried)}")
    query, from_path = value(html, "query"), value(html, "from_path")
    assert (query, from_path) == ("blue bin & more", "/a page/?x=1")
    again = parse(send(message="", query=query, from_path=from_path))
    assert value(again, "query") == "blue bin & more"
    assert value(again, "from_path") == "/a page/?x=1"
    send(query=query, from_path=from_path)
    stored = Enquiry.objects.get()
    assert (stored.query, stored.from_path) == ("blue bin & more", "/a page/?x=1")


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


def test_looking_at_the_form_stores_nothing_here_or_in_caches(home, client, send):
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
    assert Enquiry.objects.count() == 1


def test_program_that_fills_the_hidden_field_is_thanked_and_not_stored(send, client):
    response = send(website="https://spam.example")
    assert response["Location"] == reverse("enquiry_thanks_anyone")
    assert "Thank you" in client.get(response["Location"]).content.decode()
    assert Enquiry.objects.count() == 0


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
    for name, shown_at in TIMES.items():
        typed = {"message": "A blue bin", "email": "r@example.org"}
        response = send(shown_at=shown_at(), **typed)
        html = parse(response)
        assert response.status_code == 422, name
        assert any("send" in problem.lower() for problem in problems(html))
        assert {each: value(html, each) for each in typed} == typed
    assert Enquiry.objects.count() == 0


def test_second_try_after_a_wrong_time_is_stored(home, send):
    with time_machine.travel(time.time(), tick=False) as clock:
        again = parse(send(shown_at=TIMES["missing"]()))
        clock.shift(10)
        assert send(shown_at=value(again, "shown_at")).status_code == 302
    assert Enquiry.objects.count() == 1


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


def test_longest_message_after_the_longest_time_is_stored(send):
    shown_at = shown_seconds_ago(23 * 60 * 60)
    assert send(message="x" * 5_000, shown_at=shown_at).status_code == 302
    assert len(Enquiry.objects.get().message) == 5_000


def test_what_the_page_carried_along_never_keeps_a_message_back(send, settings):
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
