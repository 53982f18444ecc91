"""Turns the HTML of a page into the blocks that officers build pages from.

Only what our blocks and their rich text may hold comes through; the rest is left out,
and a note says so.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString
from django.utils.html import escape
from wagtail.admin.rich_text.converters.editor_html import EditorHTMLConverter

from home.blocks import TEXT_FEATURES
from stockton_cms.operations.importer.files import FileError
from stockton_cms.operations.importer.links import LinkResolver

# Left out with all that is in them.
DROPPED = frozenset(
    re.findall(
        r"\w+",
        "applet audio base button canvas embed form frame frameset head iframe input "
        "link math meta nav noscript object script select style svg template textarea "
        "video",
    )
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
LISTS = frozenset({"ul", "ol"})
# What begins on a line of its own.
APART = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body center dd details div dl dt fieldset "
        "figcaption figure footer header hr html main p pre section summary table "
        "tbody td th thead tr",
    )
)
NOT_INLINE = APART | HEADINGS | LISTS | {"img", "li"}
# Tags that HTML lets authors leave open: each ends those that cannot contain it.
ENDS = {
    "li": {"li", "p"},
    "td": {"td", "th", "p"},
    "th": {"td", "th", "p"},
    "tr": {"tr", "td", "th", "p"},
}
NOT_WORDS = HEADINGS | {"img", "table", "blockquote", "details"}
MAX_HEADING_LENGTH = 120

Block = dict[str, Any]


@dataclass
class Body:
    """The blocks of a page, as a StreamField stores them, and what is odd."""

    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # What the page holds besides its words; decides with them whether it has changed.
    digests: list[str] = field(default_factory=list)
    has_open_links: bool = False


def convert(html: str, base: str, links: LinkResolver, stores: bool) -> Body:
    """Return the blocks of a page's HTML.

    `base` is the address that the page had. Only with `stores` are pictures and
    documents stored; their ids are 0 otherwise.
    """
    soup = BeautifulSoup(html, "html.parser")
    body = Body()
    _drop(soup, body)
    for tag in soup.find_all(list(ENDS)):
        while tag.parent.name in ENDS[tag.name]:
            tag.parent.insert_after(tag)
    try:
        Converter(body, base, links, stores).convert(soup)
    except RecursionError:
        text = " ".join(soup.get_text(" ").split())
        body.blocks = [{"type": "text", "value": f"<p>{escape(text)}</p>"}]
        body.notes.append("It is nested too deeply: only its text was imported.")
    return body


def _drop(soup: BeautifulSoup, body: Body) -> None:
    """Take out what no page may hold."""
    names = set()
    for tag in soup.find_all(True):
        if tag.decomposed:
            continue
        if tag.name in DROPPED:
            names.add(tag.name)
            tag.decompose()
        elif any(name.lower().startswith("on") for name in tag.attrs):
            names.add("on… attribute")
    if names:
        body.notes.append(f"Left out: {', '.join(sorted(names))}.")


class Converter:
    """Walks through the HTML of one page."""

    # The same rules as the editor's own for what rich text may hold.
    whitelister = EditorHTMLConverter(TEXT_FEATURES)

    def __init__(self, body: Body, base: str, links: LinkResolver, stores: bool):
        self.body = body
        self.base = base
        self.links = links
        self.stores = stores
        self._words: list[str] = []
        self._paragraphs: list[str] = []

    def convert(self, soup: BeautifulSoup) -> None:
        """Add the blocks of a whole page."""
        self._walk(soup)
        self._end_text()

    def _note(self, text: str) -> None:
        if text not in self.body.notes:
            self.body.notes.append(text)

    def _add(self, name: str, value: Any) -> None:
        self._end_text()
        self.body.blocks.append({"type": name, "value": value})

    def _end_paragraph(self) -> None:
        html = "".join(self._words).strip()
        self._words = []
        if BeautifulSoup(html, "html.parser").get_text(strip=True) if html else "":
            self._paragraphs.append(f"<p>{html}</p>")

    def _end_text(self) -> None:
        self._end_paragraph()
        if self._paragraphs:
            html = self.whitelister.to_database_format("".join(self._paragraphs))
            self._paragraphs = []
            self.body.blocks.append({"type": "text", "value": html})

    def _walk(self, parent: Tag) -> None:
        for node in parent.children:
            if not isinstance(node, Tag):
                self._words.append(_string(node))
            elif add := self._block_for(node):
                add(node)
            elif node.name in NOT_INLINE:
                self._end_paragraph()
                self._walk(node)
                self._end_paragraph()
            elif node.find(NOT_INLINE):
                # Such as a link around a picture.
                if node.name == "a" and node.get("href"):
                    self._note("A link around a picture or a box was left out.")
                self._walk(node)
            else:
                self._words.append(self._inline(node))

    def _block_for(self, node: Tag) -> Callable[[Tag], None] | None:
        """Return what makes a block of its own of a tag."""
        if node.name in HEADINGS:
            return self._heading
        if node.name in LISTS:
            return self._list
        if node.name == "table" and _is_of_facts(node):
            return self._table
        has_text_only = not node.find(NOT_WORDS)
        if node.name == "details" and has_text_only:
            return self._details
        if node.name == "blockquote" and has_text_only:
            return self._quotation if not node.find(LISTS | {"a"}) else None
        return self._image if node.name == "img" else None

    def _inline(self, node) -> str:
        """Return words, bold words and links; other tags give way to their words."""
        if not isinstance(node, Tag):
            return _string(node)
        if node.name == "br":
            return "<br/>"
        html = "".join(self._inline(child) for child in node.children)
        if node.name in NOT_INLINE:
            return f" {html} "
        if node.name in {"b", "strong"} and html.strip():
            return f"<b>{html}</b>"
        if node.name == "a" and node.get("href") and html.strip():
            return self._link(node, html)
        return html

    def _link(self, node: Tag, html: str) -> str:
        text = " ".join(node.get_text(" ").split())
        target = self.links.target(str(node["href"]), self.base, text, self.stores)
        if target.problem:
            self._note(f"'{text[:60]}': {target.problem}.")
            return html
        self.body.has_open_links |= target.is_open
        if target.digest:
            self.body.digests.append(target.digest)
            attributes = f'data-linktype="document" data-id="{target.document_id}"'
        elif target.page_id:
            attributes = f'data-linktype="page" data-id="{target.page_id}"'
        else:
            attributes = f'href="{escape(target.href)}"'
        return f"<a {attributes}>{html}</a>"

    def _heading(self, node: Tag) -> None:
        text = " ".join(node.get_text(" ").split())
        for image in node.find_all("img"):
            self._image(image)
        if len(text) > MAX_HEADING_LENGTH:
            self._note(f"A heading of over 120 characters became text: {text[:40]}…")
            self._end_paragraph()
            self._words.append(f"<b>{escape(text)}</b>")
            self._end_paragraph()
        elif text:
            has_section = any(block["type"] == "heading" for block in self.body.blocks)
            level = "h2" if node.name in {"h1", "h2"} or not has_section else "h3"
            self._add("heading", {"text": text, "level": level})

    def _image(self, node: Tag) -> None:
        source, alt = str(node.get("src") or ""), node.get("alt")
        alt = " ".join(str(alt).split()) if alt is not None else None
        if not source or _is_elsewhere(source):
            problem = "it is not a file of the folder" if source else "it has no file"
            self._note(f"A picture is missing ({source[:100]}): {problem}.")
            return
        try:
            path = self.links.library.find(source, self.base)
            if path is None:
                raise FileError("there is no such file")
            digest, pk = self.links.library.image(path, alt or "", self.stores)
        except FileError as error:
            self._note(f"A picture is missing ({source[:100]}): {error}.")
            return
        if alt is None:
            self._note(f"A picture has no alternative text ({source[:100]}).")
        self.body.digests.append(digest)
        value = {"image": pk, "alt_text": (alt or "")[:255], "decorative": alt == ""}
        self._add("image", value)

    def _list(self, node: Tag) -> None:
        self._end_paragraph()
        if node.get_text(strip=True):
            self._paragraphs.append(self._items(node))
        for image in node.find_all("img"):
            self._image(image)

    def _items(self, node: Tag) -> str:
        """Return a list with the lists in it; loose words become items of their own."""
        items = []
        for child in node.children:
            if isinstance(child, Tag) and child.name in LISTS:
                items.append(self._items(child))
                continue
            parts, below = [], []
            for part in child.children if _is(child, "li") else [child]:
                (below if _is(part, *LISTS) else parts).append(part)
            words = " ".join("".join(map(self._inline, parts)).split())
            inner = "".join(map(self._items, below))
            if words or inner:
                items.append(f"<li>{words}{inner}</li>")
        return f"<{node.name}>{''.join(items)}</{node.name}>"

    def _table(self, node: Tag) -> None:
        rows = [
            [_cell(cell) for cell in row.find_all(["td", "th"]) for _ in _span(cell)]
            for row in node.find_all("tr")
        ]
        first = node.find("tr")
        has_headings = bool(node.find("thead") or not first.find("td"))
        headings = rows.pop(0) if has_headings else []
        width = max(map(len, [headings, *rows]))
        if node.find("a"):
            self._note("Links in a table became plain text.")
        caption = node.find("caption")
        columns = [
            {"type": "text", "heading": heading}
            for heading in headings + [""] * (width - len(headings))
        ]
        filled = [{"values": row + [""] * (width - len(row))} for row in rows]
        self._add(
            "table",
            {
                "columns": columns,
                "rows": filled,
                "caption": _cell(caption)[:255] if caption else "",
            },
        )

    def _details(self, node: Tag) -> None:
        summary = node.find("summary")
        text = _cell(summary)[:120] if summary else ""
        if summary:
            summary.decompose()
        inner = Body()
        Converter(inner, self.base, self.links, self.stores).convert(node)
        self.body.notes += inner.notes
        self.body.digests += inner.digests
        self.body.has_open_links |= inner.has_open_links
        html = "".join(b["value"] for b in inner.blocks if b["type"] == "text")
        if html:
            self._add("details", {"summary": text or "More", "text": html})

    def _quotation(self, node: Tag) -> None:
        if text := _cell(node):
            self._add("quotation", {"text": text, "attribution": ""})


def _is_elsewhere(source: str) -> bool:
    """Say whether an address names a place outside the folder."""
    return source.startswith("//") or ":" in source.split("/", 1)[0]


def _is(node, *names: str) -> bool:
    return isinstance(node, Tag) and node.name in names


def _string(node) -> str:
    # Comments and the like are no words.
    if isinstance(node, PreformattedString):
        return ""
    return escape(str(node).replace("\xa0", " "))


def _cell(node: Tag) -> str:
    return " ".join(node.get_text(" ").split())


def _span(cell: Tag) -> range:
    """Return one step for each column that a cell takes."""
    text = str(cell.get("colspan", ""))
    return range(min(max(int(text), 1), 50) if re.fullmatch("[0-9]{1,3}", text) else 1)


def _is_of_facts(table: Tag) -> bool:
    """Say whether a table holds words in rows, rather than laying out a page."""
    if table.find(["table", "img", *HEADINGS, *LISTS]):
        return False
    return any(len(row.find_all(["td", "th"])) > 1 for row in table.find_all("tr"))
