"""Unsuccessful searches are merged by topic and counted."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from search.feedback.page_feedback.models import PageFeedbackCount
from search.feedback.unsuccessful_searches import topic_stats
from search.log.retention import purge
from search.models import Enquiry, SynonymSnippet
from tests.factories import EnquiryFactory, StandardPageFactory

pytestmark = pytest.mark.usefixtures("staff_user")


def labels(rows):
    return [row.label for row in rows]


def test_search_whose_result_was_opened_is_no_trouble(queue, searched):
    searched("bins", opened=1)
    searched("parks", found=0, opened=0)
    assert queue() == []


def test_searches_that_found_nothing_or_got_no_click_are_counted(queue, searched):
    searched("blue badge", times=2, found=0)
    searched("blue badge", times=3)
    searched("blue badge", opened=2)
    [row] = queue()
    assert (row.label, row.numbers) == ("blue badge", (2, 3, 0, 0, 5))


def test_next_pages_and_narrowed_searches_do_not_count_again(queue, searched):
    searched("parks")
    searched("parks", page_number=2)
    searched("parks", filters="type=policy", found=0)
    assert [row.people for row in queue()] == [1]


def test_forms_of_words_order_and_small_words_make_no_difference(queue, searched):
    searched("bin collections", times=3)
    searched("Collection of my bins")
    searched("collecting bins", times=2)
    [row] = queue()
    assert row.label == "bin collections"
    assert row.others == "collecting bins, collection of my bins"
    assert row.people == 6


def test_corrected_search_belongs_to_what_it_was_corrected_to(queue, searched):
    searched("allotment", times=2)
    searched("alotmnet", corrected="allotment")
    assert [row.people for row in queue()] == [3]


def test_synonyms_of_staff_bring_topics_together_at_once(queue, searched):
    SynonymSnippet.objects.all().delete()
    searched("skip yard", times=2)
    searched("waste centre opening")
    searched("skip yard opening")
    assert len(queue()) == 3
    SynonymSnippet.objects.create(searched="skip yard", found_as="waste centre")
    assert sorted(row.people for row in queue()) == [2, 2]


def test_most_people_come_first(queue, searched):
    for number, query in enumerate(["apples", "pears", "plums"]):
        searched(query, times=[1, 3, 2][number])
    assert labels(queue()) == ["pears", "plums", "apples"]
    assert labels(queue(ordering="people")) == ["apples", "plums", "pears"]


def test_enquiries_join_the_searches_they_came_from(queue, searched):
    searched("blue bin", found=0)
    EnquiryFactory(message="Anything", query="blue bins", times_sent=3)
    EnquiryFactory(message="Where is the blue bin?")
    [row] = queue()
    assert row.numbers == (1, 0, 4, 0, 5)


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
    monkeypatch.setattr(
        topic_stats,
        "redact",
        lambda text: read.append(text) or text,
    )
    assert queue()[0].label.startswith("Zaphod")
    assert read == [message[: topic_stats.MAX_MESSAGE_LENGTH]]


def test_votes_join_the_topic_of_the_page_title(queue, searched, section):
    page = StandardPageFactory(parent=section, title="Bin collections")
    other = StandardPageFactory(parent=section, title="Parks")
    PageFeedbackCount.objects.create(page=page, month_on=date(2026, 6, 1), yes=9, no=4)
    PageFeedbackCount.objects.create(page=page, month_on=date(2025, 1, 1), no=100)
    PageFeedbackCount.objects.create(page=other, month_on=date(2026, 6, 1), yes=7)
    searched("bin collection")
    [row] = queue()
    assert row.numbers == (0, 1, 0, 4, 5)


def test_votes_about_a_page_that_is_not_public_are_not_shown(queue, section):
    page = StandardPageFactory(parent=section, title="Secret plan", live=False)
    PageFeedbackCount.objects.create(page=page, month_on=date(2026, 6, 1), no=4)
    assert queue() == []


def test_period_decides_what_counts(queue, searched):
    for days in (3, 20, 60, 200):
        searched(f"thing{days}", days_ago=days)
    assert len(queue(period="7")) == 1
    assert len(queue()) == 2
    assert len(queue(period="90")) == 3
    assert len(queue(period="365")) == 4
    assert labels(queue(days_from="2026-04-01", days_to="2026-04-30")) == ["thing60"]
    assert labels(queue(days_from="2026-04-30", days_to="2026-04-01")) == ["thing60"]


@pytest.mark.parametrize(
    "query",
    [
        {"period": "x"},
        {"days_from": "0001-01-01", "days_to": "9999-12-31"},
        {"days_to": "0001-01-01"},
        {"days_from": "9999-12-31"},
        {"days_from": "soon"},
        {"state": "\0", "assigned": "x", "failure": "pk"},
        {"ordering": "digest", "p": "999"},
        {"p": "-1"},
    ],
)
def test_queue_bears_whatever_is_asked(queue, searched, query):
    searched("parks")
    assert len(queue(**query)) <= 1


def test_filter_keeps_what_went_wrong_in_one_way(queue, searched):
    searched("apples", found=0)
    searched("pears")
    EnquiryFactory(message="plums")
    assert labels(queue(failure="nothing")) == ["apples"]
    assert labels(queue(failure="no_click")) == ["pears"]
    assert labels(queue(failure="enquiries")) == ["plums"]
    assert labels(queue(failure="votes")) == []


def test_chart_says_its_numbers_oldest_first(queue, searched):
    searched("parks", times=2, days_ago=6.5)
    searched("parks", days_ago=0.5)
    EnquiryFactory(message="parks")
    Enquiry.objects.update(created_at=timezone.now() - timedelta(hours=1))
    [row] = queue(period="7")
    assert row.chart == "2, 0, 0, 0, 0, 0, 2"
    assert len(queue()[0].chart.split(", ")) == 12


def test_purged_searches_are_gone_from_the_queue(queue, searched):
    searched("parks", days_ago=20)
    purge(timezone.now() + timedelta(days=350))
    assert queue() == []


def test_second_page_holds_the_rest(queue, searched):
    for number in range(30):
        searched(f"thing{number}")
    assert len(queue()) == 25
    assert len(queue(p=2)) == 5


def test_number_of_queries_does_not_grow_with_topics(queue, searched, section):
    def fill(numbers):
        for number in numbers:
            searched(f"thing{number}")
            EnquiryFactory(message=f"other{number}")
            page = StandardPageFactory(parent=section, title=f"Page {number}")
            month = date(2026, 6, 1)
            PageFeedbackCount.objects.create(page=page, month_on=month, no=1)

    fill(range(2))
    queue()
    with CaptureQueriesContext(connection) as few:
        assert len(queue()) == 6
    fill(range(2, 8))
    with CaptureQueriesContext(connection) as many:
        assert len(queue()) == 24
    assert len(many) == len(few)
