from itertools import chain, combinations

import pytest

from home.blocks import BodyBlock
from home.content.drafts import gaps_in_body
from home.models import StandardPage

BODY = BodyBlock()
LINK = {"text": "Apply", "url": "https://example.org/"}
CONTACT = {
    "name": "The team",
    "phone": "01632 960123 ext 4",
    "email": "jo@example.org",
    "address": "Church Road",
    "hours": "9am to 5pm",
}
FILLED = {
    "heading": {"text": "When it is open", "level": "h2"},
    "call_to_action": LINK,
    "contact": CONTACT,
    "details": {"summary": "What to bring", "text": "<p>A bag</p>"},
    "notice": {"kind": "warning", "text": "<p>Closed</p>"},
    "quotation": {"text": "It got us through", "attribution": "A resident"},
    "documents": {"heading": "Documents", "documents": []},
    "image": {"image": None, "alt_text": "Lamp", "decorative": False},
}
OPTIONAL = {"phone", "email", "address", "hours", "attribution", "documents"}
# Where the editor asks for an address: at the first of the two fields.
LABELS = {"url": "Page"}


def half_filled(kind):
    """Yield a block with each choice of its fields empty, and what is missing then."""
    whole, block = FILLED[kind], BODY.child_blocks[kind]
    blanks = {"documents": [None], "image": None, "decorative": False}
    counts = range(len(whole) + 1)
    for empty in chain(*(combinations(whole, count) for count in counts)):
        required = {name for name in empty if name not in OPTIONAL}
        if kind == "contact" and {"phone", "email", "address"} <= {*empty}:
            required.add("phone")
        if kind == "image":
            required = {"image"}
        labels = (LABELS.get(name, block.child_blocks[name].label) for name in required)
        where = {f"{block.label}, {label}" for label in labels}
        if "documents" in empty:
            where.add("Documents, Documents 1")
        yield whole | {name: blanks.get(name, "") for name in empty}, where


def gaps_of(body):
    page = StandardPage(body=body)
    return list(gaps_in_body(page, page._meta.get_field("body")))


def body_of(kind, value):
    return BODY.to_python([{"type": kind, "value": value, "id": "a"}])


@pytest.mark.parametrize("kind", FILLED)
def test_half_filled_block_is_a_draft_that_names_its_gaps(kind):
    for value, where in half_filled(kind):
        draft = BODY.clean_deferred(body_of(kind, value))
        gaps = gaps_of(draft)
        # What a block asks of its parts together comes once each of them is right.
        assert {gap.where for gap in gaps} <= where
        assert bool(gaps) == bool(where)
        assert all(gap.place == "body.a" and gap.message for gap in gaps)
        assert BODY.render(draft)


def test_half_filled_cell_of_a_table_is_named_by_row_and_column():
    for empty, label in (("text", "Text"), ("url", "Page")):
        columns = [{"type": kind, "heading": ""} for kind in ("text", "link")]
        rows = [{"values": ["", LINK]}, {"values": ["", LINK | {empty: ""}]}]
        table = {"columns": columns, "rows": rows}
        draft = BODY.clean_deferred(body_of("table", table))
        [gap] = gaps_of(draft)
        assert gap.where == f"Table, row 2, column 2, {label}"
        BODY.render(draft)


def test_what_was_typed_stays_in_a_draft_and_is_no_link():
    for kind, name, typed in (
        ("contact", "phone", "01632 call us"),
        ("contact", "email", "jo@"),
        ("call_to_action", "url", "https:/exa"),
        ("call_to_action", "url", "javascript:alert(1)"),
    ):
        draft = BODY.clean_deferred(body_of(kind, {**FILLED[kind], name: typed}))
        assert draft.get_prep_value()[0]["value"][name] == typed
        (gap,) = gaps_of(draft)
        assert gap.where.startswith(BODY.child_blocks[kind].label)
        assert f'href="{typed}' not in str(BODY.render(draft))
    # An address without https:// is completed.
    link = {"text": "Apply", "url": "www.example.org/a"}
    draft = BODY.clean_deferred(body_of("call_to_action", link))
    assert draft[0].value["url"] == "https://www.example.org/a"


def test_draft_of_one_thread_does_not_relax_the_blocks_of_others(monkeypatch):
    contact = BodyBlock().child_blocks["contact"]
    seen = []
    clean = type(contact).clean

    def look(self, value):
        seen.append((self is contact, contact.is_deferred_validation))
        return clean(self, value)

    monkeypatch.setattr(type(contact), "clean", look)
    BodyBlock().clean_deferred(body_of("contact", {}))
    assert seen == [(False, False)]
    assert contact.child_blocks["name"].required
