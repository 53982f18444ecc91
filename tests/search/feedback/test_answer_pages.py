"""Enquirers find the answer at their reference, and are emailed once."""

import logging
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageViewRestriction

from home.notifications.sending import SMTPSession, send_notifications
from search.feedback import emails
from search.models import Enquiry
from tests.factories import EnquiryFactory, StandardPageFactory
from tests.search.feedback.conftest import NOON, parse, text_of

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
EMAIL = "resident@example.org"
MESSAGE = "My neighbour has no blue bin"


def send_answers(at):
    emails.queue_answers(at)
    send_notifications(at)


def answered(**values):
    return EnquiryFactory(
        **{
            "message": MESSAGE,
            "email": EMAIL,
            "answer": "<p>Blue bins are <b>free</b>.</p>",
            "answered_at": NOON,
            "outcome": "found",
            **values,
        }
    )


@pytest.fixture
def read_answer(home, client):

    def get(enquiry, status=200):
        reference = getattr(enquiry, "reference", enquiry)
        response = client.get(reverse("enquiry_answer", args=[reference]))
        assert response.status_code == status
        return parse(response).main

    return get


def test_page_says_how_far_the_message_is(read_answer):
    text = read_answer(EnquiryFactory()).get_text()
    assert "We have received your message" in text
    assert "We have not replied yet" in text
    today = timezone.localdate()
    assert f"{today.day} {today:%B %Y}" in text
    page = read_answer(answered(outcome="synonym"))
    assert page.select_one(".text b").get_text() == "free"
    assert "Answered on 15 June 2026" in page.get_text()
    assert "Search now understands the words you used." in page.get_text()
    page = read_answer(answered(outcome="not_ours", belongs_to="Durham County Council"))
    assert "Contact Durham County Council instead." in page.get_text()
    text = read_answer(EnquiryFactory(status="closed", closed_at=NOON)).get_text()
    assert "We dealt with your message on 15 June 2026" in text
    assert "We have not replied" not in text


def test_reference_may_be_typed_as_people_do(read_answer):
    reference = answered().reference
    for typed in (reference.lower(), reference.replace("-", ""), f" {reference} "):
        assert "Blue bins" in read_answer(typed).get_text()
    for typed in ("AAAA-BBBB-CCCC", "-", "\0", "ß" * 300):
        page = read_answer(typed, status=404)
        assert "We cannot find a message with that reference" in page.get_text()


def test_page_shows_nothing_of_the_message_and_is_found_by_its_reference_only(
    client, home
):
    not_answered = EnquiryFactory(message=MESSAGE, email=EMAIL, query="Ann")
    for enquiry in (answered(query="Ann"), not_answered):
        for name in ("enquiry_answer", "enquiry_thanks"):
            response = client.get(reverse(name, args=[enquiry.reference]))
            assert "no-store" in response["Cache-Control"]
            assert response["Referrer-Policy"] == "no-referrer"
            assert "noindex" in response["X-Robots-Tag"]
            for secret in (MESSAGE, EMAIL, "Ann"):
                assert secret not in response.content.decode()
            html = parse(response)
            assert html.select_one("meta[name=robots]")["content"] == "noindex"
            for link in html.select("a[href^='/cant-find-it/?']"):
                assert enquiry.reference not in link["href"]
    # Nothing else leads to the answer, so it can be read off.
    thanks = client.get(reverse("enquiry_thanks", args=[enquiry.reference]))
    main = parse(thanks).main
    assert "write the reference down" in main.get_text()
    (link,) = main.select("a[href^='/cant-find-it/answers/']")
    assert link["href"] == reverse("enquiry_answer", args=[enquiry.reference])
    assert link.get_text() == f"testserver{link['href']}"


def test_link_is_followed_wherever_its_page_has_gone(section, read_answer):
    page = StandardPageFactory(parent=section, slug="bins")
    link = f'<p>See <a linktype="page" id="{page.pk}">bins</a>.</p>'
    enquiry = answered(answer=link)
    for slug in ("bins", "all-bins"):
        page.slug = slug
        page.save()
        (found,) = read_answer(enquiry).select(".text a")
        assert found["href"].endswith(f"/{slug}/")
    for pk in ("999999", "x", "²", "9" * 40):
        enquiry = answered(answer=f'<a linktype="page" id="{pk}">bins</a>')
        assert "bins" in read_answer(enquiry).get_text()


def test_link_to_a_page_that_is_not_public_says_nothing_of_it(section, read_answer):
    pages = [
        StandardPageFactory(parent=section, title="Secret bins", slug=f"quetzal-{name}")
        for name in ("draft", "private", "expired")
    ]
    links = [f'<a linktype="page" id="{page.pk}">' for page in pages]
    texts = [f"<p>{link}these bins</a> {link}Secret bins</a>.</p>" for link in links]
    enquiry = answered(answer="".join(texts))
    draft, private, expired = pages
    draft.unpublish()
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    expired.expire_at = timezone.now() - MINUTE
    expired.save()
    shown = read_answer(enquiry)
    assert "quetzal" not in str(shown)
    assert "Secret" not in shown.get_text()
    assert not shown.select(".text a")


def test_unfiltered_links_would_reveal_a_private_page(section, client, monkeypatch):
    page = StandardPageFactory(parent=section, slug="quetzal")
    enquiry = answered(answer=f'<a linktype="page" id="{page.pk}">x</a>')
    PageViewRestriction.objects.create(page=page, restriction_type="login")
    monkeypatch.setattr(
        "search.feedback.views.strip_private_links", lambda answer, at: answer
    )
    response = client.get(reverse("enquiry_answer", args=[enquiry.reference]))
    assert "quetzal" in response.content.decode()


def test_answer_is_mailed_once_and_the_address_deleted(db, settings):
    """Its link has the site's own address, whatever a visitor's request said."""
    settings.WAGTAILADMIN_BASE_URL = "https://www.example.gov.uk"
    enquiry = answered()
    EnquiryFactory(email="waiting@example.org")
    answered(email="")
    answered(email="emailed@example.org", answer_sent_at=NOON)
    for minute in range(3):
        send_answers(NOON + minute * MINUTE)
        call_command("run_jobs")
    (message,) = mail.outbox
    assert message.to == [EMAIL]
    assert message.subject == "We have answered your message"
    path = reverse("enquiry_answer", args=[enquiry.reference])
    assert f"https://www.example.gov.uk{path}\n" in message.body
    assert MESSAGE not in message.body
    enquiry.refresh_from_db()
    assert (enquiry.email, enquiry.answer_sent_at) == ("", NOON)
    assert "deleted" in enquiry.actions.get().note
    assert EMAIL not in enquiry.actions.get().note
    assert Enquiry.objects.filter(email="waiting@example.org").exists()


def test_address_that_does_not_exist_is_deleted_at_once(db, mail_errors, caplog):
    caplog.set_level(logging.DEBUG)
    answered()
    mail_errors.append(SMTPRecipientsRefused({EMAIL: (550, f"no {EMAIL}".encode())}))
    send_answers(NOON)
    enquiry = Enquiry.objects.get()
    assert (enquiry.email, enquiry.answer_sent_at) == ("", None)
    assert "rejected" in enquiry.actions.get().note
    assert EMAIL not in caplog.text
    assert MESSAGE not in caplog.text


def test_after_a_week_without_a_mail_server_the_address_goes(db, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    answered()
    send_answers(NOON + 7 * DAY)
    assert Enquiry.objects.get().email == EMAIL
    send_answers(NOON + 7 * DAY + MINUTE)
    assert Enquiry.objects.get().email == ""
    assert "7 days" in Enquiry.objects.get().actions.get().note


def test_enquiry_that_is_erased_while_its_mail_is_sent_leaves_nothing(db, monkeypatch):
    answered()
    monkeypatch.setattr(
        SMTPSession, "send", lambda *args: Enquiry.objects.all().delete()
    )
    send_answers(NOON)
    assert not Enquiry.objects.exists()


def test_reference_that_was_written_down_leads_to_the_answer(home, client):
    enquiry = EnquiryFactory(answer="<p>In the library.</p>", answered_at=NOON)
    form = parse(client.get(reverse("enquiry"))).select_one('form[action$="answers/"]')
    assert form.select_one("input#reference")["name"] == "reference"
    for typed in (enquiry.reference, f" {enquiry.reference.lower()} ", "./" * 99):
        response = client.get(form["action"], {"reference": typed}, follow=True)
        assert ("In the library." in text_of(response)) == (typed[0] != ".")
    response = client.get(form["action"], {"reference": "K7QF"}, follow=True)
    assert response.status_code == 404
    assert parse(response).select_one("input#reference")
