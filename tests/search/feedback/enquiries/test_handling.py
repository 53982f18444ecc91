"""Staff assign, close and reopen enquiries, and the history records it."""

from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupPagePermission, ModelLogEntry, ReferenceIndex

from home.content_version.counter import get_content_version
from search.feedback.enquiries.admin_forms import AnswerForm
from search.models import Enquiry, FeedbackAction, PromotionSnippet, SynonymSnippet
from tests.factories import EnquiryFactory, StandardPageFactory
from tests.search.feedback.enquiries.staff import history, linked, text_of, typed

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
STEPS = ("assign", "answer", "close", "reopen")


# Assigning


def test_enquiry_is_assigned_to_a_colleague_and_taken_back(step, colleague):
    priya = colleague("priya", "change_enquiry")
    enquiry = EnquiryFactory()
    response = step("assign", enquiry, assigned_to=priya.pk)
    assert f"Enquiry {enquiry}. Assigned to priya." in text_of(response)
    assert enquiry.assigned_to == priya
    step("assign", enquiry, assigned_to="")
    assert enquiry.assigned_to is None
    assert history(enquiry) == [
        ("hannah", "Assigned to priya"),
        ("hannah", "Assigned to no one"),
    ]


def test_enquiry_is_taken_on_with_one_click(client, handler):
    enquiry = EnquiryFactory()
    page = reverse("search_enquiry_modeladmin_inspect", args=[enquiry.pk])
    html = BeautifulSoup(client.get(page).content, "html.parser")
    form = html.select_one(f'form[action$="/{enquiry.pk}/assign/"]')
    sent = {each["name"]: each["value"] for each in form.select("[name]")}
    client.post(form["action"], sent)
    enquiry.refresh_from_db()
    assert enquiry.assigned_to == handler
    assert "Assign to me" not in client.get(page).content.decode()


@pytest.mark.parametrize("who", ["reader", "gone", str(10**30)])
def test_only_colleagues_who_may_deal_with_it_can_be_chosen(who, step, colleague):
    colleague("reader", "view_enquiry")
    gone = colleague("gone", "change_enquiry")
    gone.is_active = False
    gone.save()
    users = type(gone).objects
    pk = users.get(username=who).pk if users.filter(username=who) else who
    enquiry = EnquiryFactory()
    response = step("assign", enquiry, assigned_to=pk)
    assert "Choose someone else." in text_of(response)
    assert enquiry.assigned_to is None
    assert "gone" not in text_of(response)


def test_assigning_to_the_same_again_changes_nothing(step, handler):
    enquiry = EnquiryFactory(assigned_to=handler)
    response = step("assign", enquiry, assigned_to=handler.pk)
    assert "No changes were made." in text_of(response)
    assert history(enquiry) == []


# Closing and opening again


def test_closing_asks_first_and_records_who_and_when(step, client, handler):
    enquiry = EnquiryFactory()
    address = reverse("close_enquiry", args=[enquiry.pk])
    assert enquiry.message in client.get(address).content.decode()
    assert Enquiry.objects.get().is_open
    response = step("close", enquiry, outcome="written")
    assert f"Enquiry {enquiry}. Closed: A page was written" in text_of(response)
    assert (enquiry.is_open, enquiry.closed_by) == (False, handler)
    assert enquiry.closed_at <= timezone.now()
    assert history(enquiry) == [("hannah", "Closed: A page was written or updated")]


@pytest.mark.parametrize("is_answered", [True, False])
def test_closing_says_who_still_waits_for_an_answer(is_answered, client, handler):
    answered_at = NOON if is_answered else None
    enquiry = EnquiryFactory(email="sam@example.org", answered_at=answered_at)
    page = client.get(reverse("close_enquiry", args=[enquiry.pk])).content.decode()
    assert ("has not had one" in page) is not is_answered


def test_closing_makes_the_change_and_closes_the_topic(
    step, handler, home, client, section
):
    """A change that someone may not make is not offered."""
    page = StandardPageFactory(parent=section, title="Recycling", search_words="bins")
    enquiry = EnquiryFactory(query="blue bin")
    response = step("close", enquiry, outcome="promoted", page=page.pk, words="bin")
    assert "not one of the available choices" in text_of(response)
    GroupPagePermission.objects.create(
        group=handler.groups.get(),
        page=section,
        permission=Permission.objects.get(codename="change_page"),
    )
    may = ["add_promotionsnippet", "add_synonymsnippet"]
    handler.user_permissions.set(Permission.objects.filter(codename__in=may))
    for outcome, error in (
        ("promoted", "Choose a page"),
        ("synonym", "This field cannot be blank"),
        ("words", "Choose a page"),
    ):
        response = step("close", enquiry, outcome=outcome, words="blue bin")
        assert error in text_of(response)
    assert enquiry.is_open
    form = client.get(reverse("close_enquiry", args=[enquiry.pk])).context["form"]
    assert form["words"].value() == "blue bin"
    values = {"page": page.pk, "words": "azure bin", "found_as": "recycling"}
    for outcome in ("promoted", "synonym", "words"):
        step("reopen", enquiry)
        step("close", enquiry, outcome=outcome, **values)
        assert (enquiry.is_open, enquiry.outcome) == (False, outcome)
        topics = FeedbackAction.objects.filter(kind=outcome, enquiry=None)
        assert {"bin blue"} <= set(topics.values_list("topic", flat=True))
    assert PromotionSnippet.objects.get(searched="azure bin").page_id == page.pk
    assert SynonymSnippet.objects.get(searched="azure bin").found_as == "recycling"
    page.refresh_from_db()
    assert page.get_latest_revision_as_object().search_words == "bins, azure bin"
    assert "azure" not in str(history(enquiry))


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({}, "Select an outcome."),
        ({"outcome": "x"}, "not one of the available choices"),
        ({"outcome": "not_ours"}, "Enter the responsible organisation."),
        ({"outcome": "not_ours", "belongs_to": "x" * 201}, "Use 200 characters"),
        ({"outcome": "not_ours", "belongs_to": "NHS"}, "Answer the enquiry first"),
        ({"outcome": "found"}, "Answer the enquiry first"),
    ],
)
def test_closing_says_what_is_missing_and_keeps_the_rest(values, error, step):
    enquiry = EnquiryFactory()
    response = step("close", enquiry, **values)
    assert error in text_of(response)
    assert enquiry.is_open
    form = response.context["form"]
    assert {name: form[name].value() for name in values} == values


def test_what_is_not_ours_is_closed_with_where_it_belongs(step):
    enquiry = EnquiryFactory(answer="<p>Ask them.</p>", answered_at=NOON)
    step("close", enquiry, outcome="not_ours", belongs_to="Job centre")
    assert (enquiry.outcome, enquiry.belongs_to) == ("not_ours", "Job centre")


def test_where_it_belongs_is_left_out_of_other_outcomes(step):
    enquiry = EnquiryFactory()
    step("close", enquiry, outcome="nothing", belongs_to="Job centre")
    assert (enquiry.outcome, enquiry.belongs_to) == ("nothing", "")


@pytest.mark.parametrize("name", ["close", "assign"])
def test_what_a_colleague_has_closed_stays_as_they_left_it(name, step, colleague):
    other = colleague("omar", "change_enquiry")
    closed = {"closed_at": NOON, "closed_by": other, "outcome": "written"}
    enquiry = EnquiryFactory(status="closed", **closed)
    response = step(name, enquiry, outcome="nothing", assigned_to=other.pk)
    assert "has already been closed by omar" in text_of(response)
    assert (enquiry.closed_by, enquiry.closed_at) == (other, NOON)
    assert (enquiry.outcome, enquiry.assigned_to) == ("written", None)


def test_closed_enquiry_is_opened_again_once(step, handler):
    enquiry = EnquiryFactory(
        status="closed", closed_at=NOON, closed_by=handler, outcome="written"
    )
    for _ in range(2):
        response = step("reopen", enquiry)
        assert f"Enquiry {enquiry} reopened." in text_of(response)
    assert (enquiry.is_open, enquiry.outcome) == (True, "")
    assert (enquiry.closed_at, enquiry.closed_by) == (None, None)
    assert history(enquiry) == [("hannah", "Reopened")]


# Two officers at once


def test_concurrent_change_is_refused_and_explained(client, step, handler, colleague):
    enquiry = EnquiryFactory()
    client.force_login(colleague("omar", "change_enquiry"))
    step("answer", enquiry, answer=typed("First"))
    client.force_login(handler)
    response = step("answer", enquiry, last="", answer=typed("Second"))
    text = text_of(response)
    assert "not saved because omar made a change (Answered)" in text
    assert "First" in text
    assert "Second" in response.context["form"]["answer"].value()
    assert "First" in enquiry.answer
    # What the form carries now counts, so the second thought can be sent.
    again = response.context["form"]["last"].value()
    step("answer", enquiry, last=again, answer=typed("Second"))
    assert "Second" in enquiry.answer
    assert [who for who, _ in history(enquiry)] == ["omar", "hannah"]


@pytest.mark.parametrize("name", STEPS)
def test_steps_at_the_same_time_wait_for_each_other(name, step, handler):
    """SQLite lets one transaction write at a time anyway."""
    enquiry = EnquiryFactory(status="closed" if name == "reopen" else "open")
    with CaptureQueriesContext(connection) as captured:
        step(name, enquiry, outcome="nothing", answer=typed("x"))
    locks = [each for each in captured if "FOR UPDATE" in each["sql"]]
    assert len(locks) == (1 if connection.features.has_select_for_update else 0)


@pytest.mark.parametrize("name", ["assign", "answer", "close"])
def test_form_that_does_not_say_what_was_seen_changes_nothing(name, step, handler):
    enquiry = EnquiryFactory()
    enquiry.do("reopened", handler, NOON)
    values = {"assigned_to": handler.pk, "answer": typed("x"), "outcome": "nothing"}
    for last in ("", "x", "0", "\0"):
        step(name, enquiry, last=last, **values)
    assert (enquiry.assigned_to, enquiry.answer, enquiry.status) == (None, "", "open")


def test_only_the_fields_of_a_step_are_written(step, monkeypatch):
    """The job deletes the address while someone changes the answer."""
    enquiry = EnquiryFactory(email="resident@example.org")
    perform = AnswerForm.perform

    def perform_later(form, at):
        Enquiry.objects.update(email="", answer_sent_at=NOON)
        return perform(form, at)

    monkeypatch.setattr(AnswerForm, "perform", perform_later)
    step("answer", enquiry, answer=typed("x"))
    assert (enquiry.email, enquiry.answer_sent_at) == ("", NOON)


# Who may, and how


@pytest.mark.parametrize("name", STEPS)
def test_looking_changes_nothing(name, client, handler):
    enquiry = EnquiryFactory(status="closed" if name == "reopen" else "open")
    before = Enquiry.objects.values().get()
    for method in (client.get, client.head, client.options):
        response = method(reverse(f"{name}_enquiry", args=[enquiry.pk]))
        assert response.status_code == (405 if name == "reopen" else 200)
    assert Enquiry.objects.values().get() == before
    assert history(enquiry) == []


@pytest.mark.parametrize("name", STEPS)
def test_enquiry_that_was_erased_meanwhile_is_explained(name, client, handler):
    for pk in (999_999, 10**30):
        response = client.post(reverse(f"{name}_enquiry", args=[pk]), {"answer": "x"})
        assert response.status_code == 404
        assert "This enquiry no longer exists" in text_of(response)


@pytest.mark.parametrize("name", STEPS)
def test_who_may_only_read_takes_no_step(name, client, colleague):
    client.force_login(colleague("reader", "view_enquiry"))
    enquiry = EnquiryFactory(status="closed" if name == "reopen" else "open")
    before = Enquiry.objects.values().get()
    for pk in (enquiry.pk, 999_999):
        address = reverse(f"{name}_enquiry", args=[pk])
        response = client.post(address, {"outcome": "nothing"})
        assert response["Location"] == reverse("wagtailadmin_home")
    assert Enquiry.objects.values().get() == before
    page = reverse("search_enquiry_modeladmin_inspect", args=[enquiry.pk])
    html = client.get(page).content.decode()
    assert enquiry.message in html
    assert reverse(f"{name}_enquiry", args=[enquiry.pk]) not in html


@pytest.mark.parametrize("name", ["close", "reopen"])
def test_step_needs_the_token(name, django_user_model, db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(django_user_model.objects.create_superuser("a", password="x"))
    enquiry = EnquiryFactory()
    address = reverse(f"{name}_enquiry", args=[enquiry.pk])
    response = client.post(
        address, {"outcome": "nothing"}, headers={"Origin": "http://testserver"}
    )
    assert response.status_code == 403
    assert Enquiry.objects.get().is_open


def test_steps_leave_no_trace_where_others_read(step, handler, home):
    """More staff can read the site history and the reference index."""
    page = StandardPageFactory(parent=home)
    enquiry = EnquiryFactory()
    version = get_content_version()
    step("assign", enquiry, assigned_to=handler.pk)
    step("answer", enquiry, answer=linked(id=page.pk))
    step("close", enquiry, outcome="found")
    assert len(history(enquiry)) == 3
    assert not ModelLogEntry.objects.exists()
    assert not ReferenceIndex.is_indexed(Enquiry)
    # Residents' pages are the same as before.
    assert get_content_version() == version


def test_history_holds_nothing_that_a_resident_wrote(step, handler):
    canary = "quetzal"
    enquiry = EnquiryFactory(
        message=canary, query=canary, from_path=f"/{canary}/", email=f"{canary}@a.org"
    )
    step("assign", enquiry, assigned_to=handler.pk)
    step("answer", enquiry, answer=typed("Yes"))
    step("close", enquiry, outcome="found")
    step("reopen", enquiry)
    assert len(history(enquiry)) == 4
    assert canary not in str(history(enquiry))
