"""People find pages by the meaning of their words, whatever form they type."""

from tests.factories import (
    CommunityIndexPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)

BLOCKS = {
    "text": "<p>Ask the <b>beekeeper</b>.</p>",
    "heading": {"text": "The beekeeper", "level": "h3"},
    "call_to_action": {"text": "Ask a beekeeper", "url": "https://example.org/"},
    "contact": {"name": "The beekeeper", "phone": "01632 960000"},
    "details": {"summary": "Bees", "text": "<p>The beekeeper.</p>"},
    "notice": {"kind": "warning", "text": "<p>No beekeeper.</p>"},
    "quotation": {"text": "I am the beekeeper.", "attribution": "A resident"},
    "table": {
        "columns": [{"type": "text", "heading": "Who"}],
        "rows": [{"values": ["The beekeeper"]}],
    },
}
FIELDS = ["title", "summary", "search_words", "strapline", "introduction"]


def test_words_in_every_block_and_every_field_are_found(home, section, search_for):
    for kind, value in BLOCKS.items():
        body = [{"type": kind, "value": value}]
        StandardPageFactory(parent=home, title=kind, body=body)
    assert set(search_for("beekeeper").titles) == {*BLOCKS}
    for field in FIELDS:
        CommunityIndexPageFactory(parent=home, **{field: "Handouts"})
    PolicyUpdatePageFactory(parent=section, withdrawn_reason="No more handouts")
    assert search_for("handouts").count == len(FIELDS) + 1


def test_words_that_only_residents_use_are_found_and_never_shown(home, search_for):
    page = StandardPageFactory(parent=home, title="Hardship", search_words="brassic")
    answer = search_for("brassic")
    assert answer.titles == ["Hardship"]
    assert "brassic" not in answer.html.select_one(".results").get_text()
    page.search_words = ""
    page.save_revision().publish()
    assert search_for("brassic").titles == []
