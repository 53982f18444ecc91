"""Officers deal with a topic, and see whether the next searches went better."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from wagtail.models import GroupPagePermission

from home.models import StandardPage
from search.feedback.unsuccessful_searches.report import FindabilityView
from search.log.retention import purge
from search.models import (
    FindabilityAction,
    LoggedSearch,
    PromotionSnippet,
    SynonymSnippet,
)
from search.wagtail_hooks import ReportMenuItem
from tests.factories import EnquiryFactory, StandardPageFactory
from tests.search.feedback.unsuccessful_searches.conftest import MAY_USE, NOON, QUEUE

PROMOTE = reverse("wagtailsnippets_search_promotionsnippet:add")
SYNONYM = reverse("wagtailsnippets_search_synonymsnippet:add")


def text_of(response):
    html = BeautifulSoup(response.content, "html.parser")
    return " ".join(html.main.get_text(" ").split())


def may(user, *codenames):
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


@pytest.fixture
def topic(officer, queue, searched):
    """Return the address of the one topic."""
    searched("blue bin", times=4, found=0, days_ago=2)
    [row] = queue()
    return row.address


@pytest.fixture
def act(client, topic):
    """Return a function that does something about the topic."""

    def post(action, **values):
        last = FindabilityAction.objects.last()
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
    assert "What “blue bin” finds now" in text
    assert b"bin <script>" not in response.content


def test_topic_that_is_gone_leads_to_the_queue(client, topic):
    LoggedSearch.objects.all().delete()
    assert client.get(topic).headers["Location"] == QUEUE


def test_not_ours_ignored_and_open_again(act, queue, topic):
    act("notours", note="Cleveland Police")
    assert queue() == []
    assert queue(state="not_ours")[0].state == "Not ours"
    act("reopen")
    assert len(queue()) == 1
    act("ignore")
    assert queue() == []
    assert len(queue(state="ignored")) == 1
    assert len(queue(state="all")) == 1
    kinds = FindabilityAction.objects.values_list("kind", "note", "by__username")
    assert list(kinds) == [
        ("not_ours", "Cleveland Police", "officer"),
        ("reopened", "", "officer"),
        ("ignored", "", "officer"),
    ]


def test_error_stands_beside_its_field_and_changes_nothing(act):
    response = act("notours", note=" ")
    assert response.status_code == 422
    assert "This field is required" in text_of(response)
    assert act("notours", note="x" * 201).status_code == 422
    assert not FindabilityAction.objects.exists()


def test_unknown_action_changes_nothing(act):
    assert act("reopen").status_code == 302
    assert act("__class__").status_code == 302
    assert not FindabilityAction.objects.exists()


def test_assigned_topic_stays_open_and_is_found_by_the_colleague(
    act, queue, make_officer, officer
):
    colleague = make_officer("jo")
    stranger = make_officer("sam", ["access_admin"])
    assert act("assign", assigned_to=stranger.pk).status_code == 422
    act("assign", assigned_to=colleague.pk)
    assert queue()[0].state == "Open, with jo"
    assert queue(assigned="me") == []
    act("assign", assigned_to=officer.pk)
    assert len(queue(assigned="me")) == 1
    assert queue(assigned="nobody") == []


def test_assigning_to_whom_may_not_read_enquiries_is_refused(act, make_officer):
    other = make_officer("sam", [*MAY_USE[2:]])
    response = act("assign", assigned_to=other.pk)
    assert "may not read enquiries" in text_of(response)


def test_second_of_two_officers_reads_what_the_first_did(act):
    act("ignore", last="")
    response = act("assign", last="", assigned_to=1)
    assert response.status_code == 422
    assert "officer ignored it, while you looked at this page" in text_of(response)
    assert FindabilityAction.objects.count() == 1


def test_get_changes_nothing(client, topic):
    client.get(topic, {"action": "ignore"})
    assert not FindabilityAction.objects.exists()


def test_done_topic_says_whether_the_next_searches_got_a_click(
    act, client, officer, queue, searched, clock
):
    searched("blue bins", opened=1, days_ago=3)
    searched("blue bins", opened=1, days_ago=15)
    act("done", done="promoted", note="Bins")
    assert queue() == []
    assert "nobody has searched for it yet" in queue(state="done")[0].state
    clock.shift(timedelta(days=10))
    client.force_login(officer)
    searched("blue bins", times=3, opened=1)
    searched("bluest bin")
    [row] = queue(state="done")
    assert row.state == (
        "Done. Since somebody promoted a page on 15 June 2026: 3 searches, 3 opened a "
        "result (in as long before: 1 of 5)."
    )


def test_saved_promotion_deals_with_its_topics(client, officer, queue, topic):
    may(officer, "add_promotionsnippet", "view_promotionsnippet")
    html = BeautifulSoup(client.get(topic).content, "html.parser")
    href = html.find("a", string="Promote a page")["href"]
    form = BeautifulSoup(client.get(href).content, "html.parser")
    assert form.find(attrs={"name": "searched"})["value"] == "blue bin"
    data = {"searched": "blue bins", "title": "Bins", "link": "https://example.com"}
    client.post(PROMOTE, data)
    assert PromotionSnippet.objects.exists()
    assert queue() == []
    assert queue(state="done")[0].state.startswith("Done")
    action = FindabilityAction.objects.get()
    assert (action.kind, action.by, action.label) == ("promoted", officer, "blue bins")


def test_saved_synonym_joins_topics_and_deals_with_both(
    client, officer, queue, topic, searched
):
    may(officer, "add_synonymsnippet", "view_synonymsnippet")
    searched("recycling container")
    assert len(queue()) == 2
    client.post(SYNONYM, {"searched": "blue bin", "found_as": "recycling container"})
    assert SynonymSnippet.objects.filter(searched="blue bin").exists()
    assert queue() == []
    assert queue(state="done")[0].people == 5


def test_actions_of_topics_that_a_synonym_joins_are_both_found(
    client, act, queue, searched, topic
):
    act("ignore")
    searched("recycling container")
    [other] = queue()
    client.post(other.address, {"action": "notours", "note": "Them"})
    SynonymSnippet.objects.create(searched="blue bin", found_as="recycling container")
    [row] = queue(state="not_ours")
    text = text_of(client.get(row.address))
    assert "officer ignored it" in text
    assert "officer said that it is not ours: Them" in text


def test_links_are_only_for_whom_they_let_in(client, topic):
    text = text_of(client.get(topic))
    assert "Promote a page" not in text
    assert "Add a synonym" not in text
    assert "Add words to a page" not in text


def test_words_go_into_the_draft_and_nothing_is_published(
    act, client, officer, section, topic
):
    page = StandardPageFactory(parent=section, title="Recycling", search_words="bins")
    assert act("words", page=page.pk, words="blue bin").status_code == 302
    assert not FindabilityAction.objects.exists()
    officer.groups.create(name="Editors").page_permissions.create(
        page=section, permission=Permission.objects.get(codename="change_page")
    )
    response = act("words", page=page.pk, words="blue bin, azure")
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert response.headers["Location"] == edit
    live = StandardPage.objects.get(pk=page.pk)
    assert live.search_words == "bins"
    draft = live.get_latest_revision_as_object()
    assert draft.search_words == "bins, blue bin, azure"
    assert draft.latest_revision.user == officer
    assert FindabilityAction.objects.get().kind == "words"


@pytest.mark.parametrize("case", ["elsewhere", "full", "locked", "none"])
def test_words_are_refused_with_the_reason(
    act, officer, home, section, case, django_user_model
):
    parent = home if case == "elsewhere" else section
    words = "x" * 495 if case == "full" else ""
    page = StandardPageFactory(parent=parent, search_words=words)
    if case == "locked":
        page.locked, page.locked_by = True, django_user_model.objects.create_user("x")
        page.save()
    GroupPagePermission.objects.create(
        group=officer.groups.create(name="Editors"),
        page=section,
        permission=Permission.objects.get(codename="change_page"),
    )
    response = act("words", page=0 if case == "none" else page.pk, words="blue bin")
    assert response.status_code == 422
    said = {
        "elsewhere": "You may not edit this page",
        "full": "more than 500 characters",
        "locked": "This page is locked",
        "none": "Select a valid choice",
    }
    assert said[case] in text_of(response)
    assert not page.get_latest_revision()


@pytest.mark.parametrize("missing", MAY_USE[1:3])
def test_queue_is_closed_to_whom_lacks_a_permission(
    client, topic, make_officer, missing
):
    held = [each for each in MAY_USE if each != missing]
    client.force_login(make_officer("other", held))
    assert client.get(QUEUE).status_code == 302
    assert client.get(topic).status_code == 302
    assert client.post(topic, {"action": "ignore"}).status_code == 302
    assert not FindabilityAction.objects.exists()


def test_whoever_may_only_look_changes_nothing(client, topic, make_officer):
    client.force_login(make_officer("reader", MAY_USE[:3]))
    text = text_of(client.get(topic))
    assert "What you can do" not in text
    client.post(topic, {"action": "ignore"})
    assert not FindabilityAction.objects.exists()


def test_action_needs_the_token(topic, officer):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(officer)
    assert strict.post(topic, {"action": "ignore"}).status_code == 403
    page = BeautifulSoup(strict.get(topic).content, "html.parser")
    for form in page.main.select("form[method=post]"):
        token = form.find(attrs={"name": "csrfmiddlewaretoken"})["value"]
    data = {"action": "ignore", "csrfmiddlewaretoken": token}
    assert strict.post(topic, data).status_code == 302
    assert FindabilityAction.objects.count() == 1


def test_menu_leads_there(officer, rf, make_officer):
    item = ReportMenuItem(FindabilityView, "Findability", "search")
    request = rf.get("/")
    request.user = officer
    assert item.is_shown(request)
    request.user = make_officer("other", ["access_admin", "view_findabilityaction"])
    assert not item.is_shown(request)


def test_action_is_forgotten_when_the_searches_before_it_are(act, settings):
    settings.SEARCH_LOG_DAYS = 30
    act("ignore")
    purge(NOON + timedelta(days=29))
    assert FindabilityAction.objects.exists()
    purge(NOON + timedelta(days=30))
    assert not FindabilityAction.objects.exists()


def test_action_keeps_nothing_of_a_message(client, officer, queue):
    EnquiryFactory(message="Where does Zaphod Beeblebrox of Yarm park his camel now?")
    [row] = queue()
    assert row.label.startswith("Where does Zaphod")
    client.post(row.address, {"action": "ignore"})
    assert "Where does" not in FindabilityAction.objects.get().label
