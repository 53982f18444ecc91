"""People find pages by the meaning of their words, whatever form they type."""

import pytest

from tests.factories import (
    CommunityIndexPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)


def test_published_page_is_found_at_the_next_search(home, search_for):
    assert search_for("allotments").titles == []
    StandardPageFactory(parent=home, title="Allotments")
    assert search_for("allotments").titles == ["Allotments"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "<p>Ask the <b>beekeeper</b>.</p>"),
        ("heading", {"text": "The beekeeper", "level": "h3"}),
        ("call_to_action", {"text": "Ask a beekeeper", "url": "https://example.org/"}),
        ("contact", {"name": "The beekeeper", "phone": "01632 960000"}),
        ("details", {"summary": "Bees", "text": "<p>The beekeeper.</p>"}),
        ("notice", {"kind": "warning", "text": "<p>No beekeeper.</p>"}),
        ("quotation", {"text": "I am the beekeeper.", "attribution": "A resident"}),
        (
            "table",
            {
                "columns": [{"type": "text", "heading": "Who"}],
                "rows": [{"values": ["The beekeeper"]}],
            },
        ),
    ],
)
def test_words_in_every_block_of_a_body_are_found(home, search_for, kind, value):
    body = [{"type": kind, "value": value}]
    StandardPageFactory(parent=home, title="Green spaces", body=body)
    assert search_for("beekeeper").titles == ["Green spaces"]


@pytest.mark.parametrize(
    "field", ["title", "summary", "search_words", "strapline", "introduction"]
)
def test_words_in_every_field_of_a_section_are_found(home, search_for, field):
    CommunityIndexPageFactory(parent=home, **{field: "Handouts"})
    assert search_for("handouts").count == 1


def test_words_that_only_residents_use_are_found_and_never_shown(home, search_for):
    page = StandardPageFactory(parent=home, title="Hardship", search_words="brassic")
    answer = search_for("brassic")
    assert answer.titles == ["Hardship"]
    assert "brassic" not in answer.html.select_one(".results").get_text()
    page.search_words = ""
    page.save_revision().publish()
    assert search_for("brassic").titles == []


def test_reason_of_a_withdrawal_is_found(section, search_for):
    PolicyUpdatePageFactory(
        parent=section, title="Bins plan", withdrawn_reason="Superseded by law"
    )
    assert search_for("superseded").titles == ["Bins plan"]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Pantry", "pantries"),
        ("Pantries", "pantry"),
        ("Volunteering", "volunteers"),
        ("Housing", "house"),
        ("Café", "cafe"),
        ("Cafe", "café"),
        ("Cafe\u0301", "café"),
        ("The council's plan", "councils"),
        ("The council’s plan", "council's"),
        ("The councils plan", "council’s"),
        ("O'Brien Court", "obrien"),
        ("Well-being", "well being"),
        ("Well being", "well-being"),
        ("PANTRY", "pantry"),
        ("ﬁre", "fire"),
        ("Fire", "FIRE!!!"),
        ("Łódź square", "lodz"),
        ("日本 館", "館"),
    ],
)
def test_forms_of_a_word_meet(home, search_for, written, typed):
    StandardPageFactory(parent=home, title=written, summary="")
    assert search_for(typed).count == 1, (written, typed)
    assert search_for("xylophone").count == 0


def test_question_is_answered_by_its_significant_words(home, search_for):
    StandardPageFactory(parent=home, title="Bulky waste", summary="")
    StandardPageFactory(parent=home, title="How we do it and who you are", summary="")
    assert search_for("how do I get rid of bulky waste").titles == ["Bulky waste"]


def test_query_of_stop_words_alone_still_finds(home, search_for):
    StandardPageFactory(parent=home, title="What's on", summary="")
    assert search_for("what's on").titles[0] == "What's on"


def test_title_beats_summary_and_summary_beats_body(home, search_for):
    body = [{"type": "text", "value": "<p>Somewhere a hedgehog.</p>"}]
    StandardPageFactory(parent=home, title="Third", summary="", body=body)
    StandardPageFactory(parent=home, title="Second", summary="Somewhere a hedgehog.")
    StandardPageFactory(parent=home, title="A hedgehog", summary="")
    assert search_for("hedgehog").titles == ["A hedgehog", "Second", "Third"]


def test_page_with_more_of_the_words_comes_first(home, search_for):
    StandardPageFactory(parent=home, title="Blue bins", summary="")
    StandardPageFactory(parent=home, title="Blue badges", summary="")
    assert search_for("blue badge").titles == ["Blue badges", "Blue bins"]
