"""The content rules: what breaks each, and what does not."""

from datetime import date

from wagtail.images.models import Image
from wagtail.images.tests.utils import get_test_image_file

from home.blocks import ImageBlock
from home.editorial import content_rules as rules
from home.editorial.content_rules import MAX_OF_A_RULE, TEXT_LENGTH, Rule, find_issues
from home.models import StandardPage

PUBLISHED_ON = date(2026, 2, 2)
LONG = "The council will " + "really " * 30 + "help."
HARD = "Organisational prioritisation necessitates interdepartmental collaboration. "
EASY = "We can help you pay for food. Ask us at the desk. "
WORDS = (
    "<p>You can get food here on any day of the week, and you need no card. </p>" * 4
)
FILES = '<p><a linktype="document" id="1">The plan</a></p>'


def find(*body, **values):
    page = StandardPage(title="A page", **{"summary": "What it is for.", **values})
    page.body = list(body)
    return find_issues(page, PUBLISHED_ON)


def rules_of(findings):
    return [each.rule for each in findings]


def link(words, address="https://a.test/"):
    return ("text", f'<p>Some words. <a href="{address}">{words}</a></p>')


def heading(text, level="h2"):
    return ("heading", {"text": text, "level": level})


CASES = [
    (Rule.PASSED_DATE, ("text", "<p>Closed until 31 March.</p>"), WORDS),
    (Rule.LINK_TEXT, link("Click here"), link("Apply for a grant")),
    (Rule.LINK_TEXT, link("https://a.test/b"), link("a.test")),
    (Rule.LINK_TEXT, link("a.test/form"), link("either/or")),
    (Rule.LINK_TEXT, link(""), link("Ann@a.test", "mailto:ann@a.test")),
    (
        Rule.LINK_TEXT,
        ("call_to_action", {"text": "here", "url": "https://a.test/"}),
        ("call_to_action", {"text": "Apply", "url": "https://a.test/"}),
    ),
    (Rule.ONLY_FILES, ("text", FILES), WORDS + FILES),
    (Rule.ONLY_FILES, link("The plan", "https://a.test/x.PDF"), link("The plan")),
    (Rule.EMPTY_HEADING, heading(" "), heading("Help")),
    (Rule.HEADING_ORDER, heading("Help", "h3"), heading("Help")),
    (Rule.LONG_SENTENCE, ("text", f"<p>{LONG}</p>"), ("quotation", {"text": LONG})),
    (Rule.READING_AGE, ("text", f"<p>{HARD * 20}</p>"), f"<p>{EASY * 20}</p>"),
]


def test_rule_finds_what_breaks_it_and_nothing_else(db):
    for rule, wrong, right in CASES:
        (found,) = find(wrong)
        assert found.rule == rule
        assert found.rule.advice
        assert find(("text", right) if isinstance(right, str) else right) == []


def test_summary_is_checked_too(db):
    (finding,) = find(summary=" ")
    assert (finding.rule, finding.place) == (Rule.NO_SUMMARY, "summary")
    (finding,) = find(summary="Apply by 31 March 2026.")
    assert finding.rule == Rule.PASSED_DATE
    assert (finding.place, finding.shown_from) == ("summary", date(2026, 4, 1))


def test_image_in_the_text_is_described_or_decorative(db):
    image = Image.objects.create(title="Park", file=get_test_image_file())
    # That of the page is decorative unless it has a description.
    assert find(picture=image) == []
    for alt_text, decorative, rules_broken in (
        ("", False, [Rule.MISSING_ALT_TEXT]),
        ("A park", False, []),
        ("", True, []),
    ):
        value = {"image": image.pk, "alt_text": alt_text, "decorative": decorative}
        found = find(("image", ImageBlock().to_python(value)))
        assert rules_of(found) == rules_broken


def test_headings_skip_no_level(db):
    for levels, rules_broken in (
        (["h2", "h3", "h3", "h2", "h3"], []),
        (["h3", "h2"], [Rule.HEADING_ORDER]),
    ):
        found = find(*(heading(f"Part {n}", each) for n, each in enumerate(levels)))
        assert rules_of(found) == rules_broken


def test_text_in_tables_details_and_notices_is_checked(db):
    table = {
        "caption": "Dates",
        "columns": [{"type": "text", "heading": "When"}],
        "rows": [{"values": ["Apply by 3 May 2026"]}],
    }
    block = StandardPage.body.field.stream_block.child_blocks["table"]
    found = find(
        ("table", block.to_python(table)),
        ("details", {"summary": "Closed until 4 May 2026", "text": "<p>Yes.</p>"}),
        ("notice", {"kind": "warning", "text": "<p>Closes on 5 May 2026.</p>"}),
    )
    assert [each.shown_from.day for each in found] == [4, 5, 6]


def test_lines_of_a_list_are_sentences_and_an_issue_is_listed_once(db):
    items = "<li>some few words of a list</li>" * 10
    assert find(("text", f"<ul>{items}</ul>"), ("image", None), ("text", "")) == []
    html = (
        '<p><a href="https://a.test/">here</a>, <a href="https://b.test">here</a></p>'
    )
    assert len(find(("text", html))) == 1


def test_number_of_issues_and_length_of_text_are_limited(db):
    links = [link(f"https://a.test/{number}/{'x' * 300}") for number in range(99)]
    found = find(*links)
    assert len(found) == MAX_OF_A_RULE
    assert {len(each.text) for each in found} == {TEXT_LENGTH}


def test_a_rule_that_fails_does_not_stop_anybody(db, monkeypatch, caplog):
    def fail(text):
        raise ValueError

    monkeypatch.setattr(rules, "RULES", [fail])
    assert find() == []
    assert "could not be checked" in caplog.text
