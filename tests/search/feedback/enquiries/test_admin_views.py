"""An answer is text with links that residents can follow, and nothing else."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from search.models import Enquiry
from tests.factories import EnquiryFactory, StandardPageFactory
from tests.search.feedback.enquiries.staff import (
    entity,
    history,
    linked,
    text_of,
    typed,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"


def test_answer_is_stored_as_wagtail_stores_text(step, home):
    page = StandardPageFactory(parent=home)
    enquiry = EnquiryFactory(email="resident@example.org")
    before = timezone.now()
    response = step("answer", enquiry, answer=linked(id=page.pk))
    assert f"Enquiry {enquiry}. Answered." in text_of(response)
    assert f'<a linktype="page" id="{page.pk}">Here</a>' in enquiry.answer
    assert f'<a href="{page.url}">Here</a>' in response.content.decode()
    assert enquiry.is_open
    # What the job that writes to the resident looks for.
    assert before <= enquiry.answered_at <= timezone.now()
    assert enquiry.answer_sent_at is None
    assert enquiry.email == "resident@example.org"
    assert history(enquiry) == [("hannah", "Answered")]


@pytest.mark.parametrize("address", ["https://example.org/", "mailto:a@example.org"])
def test_answer_may_lead_to_other_sites_and_addresses(address, step):
    enquiry = EnquiryFactory()
    step("answer", enquiry, answer=linked(url=address))
    assert f'<a href="{address}">Here</a>' in enquiry.answer


@pytest.mark.parametrize(
    "data",
    [
        {"url": "javascript:alert(1)"},
        {"url": "java\tscript:alert(1)"},
        {"url": "http://example.org/"},
        {"url": "//evil.example/"},
        {"url": ""},
    ],
)
def test_other_links_are_refused_and_the_text_is_kept(data, step):
    enquiry = EnquiryFactory()
    response = step("answer", enquiry, answer=linked(**data))
    assert "Links must go to a page on this website" in text_of(response)
    assert "Here" in response.context["form"]["answer"].value()
    assert SCRIPT not in response.content.decode()
    assert (enquiry.answer, enquiry.answered_at) == ("", None)


def test_link_to_a_page_that_is_not_public_is_refused(step, home):
    draft = StandardPageFactory(parent=home, live=False, title="Secret plans")
    for pk in (10**30, draft.pk):
        response = step("answer", EnquiryFactory(), answer=linked(id=pk))
        assert "goes to a page that is not public" in text_of(response)
        assert "Secret plans" not in text_of(response)


def test_script_typed_as_text_is_shown_as_text(step):
    enquiry = EnquiryFactory()
    response = step("answer", enquiry, answer=typed(SCRIPT))
    assert "&lt;script&gt;" in enquiry.answer
    assert SCRIPT not in response.content.decode()


@pytest.mark.parametrize(
    "raw",
    [
        SCRIPT,
        f"<p>Text {SCRIPT}</p>",
        "null",
        '"x"',
        "{}",
        "[" * 100_000,
        '{"blocks": [{}], "entityMap": {}}',
        typed("   "),
        typed("Title", kind="header-two"),
        typed("Here", link=True),
        typed(" ", link=True, kind="atomic", entities=entity({"id": 1}, "IMAGE")),
        typed("\ud800"),
        linked(id="x"),
        linked(id=f'1">{SCRIPT}'),
    ],
)
def test_what_the_editor_does_not_write_is_never_stored(raw, step):
    enquiry = EnquiryFactory()
    response = step("answer", enquiry, answer=raw)
    assert response.status_code == 200
    assert "Enter an answer." in text_of(response)
    assert SCRIPT not in response.content.decode()
    assert (enquiry.answer, enquiry.answered_at) == ("", None)
    assert history(enquiry) == []


def test_null_character_is_refused(step):
    enquiry = EnquiryFactory()
    step("answer", enquiry, answer=typed("a\0b"))
    assert enquiry.answer == ""


def test_answer_that_is_too_long_is_kept_in_the_form(step):
    enquiry = EnquiryFactory()
    response = step("answer", enquiry, answer=typed("x" * 5_001))
    assert "Your answer has 5,001 characters. It must be 5,000" in text_of(response)
    assert "x" * 5_001 in response.context["form"]["answer"].value()
    assert enquiry.answer == ""
    step("answer", enquiry, answer=typed("x" * 5_000))
    assert enquiry.answered_at


def test_form_says_who_reads_the_answer_and_who_is_emailed(client, handler):
    enquiry = EnquiryFactory(message=f"A {SCRIPT} bin", query="bins")
    address = reverse("answer_enquiry", args=[enquiry.pk])
    html = client.get(address).content.decode()
    assert "The enquirer can read this on their answer page" in html
    assert "will not be emailed again" not in html
    assert SCRIPT not in html
    Enquiry.objects.update(answer="<p>x</p>", answered_at=NOON, answer_sent_at=NOON)
    assert "will not be emailed again" in client.get(address).content.decode()


def test_answer_can_be_changed_later_also_when_closed(step):
    enquiry = EnquiryFactory(
        answer="<p>Old</p>", answered_at=NOON, answer_sent_at=NOON, status="closed"
    )
    step("answer", enquiry, answer=typed("New"))
    assert "New" in enquiry.answer
    assert enquiry.answered_at > NOON
    assert (enquiry.answer_sent_at, enquiry.status) == (NOON, "closed")
    assert history(enquiry) == [("hannah", "Answer changed")]
    response = step("answer", enquiry, answer=typed("New"))
    assert "No changes were made." in text_of(response)
    assert len(history(enquiry)) == 1
