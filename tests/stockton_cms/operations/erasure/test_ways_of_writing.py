"""An email address is found however it was written, and no one else's is."""

import json

from stockton_cms.operations.erasure.matching import pattern_of, without

ADDRESS = "Joe.O'Neil+bins@mail.example.org"
# What stands around it; `FORMS` in `test_every_column.py` has how it is spelt.
WRITTEN = [
    f"<{ADDRESS}>",
    f"({ADDRESS})",
    f"mailto:{ADDRESS}",
    f"Write to {ADDRESS}.",
    f"Write to {ADDRESS}, please",
    f"{ADDRESS}. And more",
    f'"{ADDRESS}"',
    f"'{ADDRESS}'",
    f"<a href='mailto:{ADDRESS}'>",
    f"x &#39;{ADDRESS}&#39;",
    f"x={ADDRESS}&y=1",
    "mailto:joe.o%27neil%2Bbins%40mail.example.org",
    "?to=joe.o%27neil%2bbins%40mail.example.org",
    "%20joe.o%27neil%2bbins@mail.example.org",
    "email=joe.o%2527neil%252Bbins%2540mail.example.org",
    "joe.o&#x27;neil+bins@mail.example.org",
    "joe.o&amp;#39;neil+bins@mail.example.org",
    r"joe.o\u0027neil\u002bbins@mail.example.org",
    json.dumps({"body": json.dumps([{"value": f"<p>Line\n{ADDRESS}</p>"}])}),
    json.dumps([f"a\n{ADDRESS}"]),
    json.dumps({ADDRESS: "key"}),
    '{"a": "joe.o\'neil+bins@mail.example.org", "a": 1}',
]
OTHERS = [
    "anjoe.o'neil+bins@mail.example.org",
    "an.joe.o'neil+bins@mail.example.org",
    "an-joe.o'neil+bins@mail.example.org",
    "an'joe.o'neil+bins@mail.example.org",
    "an’joe.o'neil+bins@mail.example.org",
    "an%27joe.o%27neil%2Bbins%40mail.example.org",
    "an%2bjoe.o%27neil%2Bbins%40mail.example.org",
    "an&#39;joe.o&#39;neil+bins@mail.example.org",
    "an&#x27;joe.o&#x27;neil+bins@mail.example.org",
    "joe.o'neil+bins@mail.example.org.uk",
    "joe.o'neil+bins@mail.example.organ",
    "joe.o'neil@mail.example.org",
    "joexo'neil+bins@mail.example.org",
    "joe.o'neil+bins@mail.example.com",
]


def test_address_is_taken_out_wherever_it_stands():
    for text in WRITTEN:
        assert "neil" not in without(text, pattern_of(ADDRESS)).lower(), text


def test_somebody_elses_address_stays():
    for text in OTHERS:
        assert without(text, pattern_of(ADDRESS)) == text
        held = json.dumps({"a": [text]})
        assert without(held, pattern_of(ADDRESS)) == held


def test_what_stands_around_it_stays():
    text = json.dumps({"body": json.dumps(["<p>Ask ann@example.org soon</p>"]), "n": 1})
    left = json.loads(without(text, pattern_of("ann@example.org")))
    assert json.loads(left["body"]) == ["<p>Ask [removed] soon</p>"]
    assert left["n"] == 1


def test_field_of_a_draft_that_held_it_alone_is_empty():
    draft = {"owner_email": "ann@example.org", "title": "Bins"}
    left = without(draft, pattern_of("Ann@Example.org"))
    assert left == {"owner_email": "", "title": "Bins"}


def test_letters_beyond_english_are_found():
    for text in (
        "jö@exämple.de",
        "JÖ@EXÄMPLE.DE",
        "jö@xn--exmple-cua.de",
        r"j\u00f6@exämple.de",
        "j%C3%B6@exämple.de",
    ):
        assert without(text, pattern_of("jö@exämple.de")) == "[removed]"


def test_text_that_only_looks_like_json_does_no_harm():
    for text in ("[" * 100_000, "{", '{"a":', "[1e999]", "[" + "9" * 5_000 + "]"):
        assert without(text, pattern_of("ann@example.org")) == text
