"""Unsuccessful searches are merged by topic, counted, exported and acted on."""

import csv
import re
from datetime import date, timedelta
from io import BytesIO, StringIO
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from home.dashboard import get_tasks
from search.feedback import topics
from search.log.retention import purge
from search.models import (
    Enquiry,
    FeedbackAction,
    LoggedSearch,
    PageFeedbackCount,
    SynonymSnippet,
)
from search.tokens import topic_of
from tests.factories import EnquiryFactory, StandardPageFactory
from tests.home.notifications.emails import send_emails
from tests.search.feedback.conftest import (
    MAY_USE,
    NOON,
    PROMOTE,
    PROMOTION,
    QUEUE,
    may,
    parse,
    text_of,
)

pytestmark = pytest.mark.usefixtures("clock", "handler")
JUNE = date(2026, 6, 1)
CLOSED = {"action": "close", "outcome": "nothing"}
SYNONYM = reverse("wagtailsnippets_search_synonymsnippet:add")


def test_searches_with_a_topic_in_common_are_counted_as_one(queue, searched):
    searched("bins", opened=1)
    searched("parks", found=0, opened=0)
    searched("blue badge", times=2, found=0)
    searched("blue badge", times=3)
    searched("blue badge", opened=2)
    # Next pages, and results that were narrowed down.
    searched("blue badge", page_number=2)
    searched("blue badge", filters="type=policy", found=0)
    [row] = queue()
    assert (row.label, row.numbers) == ("blue badge", (2, 3, 0, 0, 5))
    searched("Badges of blue")
    searched("bleu bagde", corrected="blue badge")
    [row] = queue()
    assert (row.others, row.people) == ("badges of blue, bleu bagde", 7)


def test_synonyms_of_staff_bring_topics_together_at_once(queue, searched):
    SynonymSnippet.objects.all().delete()
    for text in ("skip yards", "dole", "dole office", "waste centre", "credit", "pay"):
        searched(text)
    make = SynonymSnippet.objects.create
    make(searched="skip yard, dump", found_as="waste centre")
    make(searched="dole, pay", found_as="credit, allowance")
    # In a circle.
    make(searched="apple", found_as="pear")
    make(searched="pear", found_as="apple")
    for text in ("dumps", "apple", "pear"):
        searched(text)
    assert sorted((row.label, row.others, row.people) for row in queue()) == [
        ("apple", "", 1),
        ("credit", "", 1),
        ("dole", "pay", 2),
        ("dole office", "", 1),
        ("dumps", "skip yards, waste centre", 3),
        ("pear", "", 1),
    ]


def test_queue_is_ordered_by_people_in_pages_and_limited_to_a_period(queue, searched):
    for number, query in enumerate(["apples", "pears", "plums"]):
        searched(query, times=[2, 4, 3][number])
    assert [row.label for row in queue()] == ["pears", "plums", "apples"]
    ordered = queue(ordering="people")
    assert [row.label for row in ordered] == ["apples", "plums", "pears"]
    for days in (20, 60, 200):
        searched(f"thing{days}", days_ago=days)
    periods = ("7", "", "90", "365")
    assert [len(queue(period=each)) for each in periods] == [3, 4, 5, 6]
    for number in range(30):
        searched(f"other{number}")
    assert len(queue()) == 25
    assert len(queue(p=2)) == 9
    for query in (
        {"period": "x"},
        {"state": "\0", "assigned": "x"},
        {"ordering": "digest", "p": "999"},
        {"p": "-1"},
    ):
        assert queue(**query)
    for text in ("", "?!", "\0", "a" * 5_000, "ß ﬁ", "word " * 900):
        assert 0 < len(topic_of(text)) <= 200


def test_enquiries_and_votes_join_the_searches_they_are_about(queue, searched, section):
    searched("blue bin", found=0)
    EnquiryFactory(message="Anything", query="blue bins")
    EnquiryFactory(message="Where is the blue bin?")
    page = StandardPageFactory(parent=section, title="Blue bins")
    other = StandardPageFactory(parent=section, title="Parks")
    secret = StandardPageFactory(parent=section, title="Secret plan", live=False)
    count = PageFeedbackCount.objects.create
    count(page=page, month_on=JUNE, yes=9, no=4)
    count(page=page, month_on=date(2025, 1, 1), no=100)
    count(page=other, month_on=JUNE, yes=7)
    count(page=secret, month_on=JUNE, no=4)
    [row] = queue()
    assert row.numbers == (1, 0, 2, 4, 7)
    searched("council tax refund")
    searched("council tax", times=5)
    # A long message joins the longest search of which it has all words.
    EnquiryFactory(
        message="I moved house in March and would like a refund of the tax that I paid "
        "to the council, but whom do I ask?"
    )
    joined = {row.label: row.numbers[2] for row in queue()}
    assert joined == {"blue bin": 2, "council tax": 0, "council tax refund": 1}


def test_label_of_a_message_is_short_and_has_nothing_personal(
    queue, monkeypatch, client
):
    EnquiryFactory(message="Ring Zaphod on 01642 555 123 or zaphod@example.com, please")
    [row] = queue()
    for secret in ("zaphod@", "555"):
        assert secret not in row.label + Enquiry.objects.get().topic
    assert "zaphod" not in row.address.lower()
    client.post(row.address, CLOSED)
    assert "Ring" not in FeedbackAction.objects.get().label
    # No long message may break the report for staff.
    message = "Zaphod " + "\N{SQUARE KIROMEETORU}" * 4_000
    Enquiry.objects.update(message=message, topic="zaphod")
    read = []
    monkeypatch.setattr(topics, "redact", lambda text: read.append(text) or text)
    assert queue()[0].label.startswith("Zaphod")
    assert read == [message[: topics.MAX_MESSAGE_LENGTH]]


def test_number_of_queries_does_not_grow_with_topics(queue, searched, section):
    def fill(numbers):
        for number in numbers:
            searched(f"thing{number}")
            EnquiryFactory(message=f"other{number}")
            page = StandardPageFactory(parent=section, title=f"Page {number}")
            PageFeedbackCount.objects.create(page=page, month_on=JUNE, no=1)

    fill(range(2))
    queue()
    with CaptureQueriesContext(connection) as few:
        assert len(queue()) == 6
    fill(range(2, 5))
    with CaptureQueriesContext(connection) as many:
        assert len(queue()) == 15
    assert len(many) == len(few)


def test_export_holds_all_topics_and_no_formulas(client, searched, monkeypatch):
    def exported(**query):
        response = client.get(QUEUE, {"export": "csv", **query})
        return list(csv.reader(StringIO(b"".join(response).decode())))

    searched("=1+1 sums", times=2)
    for number in range(30):
        searched(f"thing{number}")
    rows = exported()
    assert rows[0] == [
        "Topic", "All search terms", "No results", "No result opened", "Enquiries",
        "Page not useful", "People", "Status",
    ]  # fmt: skip
    assert len(rows) == 32
    sums = "'=1+1 sums"
    assert rows[1] == [sums, sums, "0", "2", "0", "0", "2", "Open"]
    response = client.get(QUEUE, {"export": "xlsx"})
    cell = load_workbook(BytesIO(b"".join(response)))["Sheet1"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1 sums", "s")
    # More topics than a database takes parameters.
    monkeypatch.setattr(topics, "MAX_QUERY_PARAMETERS", 2)
    for number in range(5):
        FeedbackAction.objects.create(
            topic=f"thing{number}", label="x", kind="promoted", at=NOON
        )
    rows = exported(state="closed")
    assert len(rows) == 6
    assert all("No searches since" in row[-1] for row in rows[1:])


def test_dashboard_shows_frequent_unsuccessful_topics(
    handler, searched, colleague, queue, clock
):
    def tasks(user=handler):
        return [t.text for t in get_tasks(user, NOON) if "unsuccessful" in t.text]

    searched("parks", times=4)
    searched("bins", times=9, days_ago=8)
    searched("badges", times=9, opened=1)
    assert tasks() == []
    searched("parks", found=0)
    one = ["1 topic with 5 or more unsuccessful searches this week"]
    assert tasks() == one
    # Choosing it shows those and no others.
    (href,) = (t.href for t in get_tasks(handler, NOON) if "unsuccessful" in t.text)
    searched("pots", times=4)
    query = dict(parse_qsl(urlsplit(href).query))
    assert [row.label for row in queue(**query)] == ["parks"]
    assert len(queue(period=7)) == 2
    assert tasks(colleague("other")) == []
    for kind, expected in (("assigned", one), ("nothing", []), ("reopened", one)):
        FeedbackAction.objects.create(topic="park", label="x", kind=kind, at=NOON)
        assert tasks() == expected


# What staff do about a topic


@pytest.fixture
def topic(queue, searched):
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


def test_topic_shows_wordings_messages_and_what_is_found(
    client, topic, searched, settings, handler
):
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
    may(handler, "add_promotionsnippet")
    href = parse(client.get(topic)).find("a", string="Promote a page")["href"]
    form = parse(client.get(href))
    assert form.find(attrs={"name": "searched"})["value"] == "blue bin"
    Enquiry.objects.all().delete()
    purge(NOON + timedelta(days=settings.SEARCH_LOG_DAYS))
    assert not LoggedSearch.objects.exists()
    assert client.get(topic).headers["Location"] == QUEUE


def test_topic_is_closed_and_reopened_and_no_mistake_changes_it(
    act, queue, client, topic, settings
):
    response = act("close", outcome="not_ours", belongs_to=" ")
    assert response.status_code == 422
    assert "Enter the responsible organisation" in text_of(response)
    # Only the answer to an enquiry can say where it is.
    assert act("close", outcome="found").status_code == 422
    assert act("reopen").status_code == 302
    assert act("__class__").status_code == 302
    client.get(topic, CLOSED)
    assert not FeedbackAction.objects.exists()
    act("close", outcome="not_ours", belongs_to="Cleveland Police")
    assert queue() == []
    [row] = queue(state="closed")
    assert row.state.startswith("Not a council service on 15 June 2026.")
    act("reopen")
    assert len(queue()) == 1
    act("close", outcome="nothing")
    assert queue() == []
    assert len(queue(state="closed")) == len(queue(state="all")) == 1
    kinds = FeedbackAction.objects.values_list("kind", "note", "by__username")
    assert list(kinds) == [
        ("not_ours", "Cleveland Police", "hannah"),
        ("reopened", "", "hannah"),
        ("nothing", "", "hannah"),
    ]
    settings.SEARCH_LOG_DAYS = 30
    purge(NOON + timedelta(days=29))
    assert FeedbackAction.objects.exists()
    purge(NOON + timedelta(days=30))
    assert not FeedbackAction.objects.exists()


def test_corrected_search_its_enquiries_and_its_promotion_are_one_topic(
    queue, searched, client, handler
):
    may(handler, "add_promotionsnippet")
    searched("asylum foram", corrected="asylum forum", days_ago=0)
    EnquiryFactory(query="asylum foram", message="Where is it?")
    [row] = queue()
    assert (row.label, row.people) == ("asylum foram", 2)
    client.post(PROMOTE, {**PROMOTION, "searched": "asylum foram"})
    assert queue() == []


def test_assigned_topic_stays_open_and_is_found_by_the_colleague(
    act, client, queue, colleague, handler
):
    jo = colleague("jo", *MAY_USE)
    reader = colleague("sam", "view_enquiry")
    response = act("assign", assigned_to=reader.pk)
    assert "This person cannot deal with enquiries" in text_of(response)
    act("assign", assigned_to=jo.pk)
    assert queue()[0].state == "Open, assigned to jo"
    assert send_emails(timezone.now()) == [["jo@example.gov.uk"]]
    link = re.search(r"- https?://[^/]+(\S+)", mail.outbox[0].body)
    assert client.get(link[1]).status_code == 200
    assert queue(assigned="me") == []
    act("assign", assigned_to=handler.pk)
    assert len(queue(assigned="me")) == 1
    assert queue(assigned="none") == []


def test_closed_topic_says_whether_the_next_searches_got_a_click(
    act, client, handler, queue, searched, clock
):
    searched("blue bins", opened=1, days_ago=3)
    searched("blue bins", opened=1, days_ago=15)
    act("close", outcome="written")
    assert "No searches since" in queue(state="closed")[0].state
    clock.shift(timedelta(days=10))
    client.force_login(handler)
    searched("blue bins", times=3, opened=1)
    searched("bluest bin")
    [row] = queue(state="closed")
    assert row.state == (
        "A page was written or updated on 15 June 2026. Since then, 3 of 3 "
        "searches opened a result (in the same time before: 1 of 5)."
    )


def test_saved_synonym_joins_topics_with_their_actions_and_closes_both(
    client, act, handler, queue, topic, searched
):
    may(handler, "add_synonymsnippet", "view_synonymsnippet")
    act("assign", assigned_to=handler.pk)
    searched("recycling container")
    [other] = [row for row in queue() if row.address != topic]
    client.post(other.address, CLOSED)
    client.post(SYNONYM, {"searched": "blue bin", "found_as": "recycling container"})
    assert queue() == []
    [row] = queue(state="closed")
    assert row.people == 5
    text = text_of(client.get(row.address))
    assert "hannah Assigned to hannah" in text
    assert "hannah Closed: No action needed" in text
    assert "hannah Closed: A synonym was added" in text


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
