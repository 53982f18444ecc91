"""Turns the HTML of a page into the blocks that officers build pages from.

Only what our blocks and their rich text may hold comes through; the rest is left out,
and a note says so.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString
from django.db.models import Model
from django.utils.html import escape
from wagtail.admin.rich_text.converters.editor_html import EditorHTMLConverter
from wagtail.documents.models import Document
from wagtail.images.models import Image

from home.blocks import TEXT_FEATURES
from stockton_cms.operations.importer.links import LinkResolver, NotImported

# Left out with all that is in them.
DROPPED = {
    *("applet", "audio", "base", "button", "canvas", "embed", "form", "frame"),
    *("frameset", "head", "iframe", "input", "link", "math", "meta", "nav", "noscript"),
    *("object", "script", "select", "style", "svg", "template", "textarea", "video"),
}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
LISTS = {"ul", "ol"}
# What begins on a line of its own, besides lists.
APART = HEADINGS | {
    *("address", "article", "aside", "blockquote", "body", "center", "dd", "details"),
    *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "header", "hr"),
    *("html", "img", "main", "p", "pre", "section", "summary", "table", "tbody", "td"),
    *("th", "thead", "tr"),
}
NOT_INLINE = APART | LISTS | {"li"}
# Tags that HTML lets authors leave open: each ends those that cannot contain it.
ENDS = {
    "li": {"li", "p"},
    "td": {"td", "th", "p"},
    "th": {"td", "th", "p"},
    "tr": {"tr", "td", "th", "p"},
}
NOT_WORDS = HEADINGS | {"img", "table", "blockquote", "details"}
MAX_HEADING_LENGTH = 120
# Of a paragraph, where another begins.
END = "</p><p>"


class Body:
    """The blocks of a page, as a StreamField stores them, and what is odd.

    `base` is the address that the page had. Pictures and documents have the id 0 unless
    it `stores` them.
    """

    # The same rules as the editor's own for what rich text may hold.
    whitelister = EditorHTMLConverter(TEXT_FEATURES).whitelister

    def __init__(self, html: str, base: str, links: LinkResolver, stores: bool = False):
        self.base = base
        self.links = links
        self.stores = stores
        self.blocks: list[dict[str, Any]] = []
        self.notes: list[str] = []
        # Of its files, which decide with its words whether it has changed.
        self.digests: list[str] = []
        # What the next block of text will hold, in a paragraph that is open.
        self._html: list[str] = []
        soup = BeautifulSoup(html, "html.parser")
        self._drop(soup)
        for tag in soup.find_all(list(ENDS)):
            while tag.parent.name in ENDS[tag.name]:
                tag.parent.insert_after(tag)
        try:
            self._walk(soup)
            self._end_text()
        except RecursionError:
            text = " ".join(soup.get_text(" ").split())
            self.blocks = [{"type": "text", "value": f"<p>{escape(text)}</p>"}]
            self.notes.append("It is nested too deeply: only its text was imported.")

    def _drop(self, soup: BeautifulSoup) -> None:
        names = set()
        for tag in soup.find_all(DROPPED):
            if not tag.decomposed:
                names.add(tag.name)
                tag.decompose()
        for text in soup.find_all(string=True):
            # Comments and the like are no words.
            if isinstance(text, PreformattedString):
                text.extract()
        if names:
            self.notes.append(f"Left out: {', '.join(sorted(names))}.")

    def _add(self, name: str, value: Any) -> None:
        self._end_text()
        self.blocks.append({"type": name, "value": value})

    def _end_text(self) -> None:
        soup = BeautifulSoup(f"<p>{''.join(self._html)}</p>", "html.parser")
        self._html = []
        for tag in soup.find_all(["p", "li", *LISTS]):
            if not tag.decomposed and not _text(tag):
                tag.decompose()
        for link in soup.find_all("a"):
            self._link(link)
        self.whitelister.clean_node(soup, soup)
        html = re.sub(r"\s+", " ", soup.decode(formatter=escape))
        if html := re.sub(r" ?(</?(?:p|ul|ol|li)>) ?", r"\1", html).strip():
            self.blocks.append({"type": "text", "value": html})

    def _walk(self, parent: Tag) -> None:
        for node in list(parent.children):
            if not isinstance(node, Tag):
                self._html.append(escape(node))
            elif add := self._block_for(node):
                add(node)
            elif node.name in NOT_INLINE:
                self._html.append(END)
                self._walk(node)
                self._html.append(END)
            elif node.find(NOT_INLINE):
                # Such as a link around a picture.
                if node.name == "a" and node.get("href"):
                    self.notes.append("A link around a picture or a box was left out.")
                self._walk(node)
            else:
                self._html.append(str(node))

    def _block_for(self, node: Tag) -> Callable[[Tag], None] | None:
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

    def _link(self, node: Tag) -> None:
        text, href = _text(node), str(node.get("href", ""))
        try:
            target = self.links.target(href, self.base) if text and href else None
            if isinstance(target, Path):
                pk = self._upload(Document, target, title=text)
                node.attrs = {"data-linktype": "document", "data-id": str(pk)}
            elif isinstance(target, int):
                node.attrs = {"data-linktype": "page", "data-id": str(target)}
            elif target:
                node.attrs = {"href": target}
            else:
                node.unwrap()
        except NotImported as error:
            self.notes.append(f"'{text[:60]}': {error} ({href[:100]}).")
            node.unwrap()

    def _upload(self, model: type[Model], path: Path, **values: str) -> int:
        digest, pk = self.links.upload(model, path, self.stores, **values)
        self.digests.append(digest)
        return pk

    def _heading(self, node: Tag) -> None:
        text = _text(node)
        for image in node.find_all("img"):
            self._image(image)
        if len(text) > MAX_HEADING_LENGTH:
            self.notes.append(
                f"A heading of over 120 characters became text: {text[:40]}…"
            )
            self._html.append(f"{END}<b>{escape(text)}</b>{END}")
        elif text:
            has_section = any(block["type"] == "heading" for block in self.blocks)
            level = "h2" if node.name in {"h1", "h2"} or not has_section else "h3"
            self._add("heading", {"text": text, "level": level})

    def _image(self, node: Tag) -> None:
        source, alt = str(node.get("src") or ""), node.get("alt")
        text = " ".join(str(alt or "").split())
        try:
            if not source or source.startswith("//") or ":" in source.split("/")[0]:
                raise NotImported("it is not a file of the folder")
            path = self.links.file(source, self.base)
            pk = self._upload(Image, path, title=path.stem, description=text)
        except NotImported as error:
            self.notes.append(f"A picture is missing ({source[:100]}): {error}.")
            return
        if alt is None:
            self.notes.append(f"A picture has no alternative text ({source[:100]}).")
        is_decorative = alt is not None and not text
        value = {"image": pk, "alt_text": text[:255], "decorative": is_decorative}
        self._add("image", value)

    def _list(self, node: Tag) -> None:
        """Add a list with the lists in it; loose words become items of their own."""
        pictures = [image.extract() for image in node.find_all("img")]
        for tag in node.find_all(list(APART)):
            tag.insert_before(" ")
            tag.insert_after(" ")
            tag.unwrap()
        for items in [node, *node.find_all(list(LISTS))]:
            for item in list(items.children):
                if not isinstance(item, Tag) or item.name not in LISTS | {"li"}:
                    item.wrap(Tag(name="li"))
                elif item.name == "li":
                    for below in item.find_all(list(LISTS), recursive=False):
                        item.append(below)
        self._html.append(f"</p>{node}<p>")
        for picture in pictures:
            self._image(picture)

    def _table(self, node: Tag) -> None:
        rows = [
            [_text(cell) for cell in row.find_all(["td", "th"]) for _ in _span(cell)]
            for row in node.find_all("tr")
        ]
        has_headings = node.find("thead") or not node.find("tr").find("td")
        headings = rows.pop(0) if has_headings else []
        width = max(map(len, [headings, *rows]))
        for row in (headings, *rows):
            row += [""] * (width - len(row))
        if node.find("a"):
            self.notes.append("Links in a table became plain text.")
        caption = node.find("caption")
        value = {
            "columns": [{"type": "text", "heading": heading} for heading in headings],
            "rows": [{"values": row} for row in rows],
            "caption": _text(caption)[:255] if caption else "",
        }
        self._add("table", value)

    def _details(self, node: Tag) -> None:
        summary = node.find("summary")
        text = _text(summary.extract())[:120] if summary else ""
        inner = Body(node.decode_contents(), self.base, self.links, self.stores)
        self.notes += inner.notes
        self.digests += inner.digests
        html = "".join(b["value"] for b in inner.blocks if b["type"] == "text")
        if html:
            self._add("details", {"summary": text or "More", "text": html})

    def _quotation(self, node: Tag) -> None:
        if text := _text(node):
            self._add("quotation", {"text": text, "attribution": ""})


def _text(node: Tag) -> str:
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
