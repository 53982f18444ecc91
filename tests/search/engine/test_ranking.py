"""Which page answers best: places of words, age and state; none is ever hidden."""

import random
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from home.content_version import bump_content_version
from search.engine import ranking, results
from search.engine.filters import SearchRequest
from search.engine.index import PageIndex
from search.indexing.documents import TEXT_FIELDS, SearchDocument
from tests.factories import PolicyUpdatePageFactory, StandardPageFactory

# Midnight by the council's clock.
TODAY = datetime(2027, 5, 31, 23, tzinfo=UTC)
SECOND = timedelta(seconds=1)
YEAR = timedelta(days=365)


@pytest.fixture
def publish_at(section):
    """Return a function that publishes a page at a time."""

    def publish(moment, title, factory=StandardPageFactory, **values):
        with time_machine.travel(moment, tick=False):
            page = factory(parent=section, title=title, **{"summary": "", **values})
            page.save_revision().publish()
            return page

    return publish


HEADING = {"type": "heading", "value": {"text": "Hedgehog", "level": "h3"}}
PLACES = {
    "title": {"title": "Hedgehog"},
    "search words": {"search_words": "hedgehog"},
    "summary": {"summary": "Hedgehog"},
    "heading": {"body": [HEADING]},
    "body": {"body": [{"type": "text", "value": "<p>Hedgehog</p>"}]},
}


def test_words_count_by_their_field(home, search_for, monkeypatch):
    for place, values in reversed(PLACES.items()):
        StandardPageFactory(
            parent=home, **{"title": place, "summary": "Other", **values}
        )
    expected = ["Hedgehog", *list(PLACES)[1:]]
    assert search_for("hedgehog").titles == expected
    equal = dict.fromkeys(ranking.FIELD_WEIGHTS, 1.0)
    monkeypatch.setattr(ranking, "FIELD_WEIGHTS", equal)
    answer = search_for("hedgehog")
    assert answer.titles != expected
    assert set(answer.titles) == set(expected)


def test_page_with_all_the_words_beats_one_that_repeats_one_of_them(
    home, search_for, monkeypatch
):
    StandardPageFactory(
        parent=home, title="Badge badge", summary="Badge", search_words="badges"
    )
    body = [{"type": "text", "value": "<p>Get a blue badge here.</p>"}]
    StandardPageFactory(parent=home, title="Permits", summary="", body=body)
    for number in range(3):
        StandardPageFactory(parent=home, title=f"Blue {number}", summary="blue")
    assert search_for("blue badge").titles[0] == "Permits"
    monkeypatch.setattr(ranking, "ALL_WORDS_BONUS", 0.0)
    assert search_for("blue badge").titles[0] != "Permits"


def publish_texts(home, texts):
    for title, text in texts.items():
        body = [{"type": "text", "value": f"<p>{text}</p>"}]
        StandardPageFactory(parent=home, title=title, summary="", body=body)


@pytest.mark.parametrize(
    ("searched", "wrong", "right", "weight"),
    [
        ("permits", "Permitted here.", "Permits here.", "AS_TYPED_WEIGHT"),
        ("stray dog", "Dog by a lane, stray.", "Stray dog by a lane.", "PAIR_WEIGHT"),
        ("a stray dog bit me", "Bit stray. Dog.", "Stray dog. Bit.", "PAIR_WEIGHT"),
    ],
)
def test_words_count_as_typed_and_side_by_side(
    home, search_for, monkeypatch, searched, wrong, right, weight
):
    publish_texts(home, {"Wrong": wrong, "Right": right})
    assert search_for(searched).titles == ["Right", "Wrong"]
    monkeypatch.setattr(ranking, weight, 0.0)
    assert search_for(searched).titles == ["Wrong", "Right"]


def test_answer_in_a_body_beats_a_title_with_one_of_the_words(
    home, search_for, monkeypatch
):
    filler = dict.fromkeys(map(str, range(9)), "Read about what we do all year.")
    publish_texts(home, {"Highways": "We fix a loose slab of a footway.", **filler})
    publish_texts(home, {"Slab": "Read about what we do all year."})
    assert search_for("who can fix a loose slab near me").titles[0] == "Highways"
    titles_first = {**ranking.FIELD_WEIGHTS, "title": 20.0}
    monkeypatch.setattr(ranking, "FIELD_WEIGHTS", titles_first)
    assert search_for("who can fix a loose slab near me").titles[0] == "Slab"


@pytest.mark.parametrize(
    ("age", "first"),
    [(YEAR - SECOND, "Gritting"), (80 * YEAR, "Gritting and snow")],
)
def test_notice_loses_weight_with_age_and_a_permanent_page_does_not(
    publish_at, search_for, monkeypatch, age, first
):
    publish_at(TODAY - 20 * YEAR, "Gritting and snow")
    publish_at(TODAY - age, "Gritting", PolicyUpdatePageFactory)
    with time_machine.travel(TODAY, tick=False):
        answer = search_for("gritting")
        assert answer.titles[0] == first
        assert answer.count == 2
        monkeypatch.setattr(ranking, "_weight", lambda *_: 1.0)
        assert search_for("gritting").titles == ["Gritting", "Gritting and snow"]


@pytest.mark.parametrize("field", ["withdrawn_on", "replaced_on"])
def test_policy_falls_behind_at_the_second_at_which_it_is_history(
    publish_at, search_for, monkeypatch, field
):
    publish_at(TODAY, "Gritting policy of the council", PolicyUpdatePageFactory)
    values = {field: TODAY.date() + timedelta(days=1), "withdrawn_reason": "Old"}
    publish_at(TODAY, "Gritting policy", PolicyUpdatePageFactory, **values)
    in_force = ["Gritting policy", "Gritting policy of the council"]
    with time_machine.travel(TODAY - SECOND, tick=False) as clock:
        assert search_for("gritting policy").titles == in_force
        clock.shift(SECOND)
        assert search_for("gritting policy").titles == in_force[::-1]
        monkeypatch.setattr(ranking, "SUPERSEDED_WEIGHT", 1.0)
        assert search_for("gritting policy").titles == in_force


def test_newest_first_shows_pages_with_all_the_words_before_others(
    publish_at, search_for, monkeypatch
):
    monkeypatch.setattr(results, "PER_PAGE", 2)
    publish_at(TODAY - 4 * YEAR, "Blue badge, first")
    publish_at(TODAY - 3 * YEAR, "Badge, blue")
    publish_at(TODAY - 2 * YEAR, "Blue badges")
    publish_at(TODAY - YEAR, "Badge")
    publish_at(TODAY, "Blue")
    with time_machine.travel(TODAY, tick=False):
        pages = [search_for("blue badge", sort="newest", page=n) for n in (1, 2, 3)]
        best_first = search_for("blue badge")
    assert [title for page in pages for title in page.titles] == [
        "Blue badges",
        "Badge, blue",
        "Blue badge, first",
        "Blue",
        "Badge",
    ]
    assert [page.count for page in [*pages, best_first]] == [5] * 4
    assert best_first.titles != pages[0].titles


def write(number, title):
    """Write what the index reads of a page, as publishing it does."""
    SearchDocument.objects.update_or_create(
        pk=number,
        defaults={
            **dict.fromkeys(TEXT_FIELDS, ""),
            "title": title,
            "is_public": True,
            "updated_at": TODAY,
            "version": bump_content_version(),
        },
    )


@pytest.fixture
def two_processes(db):
    """Return an index that has followed many changes, and one that starts now."""
    chance = random.Random(0)
    early = PageIndex()
    titles = ["Pond otter", "Pond badger", "Pond heron"] * 5
    numbers = list(range(len(titles)))
    for number in numbers:
        write(number + 1, titles[number])
    for number in [0, *chance.choices(numbers, k=12)]:
        early.catch_up()
        write(number + 1, titles[number])
    return early, PageIndex()


def in_parts(index, query, **options):
    """Return what a search finds, read three by three as visitors do."""
    return [
        key
        for page in range(1, 6)
        for key in index.search(
            SearchRequest(query, page=page, **options), TODAY, limit=3
        ).keys
    ]


QUERIES = ["pond", "otter badger", "otter heron", "pond otter"]


def test_processes_give_the_same_order_of_the_best(two_processes):
    early, late = two_processes
    for query in QUERIES:
        assert in_parts(early, query) == in_parts(late, query)
    # Equal ones in the order in which they were made.
    keys = in_parts(early, "pond")
    assert keys == sorted(keys)


def test_every_result_is_on_one_of_the_pages_once(two_processes, monkeypatch):
    monkeypatch.setattr(ranking, "WINDOW", 6)
    for index in two_processes:
        for newest_first in (False, True):
            keys = in_parts(index, "pond", newest_first=newest_first)
            assert len(keys) == len(set(keys)) == 15
