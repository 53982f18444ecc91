"""Bodies of pages for the browser tests: every block, and what may break a layout.

Blocks are given as the database stores them: (name, value).
"""

import wagtail_factories

from home.models import StandardPage

RICH_TEXT = (
    "<p>Community groups can apply for a grant of <b>up to £500</b>. Read the "
    '<a href="https://example.org/rules/">rules for grants</a> first.</p>'
    "<ul><li>Ask for the form.</li><li>Send it back by Friday.</li></ul>"
    "<ol><li>We read it.</li><li>We answer.</li></ol>"
)
ARABIC = (
    "نعمل مع شركائنا من أجل مجتمعات أقوى وأكثر عدلاً في جميع أنحاء المنطقة، "
    "ونقدم المشورة والدعم لكل من يحتاج إليهما. " * 4
)
# With a word that no line can hold.
LONG_WORDS = (
    "The council's framework for the Donaudampfschifffahrtselektrizitaetenhaupt"
    "betriebswerkbauunterbeamtengesellschaft and its many partners in the borough"
)


def body_of(blocks):
    """Return a page's body made of stored blocks."""
    body = StandardPage._meta.get_field("body").stream_block
    return body.to_python([{"type": name, "value": value} for name, value in blocks])


def wide_table(rows):
    """Return the value of a table of eight columns."""
    columns = [f"Charges in valuation band {band}" for band in "ABCDEFG"]
    return {
        "caption": "What each band pays in each parish",
        "columns": [
            {"type": "text", "heading": heading} for heading in ("Parish", *columns)
        ],
        "rows": [
            {"values": [f"Parish {row}", *[f"£{1000 + row}.00"] * len(columns)]}
            for row in range(rows)
        ],
    }


def every_block(page):
    """Return every block, some of them in several ways."""
    image = wagtail_factories.ImageFactory(file__width=1000, file__height=562)
    document = wagtail_factories.DocumentFactory(title="Guide to grants")
    contact = {
        "name": "Communities team",
        "phone": "01632 960004",
        "email": "a-rather-long-name-of-a-team@communities.example.gov.uk",
        "address": "Church Road\nStockton-on-Tees",
        "hours": "Monday to Friday, 9am to 5pm",
    }
    columns = {"text": "Place", "number": "Hours", "link": "Details"}
    link = {"text": "Thornaby pantry", "url": "https://example.org/t/"}
    table = {
        "caption": "Opening hours",
        "columns": [
            {"type": kind, "heading": heading} for kind, heading in columns.items()
        ],
        "rows": [{"values": ["Thornaby", "12", link]}],
    }
    quotation = {"text": "It got us through the winter.", "attribution": "A resident"}
    page_button = {"text": "Apply for a grant", "page": page.pk, "url": ""}
    web_button = {"text": "Ask a charity", "url": "https://example.org/ask/"}
    return [
        ("text", RICH_TEXT),
        ("heading", {"text": "How to get help", "level": "h2"}),
        ("heading", {"text": "On the telephone", "level": "h3"}),
        ("image", {"image": image.pk, "alt_text": "A pantry", "decorative": False}),
        ("image", {"image": image.pk, "alt_text": "", "decorative": True}),
        ("call_to_action", page_button),
        ("call_to_action", web_button),
        ("contact", contact),
        ("documents", {"heading": "Documents", "documents": [document.pk]}),
        ("table", table),
        ("details", {"summary": "What to bring with you", "text": RICH_TEXT}),
        ("notice", {"kind": "information", "text": "<p>Closed at Easter.</p>"}),
        ("notice", {"kind": "warning", "text": "<p>Apply before noon.</p>"}),
        ("quotation", quotation),
    ]
