"""Staff act on a topic, and see whether later searches went better."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from wagtail.models import GroupPagePermission

from home.models import StandardPage
from home.reports import ReportMenuItem
from search.feedback.unsuccessful_searches.report import UnsuccessfulSearchesView
from search.log.retention import purge
from search.models import (
    FeedbackAction,
    LoggedSearch,
    PromotionSnippet,
    SynonymSnippet,
)
from tests.factories import EnquiryFactory, StandardPageFactory
from tests.search.feedback.unsuccessful_searches.conftest import MAY_USE, NOON, QUEUE

PROMOTE = reverse("wagtailsnippets_search_promotionsnippet:add")
CLOSED = {"action": "close", "outcome": "nothing"}
SYNONYM = reverse("wagtailsnippets_search_synonymsnippet:add")


def text_of(response):
    html = BeautifulSoup(response.content, "html.parser")
    return " ".join(html.main.get_text(" ").split())


def may(user, *codenames):
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


@pytest.fixture
def topic(staff_user, queue, searched):
    searched("blue bin", times=4, found=0, days_ago=2)
    [row] = queue()
    return row.address


@pytest.fixture
def act(client, topic):

    def post(action, **values):
        last = FeedbackAction.objects.last()
        data = {"action": action, "last": last.pk if last else "", **values}
        return client.post(topic, data)

    return post


def test_topic_shows_wordings_messages_and_what_is_found(client, topic, searched):
    searched("<b>blue</b> bins")
    enquiry = EnquiryFactory(message="A blue bin <script>", query="blue bin")
    response = client.get(topic)
    text = text_of(response)
    assert "blue bin: 4" in text
    assert enquiry.reference in text
    assert "Current results for “blue bin”" in text
    assert b"bin <script>" not in response.content


def test_missing_topic_redirects_to_the_report(client, topic):
    LoggedSearch.objects.all().delete()
    assert client.get(topic).headers["Location"] == QUEUE


def test_not_ours_ignored_and_open_again(act, queue, topic):
    act("close", outcome="not_ours", belongs_to="Cleveland Police")
    assert queue() == []
    assert queue(state="not_ours")[0].state == "Not a council service"
    act("reopen")
    assert len(queue()) == 1
    act("close", outcome="nothing")
    assert queue() == []
    assert len(queue(state="dismissed")) == 1
    assert len(queue(state="all")) == 1
    kinds = FeedbackAction.objects.values_list("kind", "note", "by__username")
    assert list(kinds) == [
        ("not_ours", "Cleveland Police", "staff_user"),
        ("reopened", "", "staff_user"),
        ("nothing", "", "staff_user"),
    ]


def test_error_stands_beside_its_field_and_changes_nothing(act):
    response = act("close", outcome="not_ours", belongs_to=" ")
    assert response.status_code == 422
    assert "Enter the responsible organisation" in text_of(response)
    too_long = {"outcome": "not_ours", "belongs_to": "x" * 201}
    assert act("close", **too_long).status_code == 422
    assert not FeedbackAction.objects.exists()


def test_unknown_action_changes_nothing(act):
    assert act("reopen").status_code == 302
    assert act("__class__").status_code == 302
    assert not FeedbackAction.objects.exists()


def test_assigned_topic_stays_open_and_is_found_by_the_colleague(
    act, queue, make_staff_user, staff_user
):
    colleague = make_staff_user("jo")
    stranger = make_staff_user("sam", ["access_admin"])
    assert act("assign", assigned_to=stranger.pk).status_code == 422
    act("assign", assigned_to=colleague.pk)
    assert queue()[0].state == "Open, assigned to jo"
    assert queue(assigned="me") == []
    act("assign", assigned_to=staff_user.pk)
    assert len(queue(assigned="me")) == 1
    assert queue(assigned="none") == []


def test_assigning_to_whom_may_not_read_enquiries_is_refused(act, make_staff_user):
    other = make_staff_user("sam", [*MAY_USE[2:]])
    response = act("assign", assigned_to=other.pk)
    assert "This person cannot deal with enquiries" in text_of(response)


def test_second_of_two_officers_reads_what_the_first_did(act, staff_user):
    act("assign", last="", assigned_to=staff_user.pk)
    response = act("close", last="", outcome="nothing")
    assert response.status_code == 422
    said = "not saved because staff_user made a change (Assigned to staff_user)"
    assert said in text_of(response)
    assert FeedbackAction.objects.count() == 1


def test_get_changes_nothing(client, topic):
    client.get(topic, CLOSED)
    assert not FeedbackAction.objects.exists()


def test_done_topic_says_whether_the_next_searches_got_a_click(
    act, client, staff_user, queue, searched, clock
):
    searched("blue bins", opened=1, days_ago=3)
    searched("blue bins", opened=1, days_ago=15)
    act("close", outcome="written", note="Bins")
    assert queue() == []
    assert "No searches since" in queue(state="done")[0].state
    clock.shift(timedelta(days=10))
    client.force_login(staff_user)
    searched("blue bins", times=3, opened=1)
    searched("bluest bin")
    [row] = queue(state="done")
    assert row.state == (
        "Done. A page was written or updated on 15 June 2026. Since then, 3 of 3 "
        "searches opened a result (in the same time before: 1 of 5)."
    )


def test_saved_promotion_deals_with_its_topics(client, staff_user, queue, topic):
    may(staff_user, "add_promotionsnippet", "view_promotionsnippet")
    html = BeautifulSoup(client.get(topic).content, "html.parser")
    href = html.find("a", string="Promote a page")["href"]
    form = BeautifulSoup(client.get(href).content, "html.parser")
    assert form.find(attrs={"name": "searched"})["value"] == "blue bin"
    data = {"searched": "blue bins", "title": "Bins", "link": "https://example.com"}
    client.post(PROMOTE, data)
    assert PromotionSnippet.objects.exists()
    assert queue() == []
    assert queue(state="done")[0].state.startswith("Done")
    action = FeedbackAction.objects.get()
    assert (action.kind, action.by, action.label) == (
        "promoted",
        staff_user,
        "blue bins",
    )


def test_saved_synonym_joins_topics_and_deals_with_both(
    client, staff_user, queue, topic, searched
):
    may(staff_user, "add_synonymsnippet", "view_synonymsnippet")
    searched("recycling container")
    assert len(queue()) == 2
    client.post(SYNONYM, {"searched": "blue bin", "found_as": "recycling container"})
    assert SynonymSnippet.objects.filter(searched="blue bin").exists()
    assert queue() == []
    assert queue(state="done")[0].people == 5


def test_actions_of_topics_that_a_synonym_joins_are_both_found(
    client, act, queue, searched, topic
):
    act("close", outcome="nothing")
    searched("recycling container")
    [other] = queue()
    not_ours = {"outcome": "not_ours", "belongs_to": "Them"}
    client.post(other.address, {"action": "close", **not_ours})
    SynonymSnippet.objects.create(searched="blue bin", found_as="recycling container")
    [row] = queue(state="not_ours")
    text = text_of(client.get(row.address))
    assert "staff_user Closed: No action needed" in text
    assert "staff_user Closed: Not a council service: Them" in text


def test_links_are_only_for_whom_they_let_in(client, topic):
    text = text_of(client.get(topic))
    assert "Promote a page" not in text
    assert "Add a synonym" not in text
    assert "Page to promote" not in text


def test_words_go_into_the_draft_and_nothing_is_published(
    act, client, staff_user, section, topic
):
    page = StandardPageFactory(parent=section, title="Recycling", search_words="bins")
    values = {"outcome": "words", "page": page.pk, "words": "blue bin"}
    assert act("close", **values).status_code == 422
    assert not FeedbackAction.objects.exists()
    staff_user.groups.create(name="Editors").page_permissions.create(
        page=section, permission=Permission.objects.get(codename="change_page")
    )
    response = act("close", **{**values, "words": "blue bin, azure"})
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert response.headers["Location"] == edit
    live = StandardPage.objects.get(pk=page.pk)
    assert live.search_words == "bins"
    draft = live.get_latest_revision_as_object()
    assert draft.search_words == "bins, blue bin, azure"
    assert draft.latest_revision.user == staff_user
    kinds = FeedbackAction.objects.values_list("topic", "kind")
    assert set(kinds) == {("bin blue", "words"), ("azur", "words")}


@pytest.mark.parametrize("case", ["elsewhere", "full", "locked", "none"])
def test_words_are_refused_with_the_reason(
    act, staff_user, home, section, case, django_user_model
):
    parent = home if case == "elsewhere" else section
    words = "x" * 495 if case == "full" else ""
    page = StandardPageFactory(parent=parent, search_words=words)
    if case == "locked":
        page.locked, page.locked_by = True, django_user_model.objects.create_user("x")
        page.save()
    GroupPagePermission.objects.create(
        group=staff_user.groups.create(name="Editors"),
        page=section,
        permission=Permission.objects.get(codename="change_page"),
    )
    values = {"page": 0 if case == "none" else page.pk, "words": "blue bin"}
    response = act("close", outcome="words", **values)
    assert response.status_code == 422
    said = {
        "elsewhere": "You cannot edit this page",
        "full": "over 500 characters",
        "locked": "This page is locked",
        "none": "Select a valid choice",
    }
    assert said[case] in text_of(response)
    assert not page.get_latest_revision()


@pytest.mark.parametrize("missing", MAY_USE[1:3])
def test_queue_is_closed_to_whom_lacks_a_permission(
    client, topic, make_staff_user, missing
):
    held = [each for each in MAY_USE if each != missing]
    client.force_login(make_staff_user("other", held))
    assert client.get(QUEUE).status_code == 302
    assert client.get(topic).status_code == 302
    assert client.post(topic, CLOSED).status_code == 302
    assert not FeedbackAction.objects.exists()


def test_view_permission_changes_nothing(client, topic, make_staff_user):
    client.force_login(make_staff_user("reader", MAY_USE[:3]))
    text = text_of(client.get(topic))
    assert "Outcome" not in text
    client.post(topic, CLOSED)
    assert not FeedbackAction.objects.exists()


def test_action_needs_the_token(topic, staff_user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(staff_user)
    assert strict.post(topic, CLOSED).status_code == 403
    page = BeautifulSoup(strict.get(topic).content, "html.parser")
    for form in page.main.select("form[method=post]"):
        token = form.find(attrs={"name": "csrfmiddlewaretoken"})["value"]
    data = {**CLOSED, "csrfmiddlewaretoken": token}
    assert strict.post(topic, data).status_code == 302
    assert FeedbackAction.objects.count() == 1


def test_menu_item_needs_both_permissions(staff_user, rf, make_staff_user):
    item = ReportMenuItem(UnsuccessfulSearchesView)
    request = rf.get("/")
    request.user = staff_user
    assert item.is_shown(request)
    request.user = make_staff_user("other", ["access_admin", "view_feedbackaction"])
    assert not item.is_shown(request)


def test_action_is_forgotten_when_the_searches_before_it_are(act, settings):
    settings.SEARCH_LOG_DAYS = 30
    act("close", outcome="nothing")
    purge(NOON + timedelta(days=29))
    assert FeedbackAction.objects.exists()
    purge(NOON + timedelta(days=30))
    assert not FeedbackAction.objects.exists()


def test_action_keeps_nothing_of_a_message(client, staff_user, queue):
    EnquiryFactory(message="Where does Zaphod Beeblebrox of Yarm park his camel now?")
    [row] = queue()
    assert row.label.startswith("Where does Zaphod")
    client.post(row.address, CLOSED)
    assert "Where does" not in FeedbackAction.objects.get().label
