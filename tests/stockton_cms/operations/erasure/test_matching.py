"""An email address is found however it was written, and no one else's is."""

import json
import quopri
from base64 import b64encode
from html import escape
from urllib.parse import quote

from stockton_cms.operations.erasure.matching import may_hold, pattern_of, without

ADDRESS = "Joe.O'Neil+bins@mail.example.org"
CANARY = "canary.bird+x@example.org"
WIDE = {ord(each): ord(each) + 0xFEE0 for each in CANARY if each.isalnum()}
FORMS = {
    "as it is": CANARY,
    "capitals": CANARY.upper(),
    "soft hyphens": "\u00ad".join(CANARY),
    "no width": CANARY.replace("@", "\u200b@\u200b"),
    "wide": CANARY.translate(WIDE | {ord("@"): ord("＠")}),
    "percent": quote(CANARY, safe=""),
    "all percent": "".join(f"%{byte:02X}" for byte in CANARY.encode()),
    "html": escape(CANARY).replace("@", "&#64;").replace(".", "&period;"),
    "all html": "".join(f"&#x{ord(each):x};" for each in CANARY),
    "json": "".join(f"\\u{ord(each):04x}" for each in CANARY),
    "spaces": CANARY.replace("@", " @ "),
    "spoken": CANARY.replace("@", " at ").replace(".", " dot "),
    "brackets": CANARY.replace("@", " [at] "),
    "wbr": CANARY.replace("@", "<wbr>@<wbr/>"),
    "unseen entity": CANARY.replace("@", "&#8203;@&shy;"),
    "printable": quopri.encodestring(CANARY.replace("@", "=").encode())
    .decode()
    .replace("=3D", "=40"),
    "folded": f"{CANARY[:9]}=\r\n{CANARY[9:]}",
    "base64": b64encode(f"To: {CANARY}\r\n\r\nBins".encode()).decode(),
}
# What stands around it; `FORMS` has how it is spelt.
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


def test_form_is_taken_out_and_nothing_else():
    for name, text in FORMS.items():
        assert may_hold(text, CANARY), name
        cleaned = without(f"Ask {text}, or", pattern_of(CANARY))
        assert cleaned == "Ask [removed], or", name
        for other in ("zanary.bird+x@example.org", "canary.bird+x@example.net"):
            assert without(text, pattern_of(other)) == text, name


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
