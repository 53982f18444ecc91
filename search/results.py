"""One page of search results, ready to show."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from wagtail.models import Page

from home.addresses import public_path
from home.listings import kind_of
from home.pages import visible_pages
from search.documents import SearchDocument
from search.index import page_index
from search.query import analyzer, fold, query_stems

PER_PAGE = 10
EXTRACT_CHARACTERS = 240
# Nobody reads further, and an offset costs as much as all results before it.
LAST_PAGE = 100
WORD = re.compile(r"\w+(?:['’‘`]\w+)*")


@dataclass(frozen=True)
class Result:
    """One page that answers a search."""

    title: str
    href: str
    kind: str
    section: str
    extract: SafeString
    updated_at: datetime | None


@dataclass(frozen=True)
class ResultPage:
    """Up to ten results, and how many there are in all."""

    query: str
    results: list[Result]
    count: int
    number: int

    @property
    def first_position(self) -> int:
        """The place of the first result on this page among all of them."""
        return (self.number - 1) * PER_PAGE + 1

    @property
    def last_number(self) -> int:
        """The number of the last page of results that can be read; at least 1."""
        return min(LAST_PAGE, max(1, -(-self.count // PER_PAGE)))


def get_results(query: str, number: int, root: Page, at: datetime) -> ResultPage:
    """Return a page of results for a cleaned query.

    The index knows only public pages; the last word is the database's all the same.
    """
    ids, count = page_index.search(
        query, at, offset=(number - 1) * PER_PAGE, limit=PER_PAGE
    )
    rows = visible_pages(at).filter(pk__in=ids, path__startswith=root.path)
    by_id = {
        row["pk"]: row
        for row in rows.values(
            "pk", "title", "path", "url_path", "content_type_id", "last_published_at"
        )
    }
    parents = {row["path"][: -Page.steplen] for row in by_id.values()}
    sections = dict(
        visible_pages(at).filter(path__in=parents).values_list("path", "title")
    )
    documents = SearchDocument.objects.in_bulk(list(by_id))
    results = [
        Result(
            title=row["title"],
            href=public_path(row["url_path"], root),
            kind=kind_of(row["content_type_id"]),
            section=sections.get(row["path"][: -Page.steplen], ""),
            extract=marked_extract(query, documents[pk]),
            updated_at=row["last_published_at"],
        )
        for pk in ids
        if (row := by_id.get(pk)) and pk in documents
    ]
    return ResultPage(query=query, results=results, count=count, number=number)


def marked_extract(query: str, document: SearchDocument) -> SafeString:
    """Return the part of a page that answers the query, escaped, its words marked."""
    text = " ".join(f"{document.summary} {document.body}".split())
    part = page_index.best_part(query, text, EXTRACT_CHARACTERS)
    # Not with the marks of Tantivy: it knows no words but those of some page's body.
    stems = set(query_stems(query))
    pieces, position = [], 0
    for word in WORD.finditer(part):
        if stems.intersection(analyzer.analyze(fold(word[0]))):
            before = part[position : word.start()]
            pieces.append(format_html("{}<mark>{}</mark>", before, word[0]))
            position = word.end()
    return format_html_join(
        "", "{}", ((piece,) for piece in [*pieces, part[position:]])
    )
