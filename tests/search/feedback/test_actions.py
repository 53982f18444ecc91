"""Staff answer, assign, close and reopen enquiries, and the history records it."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry, ReferenceIndex

from home.content_version import get_content_version
from search.feedback.cases import AnswerForm
from search.models import Enquiry, FeedbackAction
from tests.factories import EnquiryFactory, StandardPageFactory
from tests.search.feedback.conftest import (
    NOON,
    PROMOTE,
    PROMOTION,
    entity,
    history,
    linked,
    may,
    page_of,
    parse,
    text_of,
    typed,
)

SCRIPT = "<script>alert(1)</script>"
ENQUIRIES_OPEN = f"{reverse('search_enquiry_modeladmin_index')}?status__exact=open"
ACTIONS = ("assign", "answer", "close", "reopen")


def buttons(client, enquiry):
    html = parse(client.get(page_of(enquiry)))
    return [each.get_text() for each in html.select("main form button")]


def test_enquiry_is_assigned_to_those_who_may_deal_with_it(act, client, colleague):
    priya = colleague("priya", "change_enquiry")
    reader = colleague("reader", "view_enquiry")
    gone = colleague("gone", "change_enquiry")
    gone.is_active = False
    gone.save()
    enquiry = EnquiryFactory()
    response = act("assign", enquiry, assigned_to=priya.pk)
    assert f"{enquiry}: Assigned to priya." in text_of(response)
    assert enquiry.assigned_to == priya
    response = act("assign", enquiry, assigned_to=priya.pk)
    assert "No changes were made." in text_of(response)
    act("assign", enquiry, assigned_to="")
    assert enquiry.assigned_to is None
    for pk in (reader.pk, gone.pk, 10**30):
        response = act("assign", enquiry, assigned_to=pk)
        assert "Choose someone else." in text_of(response)
        assert "gone" not in text_of(response)
        assert enquiry.assigned_to is None
    assert history(enquiry) == [
        ("hannah", "Assigned to priya"),
        ("hannah", "Assigned to no one"),
    ]


def test_enquiry_is_taken_on_with_one_click(client, handler):
    enquiry = EnquiryFactory()
    html = parse(client.get(page_of(enquiry)))
    button = html.find("button", string="Assign to me")
    sent = {
        each["name"]: each.get("value", "")
        for each in button.find_parent("form").select("input, select")
    }
    # As a browser sends it: the button comes after the list.
    sent["assigned_to"] = ["", button["value"]]
    client.post(page_of(enquiry), sent)
    enquiry.refresh_from_db()
    assert enquiry.assigned_to == handler
    assert "Assign to me" not in buttons(client, enquiry)


def test_closing_and_reopening_record_who_and_when(act, client, handler):
    enquiry = EnquiryFactory(query="blue bin")
    assert buttons(client, enquiry) == [
        "Answer",
        "Assign",
        "Assign to me",
        "Close",
    ]
    response = act("close", enquiry, outcome="written", belongs_to="Job centre")
    assert f"{enquiry}: Closed: A page was written" in text_of(response)
    assert (enquiry.is_open, enquiry.closed_by) == (False, handler)
    assert (enquiry.outcome, enquiry.belongs_to) == ("written", "")
    assert enquiry.closed_at <= timezone.now()
    assert buttons(client, enquiry) == ["Answer", "Reopen"]
    assert not parse(client.get(page_of(enquiry))).select("[autofocus]")
    # A page that was written closes the topic too.
    assert topics() == [("bin blue", "written")]
    act("reopen", enquiry)
    assert (enquiry.is_open, enquiry.outcome) == (True, "")
    assert (enquiry.closed_at, enquiry.closed_by) == (None, None)
    assert history(enquiry) == [
        ("hannah", "Closed: A page was written or updated"),
        ("hannah", "Reopened"),
    ]


def test_closing_says_what_is_missing_and_keeps_the_rest(act):
    enquiry = EnquiryFactory()
    for values, error in (
        ({}, "Select an outcome."),
        ({"outcome": "x"}, "not one of the available choices"),
        ({"outcome": "not_ours"}, "Enter the responsible organisation."),
        ({"outcome": "not_ours", "belongs_to": "x" * 201}, "Use 200 characters"),
        ({"outcome": "not_ours", "belongs_to": "NHS"}, "Answer the enquiry first"),
        ({"outcome": "found"}, "Answer the enquiry first"),
    ):
        response = act("close", enquiry, **values)
        assert error in text_of(response)
        assert enquiry.is_open
        html = parse(response)
        banner = html.select_one(".messages .error")
        assert "Nothing was changed." in banner.get_text()
        below = html.select_one(banner.a["href"])
        assert below == html.select_one("[autofocus]")
        assert below.find(value="close")
        form = response.context["action_forms"]["close"]
        assert {name: form[name].value() for name in values} == values
    Enquiry.objects.update(answer="<p>Ask them.</p>", answered_at=NOON)
    act("close", enquiry, outcome="not_ours", belongs_to="Job centre")
    assert (enquiry.outcome, enquiry.belongs_to) == ("not_ours", "Job centre")
    assert topics() == [(enquiry.topic, "not_ours")]


def topics():
    actions = FeedbackAction.objects.filter(enquiry=None)
    return list(actions.values_list("topic", "kind"))


def test_saved_promotion_closes_the_enquiry_it_was_opened_for(
    act, client, handler, home
):
    enquiry = EnquiryFactory(query="blue bin")
    assert "Promote a page" not in text_of(client.get(page_of(enquiry)))
    may(handler, "add_promotionsnippet", "view_promotionsnippet")
    act("close", enquiry, outcome="promoted")
    assert enquiry.is_open
    html = parse(client.get(page_of(enquiry)))
    href = html.find("a", string="Promote a page")["href"]
    form = parse(client.get(href)).find(id="w-editor-form")
    sent = {each["name"]: each.get("value", "") for each in form.find_all("input")}
    sent |= PROMOTION
    preview = client.post(form["action"], {**sent, "action-preview": "preview"})
    assert f'name="enquiry" value="{enquiry.reference}"' in preview.content.decode()
    enquiry.refresh_from_db()
    assert enquiry.is_open
    page = StandardPageFactory(parent=home, title="Recycling")
    sent |= {"page": page.pk, "link": "", "title": ""}
    response = client.post(form["action"], sent, follow=True)
    assert "It has not been answered yet." in text_of(response)
    enquiry.refresh_from_db()
    assert (enquiry.outcome, enquiry.closed_by) == ("promoted", handler)
    assert topics() == [("bin red", "promoted"), ("bin blue", "promoted")]
    # Residents read where it leads, while they may.
    public = reverse("enquiry_answer", args=[enquiry.reference])
    link = parse(client.get(public)).main.find("a", string="Recycling")
    assert link["href"] == page.url
    page.unpublish()
    assert "Recycling" not in client.get(public).content.decode()


def test_enquiry_with_an_email_address_stays_open_until_it_is_answered(
    act, client, handler
):
    may(handler, "add_promotionsnippet", "view_promotionsnippet")
    enquiry = EnquiryFactory(query="blue bin", email="resident@example.org")
    for outcome in ("nothing", "written", "not_ours"):
        response = act("close", enquiry, outcome=outcome, belongs_to="NHS")
        assert "Answer the enquiry first" in text_of(response)
        assert enquiry.is_open
    sent = {**PROMOTION, "enquiry": enquiry.reference}
    html = parse(client.post(PROMOTE, sent, follow=True))
    said = html.select_one(".messages .warning")
    assert "is still open: it needs an answer" in said.get_text()
    assert said.find("a", string="Open the enquiry")["href"] == page_of(enquiry)
    enquiry.refresh_from_db()
    assert (enquiry.is_open, history(enquiry)) == (True, [])
    assert topics() == [("bin red", "promoted"), ("bin blue", "promoted")]
    assert enquiry.reference in client.get(ENQUIRIES_OPEN).content.decode()
    # Once it is answered, both close it.
    act("answer", enquiry, answer=typed("In June."))
    act("close", enquiry, outcome="nothing")
    assert not enquiry.is_open
    act("reopen", enquiry)
    html = parse(client.post(PROMOTE, sent, follow=True))
    links = html.select(".messages a")
    assert page_of(enquiry) in [link["href"] for link in links]
    enquiry.refresh_from_db()
    assert not enquiry.is_open


def test_promotion_closes_no_enquiry_of_someone_who_may_not_handle_them(
    client, colleague
):
    enquiry = EnquiryFactory()
    names = ("add_promotionsnippet", "view_promotionsnippet")
    client.force_login(colleague("omar", *names))
    for reference in (enquiry.reference, "nothing", "\0"):
        client.post(PROMOTE, {**PROMOTION, "enquiry": reference})
    enquiry.refresh_from_db()
    assert enquiry.is_open


# Two officers at once


def test_concurrent_change_is_refused_and_explained(client, act, handler, colleague):
    enquiry = EnquiryFactory()
    omar = colleague("omar", "view_enquiry", "change_enquiry")
    client.force_login(omar)
    act("answer", enquiry, answer=typed("First"))
    client.force_login(handler)
    response = act("answer", enquiry, last="", answer=typed("Second"))
    text = text_of(response)
    assert "not saved because omar made a change (Answered)" in text
    assert "First" in text
    form = response.context["action_forms"]["answer"]
    assert "Second" in form["answer"].value()
    values = {"assigned_to": handler.pk, "outcome": "nothing", "answer": typed("x")}
    for name in ("assign", "answer", "close"):
        for last in ("", "x", "0", "\0"):
            act(name, enquiry, last=last, **values)
    assert "First" in enquiry.answer
    # What the form carries now counts, so the second thought can be sent.
    act("answer", enquiry, last=form["last"].value(), answer=typed("Second"))
    assert "Second" in enquiry.answer
    assert [who for who, _ in history(enquiry)] == ["omar", "hannah"]
    # What a colleague has closed stays as they left it.
    closed = {"closed_at": NOON, "closed_by": omar, "outcome": "written"}
    Enquiry.objects.update(status="closed", **closed)
    for name in ("close", "assign"):
        response = act(name, enquiry, outcome="nothing", assigned_to=omar.pk)
        assert "Nothing was changed." in text_of(response)
    assert (enquiry.closed_by, enquiry.closed_at) == (omar, NOON)
    assert (enquiry.outcome, enquiry.assigned_to) == ("written", None)


def test_actions_at_the_same_time_wait_for_each_other(act):
    """SQLite lets one transaction write at a time anyway."""
    enquiry = EnquiryFactory()
    for name in ACTIONS:
        with CaptureQueriesContext(connection) as captured:
            act(name, enquiry, outcome="nothing", answer=typed("x"))
        locks = [each for each in captured if "FOR UPDATE" in each["sql"]]
        assert len(locks) == (1 if connection.features.has_select_for_update else 0)


def test_only_the_fields_of_an_action_are_written(act, monkeypatch):
    """The job deletes the address while someone changes the answer."""
    enquiry = EnquiryFactory(email="resident@example.org")
    perform = AnswerForm.perform

    def perform_later(form, at):
        Enquiry.objects.update(email="", answer_sent_at=NOON)
        return perform(form, at)

    monkeypatch.setattr(AnswerForm, "perform", perform_later)
    act("answer", enquiry, answer=typed("x"))
    assert (enquiry.email, enquiry.answer_sent_at) == ("", NOON)


# Who may, and how


def test_who_may_only_read_takes_no_action(client, colleague):
    client.force_login(colleague("reader", "view_enquiry"))
    for status in ("open", "closed"):
        enquiry = EnquiryFactory(status=status)
        before = list(Enquiry.objects.values())
        for name in ACTIONS:
            sent = {"action": name, "outcome": "nothing", "answer": typed("x")}
            response = client.post(page_of(enquiry), {**sent, "last": ""})
            assert response["Location"] == reverse("wagtailadmin_home")
            # Nor does anyone by asking for the page.
            assert client.get(page_of(enquiry), sent).status_code == 200
        assert list(Enquiry.objects.values()) == before
        assert enquiry.message in client.get(page_of(enquiry)).content.decode()
        assert buttons(client, enquiry) == []


def test_actions_leave_nothing_of_the_resident_where_others_read(act, handler, home):
    """More staff can read the site history and the reference index."""
    page, canary = StandardPageFactory(parent=home), "quetzal"
    enquiry = EnquiryFactory(
        message=canary, query=canary, from_path=f"/{canary}/", email=f"{canary}@a.org"
    )
    version = get_content_version()
    act("assign", enquiry, assigned_to=handler.pk)
    act("answer", enquiry, answer=linked(id=page.pk))
    act("close", enquiry, outcome="found")
    act("reopen", enquiry)
    assert len(history(enquiry)) == 4
    assert canary not in str(history(enquiry))
    assert not ModelLogEntry.objects.exists()
    assert not ReferenceIndex.is_indexed(Enquiry)
    # Residents' pages are the same as before.
    assert get_content_version() == version


# An answer is text with links that residents can follow, and nothing else.


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


def test_other_links_are_refused_and_the_text_stays(act, home):
    enquiry = EnquiryFactory()
    draft = StandardPageFactory(parent=home, live=False, title="Secret plans")
    for pk in (10**30, draft.pk):
        response = act("answer", enquiry, answer=linked(id=pk))
        assert "goes to a page that is not public" in text_of(response)
        assert "Secret plans" not in text_of(response)
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
    response = act("answer", enquiry, answer=typed("x" * 5_001))
    assert "Your answer has 5,001 characters. It must be 5,000" in text_of(response)
    form = response.context["action_forms"]["answer"]
    assert "x" * 5_001 in form["answer"].value()
    assert enquiry.answer == ""
    response = act("answer", enquiry, answer=typed(SCRIPT))
    assert "&lt;script&gt;" in enquiry.answer
    assert SCRIPT not in response.content.decode()
    act("answer", enquiry, answer=typed("x" * 5_000))
    assert "xxx" in enquiry.answer


def test_answer_can_be_changed_later_also_when_closed(act, client):
    enquiry = EnquiryFactory(email="sam@example.org")
    html = client.get(page_of(enquiry)).content.decode()
    assert "The enquirer can read this on their answer page" in html
    assert "This person asked for an answer by email." in html
    sent = {"answer": "<p>Old</p>", "answered_at": NOON, "answer_sent_at": NOON}
    Enquiry.objects.update(email="", status="closed", **sent)
    act("answer", enquiry, answer=typed("New"))
    assert "New" in enquiry.answer
    assert enquiry.answered_at > NOON
    assert (enquiry.answer_sent_at, enquiry.status) == (NOON, "closed")
    assert history(enquiry) == [("hannah", "Answer changed")]
    response = act("answer", enquiry, answer=typed("New"))
    text = text_of(response)
    assert "No changes were made." in text
    assert len(history(enquiry)) == 1
    assert "This person asked for an answer by email." not in text
    assert "will not be emailed again" in text
    assert "Deleted after the answer was emailed on 15 June 2026, 13:00" in text
