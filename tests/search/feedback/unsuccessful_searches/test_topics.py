"""Synonyms bring topics together without joining what is not the same."""

import pytest

from search.feedback.unsuccessful_searches.topic_assignment import assign_topics
from search.feedback.unsuccessful_searches.topics import TopicMerger
from search.models import Enquiry, LoggedSearch
from search.tokens import topic_of
from tests.factories import EnquiryFactory
from tests.search.feedback.unsuccessful_searches.conftest import NOON


def is_one(rows, *texts):
    merger = TopicMerger(rows)
    return len({merger.canonical(topic_of(text)) for text in texts}) == 1


def test_what_is_found_as_one_thing_is_one_with_it():
    rows = [("tip, dump", "recycling centre", False)]
    assert is_one(rows, "tip", "dumps", "recycling centres")
    assert is_one(rows, "opening of the tip", "recycling centre opening")
    assert not is_one(rows, "tip", "recycling")


def test_what_is_found_as_several_things_is_none_of_them():
    rows = [("dole, unemployment pay", "jobseekers allowance, universal credit", False)]
    assert is_one(rows, "dole", "unemployment pay")
    assert not is_one(rows, "dole", "universal credit")
    assert not is_one(rows, "jobseekers allowance", "universal credit")


def test_synonyms_that_go_round_in_a_circle_end():
    rows = [("pip", "independence payment", True), ("a b", "c d", False)]
    rows += [("c d", "e f", False), ("e f", "a b", False)]
    assert is_one(rows, "pip", "independence payment")
    assert is_one(rows, "a b", "c d", "e f")


def test_longest_phrase_counts():
    rows = [("sofa", "bulky waste", False), ("sofa surfing", "homeless", False)]
    assert is_one(rows, "sofa surfing", "homeless")
    assert not is_one(rows, "sofa surfing", "bulky waste surfing")


def test_folded_topic_stays_as_it_is():
    rows = [("tip", "recycling centre", False), ("recycling", "green waste", False)]
    merger = TopicMerger(rows)
    for text in ("tip", "recycling", "recycling centre", "tip recycling"):
        merged = merger.canonical(topic_of(text))
        assert merger.canonical(merged) == merged


def test_job_sorts_in_older_rows_and_then_rests(db, searched):
    searched("blue bins", times=3)
    EnquiryFactory(message="blue bin")
    searched("?!")
    LoggedSearch.objects.update(topic="")
    Enquiry.objects.update(topic="")
    assert assign_topics(NOON) == 5
    assert set(LoggedSearch.objects.values_list("topic", flat=True)) == {
        "bin blue",
        "-",
    }
    assert Enquiry.objects.get().topic == "bin blue"
    assert assign_topics(NOON) == 0


@pytest.mark.parametrize("text", ["", "?!", "\0", "a" * 5_000, "ß ﬁ", "word " * 900])
def test_every_text_has_a_topic_that_fits(text):
    assert 0 < len(topic_of(text)) <= 200
