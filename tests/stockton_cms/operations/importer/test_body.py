"""What becomes of the HTML of a page: blocks, links, and what is left out."""

import sys

import pytest
from bs4 import BeautifulSoup
from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Site

from home.blocks import TEXT_FEATURES, BodyBlock
from home.models import StandardPage
from stockton_cms.operations.importer.body import Body
from stockton_cms.operations.importer.links import LinkResolver
from stockton_cms.operations.importer.plan import Plan


@pytest.fixture
def blocks_of(section, tmp_path):
    """Return a function that converts HTML; it gives blocks and notes.

    Each block is one that an officer could have saved; its text opens in the editor.
    """
    links = LinkResolver(Plan(section, []), tmp_path)
    body_block = BodyBlock()
    editor = ContentstateConverter(TEXT_FEATURES)

    def blocks(html, base="/old/page"):
        body = Body(html, base, links)
        for value in body_block.to_python(body.blocks):
            value.block.clean(value.value)
            if value.block_type == "text":
                editor.from_database_format(value.value.source)
        return [(block["type"], block["value"]) for block in body.blocks], body.notes

    return blocks


def text_of(html, blocks_of):
    [(kind, value)] = blocks_of(html)[0]
    assert kind == "text"
    return value.replace("<strong>", "<b>").replace("</strong>", "</b>")


SIMPLE = [
    ("Loose words", "<p>Loose words</p>"),
    ("<div>One</div>Two<div>Three</div>", "<p>One</p><p>Two</p><p>Three</p>"),
    ("<p>A <strong>b</strong> <em>c</em><br>d</p>", "<p>A <b>b</b> c<br/>d</p>"),
    ("<ul><li>A<li>B</ul>", "<ul><li>A</li><li>B</li></ul>"),
    ("<ul>A <li> <div>B</div>C</ul>", "<ul><li>A</li><li>B C</li></ul>"),
    (
        "<ol><li><p>A</p><ul><li>B</li></ul></li></ol>",
        "<ol><li>A<ul><li>B</li></ul></li></ol>",
    ),
    ('<p>1 &lt; 2 &amp; "x"</p>', "<p>1 &lt; 2 &amp; &quot;x&quot;</p>"),
    ("<p></p><p> &nbsp; </p><p>A</p>", "<p>A</p>"),
    ("<a href=mailto:a@b.uk>Mail</a>", '<p><a href="mailto:a@b.uk">Mail</a></p>'),
    (
        "<p><a href='https://example.com/?a=1&amp;b=2'>Out</a></p>",
        '<p><a href="https://example.com/?a=1&amp;b=2">Out</a></p>',
    ),
    ("<!-- no --><p>A<!-- b --></p>", "<p>A</p>"),
]


@pytest.mark.parametrize(("html", "text"), SIMPLE)
def test_paragraphs_lists_and_links_become_text(blocks_of, html, text):
    assert text_of(html, blocks_of) == text


def test_headings_tables_quotations_and_details_become_blocks(blocks_of):
    html = (
        "<h3>First</h3><p>A</p><h4>Inside</h4><h2>Second</h2>"
        "<table><caption>Hours</caption><tr><th>Day<th>Open</tr>"
        "<tr><td>Monday<td>9am</tr><tr><td colspan=2>Closed</tr></table>"
        "<blockquote><p>Good.</p></blockquote>"
        "<details><summary>More</summary><p>Less</p></details>"
    )
    blocks, notes = blocks_of(html)
    assert notes == []
    columns = [{"type": "text", "heading": text} for text in ("Day", "Open")]
    rows = [{"values": ["Monday", "9am"]}, {"values": ["Closed", "Closed"]}]
    assert blocks == [
        ("heading", {"text": "First", "level": "h2"}),
        ("text", "<p>A</p>"),
        ("heading", {"text": "Inside", "level": "h3"}),
        ("heading", {"text": "Second", "level": "h2"}),
        ("table", {"columns": columns, "rows": rows, "caption": "Hours"}),
        ("quotation", {"text": "Good.", "attribution": ""}),
        ("details", {"summary": "More", "text": "<p>Less</p>"}),
    ]


def test_a_table_that_lays_out_a_page_gives_way_to_what_it_holds(blocks_of):
    html = "<table><tr><td><h2>A</h2><td><ul><li>B</ul></tr></table>"
    blocks, _ = blocks_of(html)
    assert [kind for kind, _ in blocks] == ["heading", "text"]


HOSTILE = [
    "<script>alert(1)</script>",
    "<p onclick='alert(1)'>A</p>",
    "<iframe src=https://example.com></iframe>",
    "<form action=/x><input name=a></form>",
    "<object data=x></object><embed src=x>",
    "<style>p{color:red}</style>",
    "<svg onload=alert(1)><a href='javascript:alert(1)'>A</a></svg>",
    "<a href='javascript:alert(1)'>A</a>",
    "<a href='jav&#x09;ascript:alert(1)'>A</a>",
    "<a href=' JAVASCRIPT:alert(1)'>A</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>A</a>",
    "<a href='vbscript:x'>A</a>",
    "<a data-linktype=page data-id=1 href=/nowhere>A</a>",
    "<a data-linktype=page data-id=1>A</a>",
    "<embed embedtype=image id=1/>",
    "<p data-embedtype='media' data-url='x'>A</p>",
    "<b data-embedtype='media' onclick='alert(1)'>A</b>",
    "<a href='https://example.com/\" onmouseover=\"alert(1)'>A</a>",
]


def test_what_is_not_allowed_is_left_out(blocks_of):
    for html in HOSTILE:
        for kind, value in blocks_of(html)[0]:
            assert kind == "text"
            soup = BeautifulSoup(value, "html.parser")
            for tag in soup.find_all(True):
                assert tag.name in {"p", "a"}, html
                assert tag.attrs.keys() <= {"href"}, html
            for link in soup.find_all("a"):
                assert link["href"].startswith("https://example.com/"), html


REPORTED = [
    ("<script>x</script>A", "Left out: script."),
    ("<a href='javascript:x'>A</a>", "'A': a link that no page may hold"),
    ("<a href='#top'>Top</a>", "'Top': a link to a place within the page (#top)."),
    ("<a href='/nowhere'>A</a>", "'A': a link that leads nowhere (/nowhere)."),
    ("<a href='ftp://x/y'>A</a>", "'A': a link that no page may hold"),
    ("<a href='http://[x'>A</a>", "'A': a link that is no address"),
    ("<img src=gone.png alt=''>", "A picture is missing (gone.png): there is no such"),
    (f"<h2>{'long ' * 30}</h2>", "A heading of over 120 characters became text"),
]


def test_what_is_left_out_is_reported(blocks_of):
    for html, note in REPORTED:
        assert note in " ".join(blocks_of(html)[1])


def test_boxes_nested_deeper_than_python_can_recurse_are_survived(blocks_of):
    boxes = "<div>" * (sys.getrecursionlimit() + 100)
    blocks, notes = blocks_of(f"{boxes}deep <b>down</b>")
    assert "down" in blocks[0][1]
    assert "nested too deeply" in notes[0]


def test_links_find_pages_of_the_site_and_redirects(blocks_of, section):
    page = section.add_child(instance=StandardPage(title="Here", slug="here"))
    site = Site.objects.get()
    Redirect.add_redirect("/older", page)
    Redirect.add_redirect("/out", "https://example.com/out")
    html = "<p><a href='{}'>A</a></p>"
    as_page = f'<p><a id="{page.pk}" linktype="page">A</a></p>'
    for href in (
        "/stronger-communities/here/",
        "/stronger-communities/here#part",
        f"http://{site.hostname}/stronger-communities/here/",
        "/older",
        "../older/",
    ):
        assert text_of(html.format(href), blocks_of) == as_page
    out = text_of(html.format("/out"), blocks_of)
    assert out == '<p><a href="https://example.com/out">A</a></p>'
