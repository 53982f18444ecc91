"""Unsuccessful searches are merged by topic, counted and exported."""

import csv
from datetime import date, timedelta
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from home.dashboard import get_tasks
from search.feedback import topics
from search.feedback.models import PageFeedbackCount
from search.log.retention import purge
from search.models import Enquiry, FeedbackAction, SynonymSnippet
from search.tokens import topic_of
from tests.factories import EnquiryFactory, StandardPageFactory
from tests.search.feedback.unsuccessful_searches.conftest import NOON, QUEUE

pytestmark = pytest.mark.usefixtures("staff_user")
JUNE = date(2026, 6, 1)


def labels(rows):
    return [row.label for row in rows]


def test_searches_that_found_nothing_or_got_no_click_are_counted(queue, searched):
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


def test_forms_of_words_order_and_small_words_make_no_difference(queue, searched):
    searched("bin collections", times=3)
    searched("Collection of my bins")
    searched("collecting bins", times=2)
    searched("bim colection", corrected="bin collection")
    [row] = queue()
    assert row.label == "bin collections"
    assert row.others == "collecting bins, bim colection, collection of my bins"
    assert row.people == 7


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
    searched("dumps")
    searched("apple")
    searched("pear")
    assert sorted((row.label, row.others, row.people) for row in queue()) == [
        ("apple", "", 1),
        ("credit", "", 1),
        ("dole", "pay", 2),
        ("dole office", "", 1),
        ("dumps", "skip yards, waste centre", 3),
        ("pear", "", 1),
    ]


def test_most_people_come_first_and_a_page_has_25(queue, searched):
    for number, query in enumerate(["apples", "pears", "plums"]):
        searched(query, times=[2, 4, 3][number])
    assert labels(queue()) == ["pears", "plums", "apples"]
    assert labels(queue(ordering="people")) == ["apples", "plums", "pears"]
    for number in range(30):
        searched(f"thing{number}")
    assert len(queue()) == 25
    assert len(queue(p=2)) == 8


def test_enquiries_join_the_searches_they_came_from(queue, searched):
    searched("blue bin", found=0)
    EnquiryFactory(message="Anything", query="blue bins")
    EnquiryFactory(message="Where is the blue bin?")
    [row] = queue()
    assert row.numbers == (1, 0, 2, 0, 3)


def test_long_message_joins_the_longest_known_search(queue, searched):
    searched("council tax refund")
    searched("council tax", times=5)
    EnquiryFactory(
        message="I moved house in March and would like a refund of the tax that I paid "
        "to the council, but whom do I ask?"
    )
    assert {row.label: row.numbers[2] for row in queue()} == {
        "council tax": 0,
        "council tax refund": 1,
    }


def test_label_of_a_message_has_nothing_personal(queue):
    EnquiryFactory(message="Ring Zaphod on 01642 555 123 or zaphod@example.com, please")
    [row] = queue()
    assert "zaphod@" not in row.label
    assert "555" not in row.label
    assert "555" not in Enquiry.objects.get().topic
    assert "zaphod" not in row.address.lower()


def test_queue_reads_no_more_than_the_beginning_of_a_message(queue, monkeypatch):
    """No message may break the report for staff."""
    message = "Zaphod " + "\N{SQUARE KIROMEETORU}" * 4_000
    EnquiryFactory(message=message)
    Enquiry.objects.update(topic="zaphod")
    read = []
    monkeypatch.setattr(topics, "redact", lambda text: read.append(text) or text)
    assert queue()[0].label.startswith("Zaphod")
    assert read == [message[: topics.MAX_MESSAGE_LENGTH]]


def test_votes_join_the_topic_of_the_page_title(queue, searched, section):
    page = StandardPageFactory(parent=section, title="Bin collections")
    other = StandardPageFactory(parent=section, title="Parks")
    secret = StandardPageFactory(parent=section, title="Secret plan", live=False)
    PageFeedbackCount.objects.create(page=page, month_on=JUNE, yes=9, no=4)
    PageFeedbackCount.objects.create(page=page, month_on=date(2025, 1, 1), no=100)
    PageFeedbackCount.objects.create(page=other, month_on=JUNE, yes=7)
    PageFeedbackCount.objects.create(page=secret, month_on=JUNE, no=4)
    searched("bin collection")
    [row] = queue()
    assert row.numbers == (0, 1, 0, 4, 5)


def test_period_decides_what_counts(queue, searched):
    for days in (3, 20, 60, 200):
        searched(f"thing{days}", days_ago=days)
    periods = ("7", "", "90", "365")
    assert [len(queue(period=each)) for each in periods] == [1, 2, 3, 4]


def test_queue_bears_whatever_is_asked(queue, searched):
    searched("parks")
    for query in (
        {"period": "x"},
        {"state": "\0", "assigned": "x"},
        {"ordering": "digest", "p": "999"},
        {"p": "-1"},
    ):
        assert len(queue(**query)) <= 1
    for text in ("", "?!", "\0", "a" * 5_000, "ß ﬁ", "word " * 900):
        assert 0 < len(topic_of(text)) <= 200


def test_purged_searches_are_gone_from_the_queue(queue, searched):
    searched("parks", days_ago=20)
    purge(timezone.now() + timedelta(days=350))
    assert queue() == []


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
    fill(range(2, 8))
    with CaptureQueriesContext(connection) as many:
        assert len(queue()) == 24
    assert len(many) == len(few)


# The spreadsheet


def exported(client, **query):
    response = client.get(QUEUE, {"export": "csv", **query})
    return list(csv.reader(StringIO(b"".join(response).decode())))


def test_export_holds_all_topics_and_no_formulas(client, searched):
    searched("=1+1 sums", times=2)
    for number in range(30):
        searched(f"thing{number}")
    rows = exported(client)
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


def test_export_of_many_topics_that_are_done(client, searched, monkeypatch):
    monkeypatch.setattr(topics, "MAX_QUERY_PARAMETERS", 2)
    for number in range(5):
        searched(f"thing{number}", opened=1, times=number)
        FeedbackAction.objects.create(
            topic=f"thing{number}", label="x", kind="promoted", at=NOON
        )
    rows = exported(client, state="closed")
    assert len(rows) == 6
    assert all("No searches since" in row[-1] for row in rows[1:])


# The dashboard


@pytest.fixture
def tasks(staff_user):
    return lambda user=staff_user: [
        task.text for task in get_tasks(user, NOON) if "unsuccessful" in task.text
    ]


def test_dashboard_shows_frequent_unsuccessful_topics(tasks, searched, colleague):
    searched("parks", times=4)
    searched("bins", times=9, days_ago=8)
    searched("badges", times=9, opened=1)
    assert tasks() == []
    searched("parks", found=0)
    one = ["1 topic with 5 or more unsuccessful searches this week"]
    assert tasks() == one
    assert tasks(colleague("other")) == []
    for kind, expected in (("assigned", one), ("nothing", []), ("reopened", one)):
        FeedbackAction.objects.create(topic="park", label="x", kind=kind, at=NOON)
        assert tasks() == expected
