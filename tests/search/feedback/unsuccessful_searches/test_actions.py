"""Staff act on a topic, and see whether later searches went better."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.urls import reverse

from search.log.retention import purge
from search.models import (
    Enquiry,
    FeedbackAction,
    LoggedSearch,
    PromotionSnippet,
    SynonymSnippet,
)
from tests.factories import EnquiryFactory
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
    assert not FeedbackAction.objects.exists()
    for link in ("Promote a page", "Add a synonym"):
        assert link not in text
    LoggedSearch.objects.all().delete()
    Enquiry.objects.all().delete()
    assert client.get(topic).headers["Location"] == QUEUE


def test_not_ours_ignored_and_open_again(act, queue, topic):
    act("close", outcome="not_ours", belongs_to="Cleveland Police")
    assert queue() == []
    [row] = queue(state="closed")
    assert row.state.startswith("Not a council service on 15 June 2026.")
    act("reopen")
    assert len(queue()) == 1
    act("close", outcome="nothing")
    assert queue() == []
    assert len(queue(state="closed")) == 1
    assert len(queue(state="all")) == 1
    kinds = FeedbackAction.objects.values_list("kind", "note", "by__username")
    assert list(kinds) == [
        ("not_ours", "Cleveland Police", "staff_user"),
        ("reopened", "", "staff_user"),
        ("nothing", "", "staff_user"),
    ]


def test_what_is_wrong_changes_nothing(act, client, topic):
    response = act("close", outcome="not_ours", belongs_to=" ")
    assert response.status_code == 422
    assert "Enter the responsible organisation" in text_of(response)
    # Only the answer to an enquiry can say where it is.
    assert act("close", outcome="found").status_code == 422
    assert act("reopen").status_code == 302
    assert act("__class__").status_code == 302
    client.get(topic, CLOSED)
    assert not FeedbackAction.objects.exists()


def test_assigned_topic_stays_open_and_is_found_by_the_colleague(
    act, queue, colleague, staff_user
):
    jo = colleague("jo", *MAY_USE)
    reader = colleague("sam", "view_enquiry")
    response = act("assign", assigned_to=reader.pk)
    assert "This person cannot deal with enquiries" in text_of(response)
    act("assign", assigned_to=jo.pk)
    assert queue()[0].state == "Open, assigned to jo"
    assert queue(assigned="me") == []
    act("assign", assigned_to=staff_user.pk)
    assert len(queue(assigned="me")) == 1
    assert queue(assigned="none") == []


def test_done_topic_says_whether_the_next_searches_got_a_click(
    act, client, staff_user, queue, searched, clock
):
    searched("blue bins", opened=1, days_ago=3)
    searched("blue bins", opened=1, days_ago=15)
    act("close", outcome="written")
    assert queue() == []
    assert "No searches since" in queue(state="closed")[0].state
    clock.shift(timedelta(days=10))
    client.force_login(staff_user)
    searched("blue bins", times=3, opened=1)
    searched("bluest bin")
    [row] = queue(state="closed")
    assert row.state == (
        "A page was written or updated on 15 June 2026. Since then, 3 of 3 "
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
    assert queue(state="closed")[0].state.startswith("A page was promoted")
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
    assert queue(state="closed")[0].people == 5


def test_actions_of_topics_that_a_synonym_joins_are_both_found(
    client, act, queue, searched, topic
):
    act("close", outcome="nothing")
    searched("recycling container")
    [other] = queue()
    not_ours = {"outcome": "not_ours", "belongs_to": "Them"}
    client.post(other.address, {"action": "close", **not_ours})
    SynonymSnippet.objects.create(searched="blue bin", found_as="recycling container")
    [row] = queue(state="closed")
    text = text_of(client.get(row.address))
    assert "staff_user Closed: No action needed" in text
    assert "staff_user Closed: Not a council service: Them" in text


def test_report_is_for_those_who_may_read_enquiries(client, topic, enter_admin):
    enter_admin(name="other")
    assert client.get(QUEUE).status_code == 302
    assert client.get(topic).status_code == 302
    assert client.post(topic, CLOSED).status_code == 302
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    assert "Unsuccessful searches" not in home
    enter_admin("view_enquiry", name="reader")
    assert "Outcome" not in text_of(client.get(topic))
    client.post(topic, CLOSED)
    assert not FeedbackAction.objects.exists()


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
