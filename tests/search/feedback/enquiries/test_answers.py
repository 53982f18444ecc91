"""An answer is text with links that residents can follow, and nothing else."""

import json
from datetime import UTC, datetime

from django.utils import timezone

from search.models import Enquiry
from tests.factories import EnquiryFactory, StandardPageFactory
from tests.search.feedback.enquiries.conftest import history, page_of, text_of

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"


def entity(data, kind="LINK"):
    return {"0": {"type": kind, "mutability": "MUTABLE", "data": data}}


def typed(text, link=None, kind="unstyled", entities=None):
    link = [{"offset": 0, "length": len(text), "key": 0}] if link else []
    block = {"key": "aaaaa", "text": text, "type": kind, "depth": 0, "data": {}}
    block |= {"inlineStyleRanges": [], "entityRanges": link}
    return json.dumps({"blocks": [block], "entityMap": entities or {}})


def linked(**data):
    return typed("Here", link=True, entities=entity(data))


def test_answer_is_stored_as_wagtail_stores_text(act, home):
    page = StandardPageFactory(parent=home)
    enquiry = EnquiryFactory(email="resident@example.org")
    before = timezone.now()
    response = act("answer", enquiry, answer=linked(id=page.pk))
    assert f"{enquiry}: Answered." in text_of(response)
    assert f'<a linktype="page" id="{page.pk}">Here</a>' in enquiry.answer
    assert f'<a href="{page.url}">Here</a>' in response.content.decode()
    assert enquiry.is_open
    # What the job that writes to the resident looks for.
    assert before <= enquiry.answered_at <= timezone.now()
    assert (enquiry.answer_sent_at, enquiry.email) == (None, "resident@example.org")
    assert history(enquiry) == [("hannah", "Answered")]
    for address in ("https://example.org/", "mailto:a@example.org"):
        act("answer", enquiry, answer=linked(url=address))
        assert f'<a href="{address}">Here</a>' in enquiry.answer


def test_other_links_are_refused_and_the_text_is_kept(act):
    enquiry = EnquiryFactory()
    for url in (
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "http://example.org/",
        "//evil.example/",
        "",
    ):
        response = act("answer", enquiry, answer=linked(url=url))
        assert response.status_code == 422
        assert "Links must go to a page on this website" in text_of(response)
        form = response.context["action_forms"]["answer"]
        assert "Here" in form["answer"].value()
        # Wagtail asks before it is lost, until it is sent.
        assert 'data-w-unsaved-force-value="true"' in response.content.decode()
        assert (enquiry.answer, enquiry.answered_at) == ("", None)


def test_link_to_a_page_that_is_not_public_is_refused(act, home):
    draft = StandardPageFactory(parent=home, live=False, title="Secret plans")
    for pk in (10**30, draft.pk):
        response = act("answer", EnquiryFactory(), answer=linked(id=pk))
        assert "goes to a page that is not public" in text_of(response)
        assert "Secret plans" not in text_of(response)


def test_script_typed_as_text_is_shown_as_text(act):
    enquiry = EnquiryFactory()
    response = act("answer", enquiry, answer=typed(SCRIPT))
    assert "&lt;script&gt;" in enquiry.answer
    assert SCRIPT not in response.content.decode()


def test_what_the_editor_does_not_write_is_never_stored(act):
    enquiry = EnquiryFactory()
    for raw in (
        SCRIPT,
        f"<p>Text {SCRIPT}</p>",
        "null",
        '"x"',
        "{}",
        "[" * 100_000,
        '{"blocks": [{}], "entityMap": {}}',
        typed("   "),
        typed("a\0b"),
        typed("Title", kind="header-two"),
        typed("Here", link=True),
        typed(" ", link=True, kind="atomic", entities=entity({"id": 1}, "IMAGE")),
        typed("\ud800"),
        linked(id="x"),
        linked(id=f'1">{SCRIPT}'),
    ):
        response = act("answer", enquiry, answer=raw)
        assert response.status_code == 422, raw[:99]
        assert SCRIPT not in response.content.decode()
        assert (enquiry.answer, enquiry.answered_at) == ("", None)
    assert history(enquiry) == []


def test_answer_that_is_too_long_is_kept_in_the_form(act):
    enquiry = EnquiryFactory()
    response = act("answer", enquiry, answer=typed("x" * 5_001))
    assert "Your answer has 5,001 characters. It must be 5,000" in text_of(response)
    form = response.context["action_forms"]["answer"]
    assert "x" * 5_001 in form["answer"].value()
    assert enquiry.answer == ""
    act("answer", enquiry, answer=typed("x" * 5_000))
    assert enquiry.answered_at


def test_page_says_who_waits_for_the_answer_and_who_was_emailed(client, handler):
    enquiry = EnquiryFactory(email="sam@example.org")
    html = client.get(page_of(enquiry)).content.decode()
    assert "The enquirer can read this on their answer page" in html
    assert "This person asked for an answer by email." in html
    Enquiry.objects.update(
        answer="<p>x</p>", answered_at=NOON, answer_sent_at=NOON, email=""
    )
    html = client.get(page_of(enquiry)).content.decode()
    assert "This person asked for an answer by email." not in html
    assert "will not be emailed again" in html
    assert "Deleted after the answer was emailed on 1 June 2026, 13:00" in html


def test_answer_can_be_changed_later_also_when_closed(act):
    enquiry = EnquiryFactory(
        answer="<p>Old</p>", answered_at=NOON, answer_sent_at=NOON, status="closed"
    )
    act("answer", enquiry, answer=typed("New"))
    assert "New" in enquiry.answer
    assert enquiry.answered_at > NOON
    assert (enquiry.answer_sent_at, enquiry.status) == (NOON, "closed")
    assert history(enquiry) == [("hannah", "Answer changed")]
    response = act("answer", enquiry, answer=typed("New"))
    assert "No changes were made." in text_of(response)
    assert len(history(enquiry)) == 1
