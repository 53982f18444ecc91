"""A repeated message gets a reference and an answer page of its own."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from home.notifications.sending import send_notifications
from search.feedback.enquiries.answer_emails import queue_answers
from search.feedback.enquiries.services import find_by_reference
from search.log.retention import delete_with_history
from search.models import Enquiry, RepeatedEnquiry

WORDS = ["Bins", " bins ", "BINS\r\n"]


@pytest.fixture
def references(send):
    thanks = [send(message=words)["Location"] for words in WORDS]
    return [address.rstrip("/").rpartition("/")[2] for address in thanks]


def test_each_sender_has_a_reference_of_their_own(references, client):
    assert len({*references}) == len(WORDS)
    assert Enquiry.objects.get().times_sent == len(WORDS)
    for reference in references:
        for name in ("enquiry_thanks", "enquiry_answer"):
            page = client.get(reverse(name, args=[reference])).content.decode()
            assert reference in page
            assert not any(other in page for other in {*references} - {reference})


def test_answer_to_one_reaches_all(references, client):
    answer = "<p>Blue bins are free.</p>"
    Enquiry.objects.update(answer=answer, answered_at=timezone.now(), outcome="found")
    for reference in references:
        typed = reference.lower().replace("-", " ")
        page = client.get(reverse("enquiry_answer", args=[typed])).content.decode()
        assert "Blue bins are free." in page


def test_address_that_sent_it_twice_gets_one_email(send):
    for words in WORDS:
        send(message=words, email="ann@example.org")
    Enquiry.objects.update(answer="<p>Yes.</p>", answered_at=timezone.now())
    for _ in range(2):
        queue_answers(timezone.now())
        send_notifications(timezone.now())
    assert [message.to for message in mail.outbox] == [["ann@example.org"]]


def test_officers_find_it_by_each_reference(references, client, handler):
    Enquiry.objects.create(message="Something else")
    address = reverse("search_enquiry_modeladmin_index")
    for reference in references:
        page = client.get(address, {"q": reference}).content.decode()
        assert references[0] in page
        assert "Something else" not in page


def test_all_of_it_goes_together(references):
    delete_with_history(Enquiry.objects.all())
    assert not RepeatedEnquiry.objects.exists()
    assert not any(map(find_by_reference, references))
