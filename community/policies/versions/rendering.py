"""The text of a published version, as lines under the headings of the page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from bs4 import BeautifulSoup
from django.template.defaultfilters import date as date_filter
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join, linebreaks
from wagtail.documents import get_document_model

from community.models import PublishedVersion
from community.models.policy import STATUS_DATES, PolicyStatus
from home.content.rich_text_links import strip_private_links
from home.content.walker import Kind, Part, lines_of, walk_body
from home.content_version.counter import start_of_day
from home.images.private_collections import restricted_collections
from home.pages import visible_pages

FILE_GONE = "A document that is no longer available"
HEADINGS = {
    "title": "Title",
    "summary": "Summary",
    "status": "Status",
    "outcome": "Consultation outcome",
    "consultation": "Consultation",
    "body": "Text",
    "documents": "Documents",
}
LINE = "<p>{}</p>"


@dataclass
class VersionText:
    """A version, the time it is read at, and what is public then."""

    version: PublishedVersion
    now: datetime
    # The ids of private collections.
    restricted: set[int]

    def __post_init__(self):
        self.page = self.version.as_page()
        self.last_seen_at = self.version.last_seen_at(self.now)
        self.statuses = self._statuses()

    def _statuses(self) -> set[PolicyStatus]:
        """Return the statuses the policy had while this version was public.

        The page shows some texts only in some statuses.
        """
        begin, end = self.version.published_at, self.last_seen_at
        dates = filter(None, (getattr(self.page, name) for name in STATUS_DATES))
        turns = (
            each if isinstance(each, datetime) else start_of_day(each) for each in dates
        )
        within = [each for each in turns if begin <= each <= end]
        return {self.page.get_status(each) for each in (begin, *within, end)}

    def get_html(self) -> dict[str, str]:
        """Return each part as HTML that only `get_lines` reads."""
        page = self.page
        return {
            "title": format_html(LINE, page.title),
            "summary": format_html(LINE, page.summary),
            "status": _paragraphs(self._status_lines()),
            "outcome": "".join(self._outcome()),
            "consultation": "".join(self._consultation()),
            "body": "".join(self._body()),
            "documents": _paragraphs(self._documents()),
        }

    def _status_lines(self) -> Iterator[str]:
        page = self.page
        yield f"Kind: {page.get_kind_display()}"
        if PolicyStatus.WITHDRAWN in self.statuses:
            day = _format_date(page.withdrawn_on)
            yield f"Withdrawn on {day}. {page.withdrawn_reason}"
        if PolicyStatus.REPLACED in self.statuses:
            yield f"Replaced on {_format_date(page.replaced_on)}{self._replacement()}"
        # As of now in each version, so that time alone causes no difference.
        for label, on in page.get_dates(self.now):
            yield f"{label}: {_format_date(on)}"

    def _replacement(self) -> str:
        visible = visible_pages(self.now).filter(pk=self.page.replaced_by_id)
        title = visible.values_list("title", flat=True).first()
        return f" by {title}" if title else ""

    def _outcome(self) -> Iterator[str]:
        page = self.page
        if page.we_did and page.is_outcome_published(self.last_seen_at):
            yield from ("<p>We asked</p>", page.we_asked)
            yield from ("<p>You said</p>", page.you_said)
            yield from ("<p>We did</p>", page.we_did)

    def _consultation(self) -> Iterator[str]:
        page, was_open = self.page, PolicyStatus.CONSULTATION_OPEN in self.statuses
        if not page.consultation_closes_at or page.outcome_published_on:
            return
        if was_open or PolicyStatus.PROPOSED in self.statuses:
            yield linebreaks(escape(page.consultation_purpose))
        if was_open:
            for label, way in (
                ("Respond online", page.respond_url),
                ("Email", page.respond_email),
                ("Other ways to respond", page.respond_address),
            ):
                if way:
                    yield linebreaks(escape(f"{label}: {way}"))

    def _documents(self) -> Iterator[str]:
        files = self.version.content["documents"]
        public = get_document_model().objects.exclude(collection__in=self.restricted)
        titles = dict(
            public.filter(pk__in=[each["document"] for each in files]).values_list(
                "pk", "title"
            )
        )
        for each in files:
            title = titles.get(each["document"])
            # The page's own title for a file is as public as the file.
            yield FILE_GONE if title is None else each["title"] or title

    def _body(self) -> Iterator[str]:
        """Yield a line for each row of a table, as a cell means nothing on its own."""
        for row, parts in groupby(walk_body(self.page.body), lambda part: part.row):
            texts = map(self._part, parts)
            if row:
                yield "<p>{}</p>".format(" | ".join(map(_inline, texts)))
            else:
                yield from texts

    def _part(self, part: Part) -> str:
        if part.kind is Kind.IMAGE:
            alt_text = "" if part.value.decorative else part.value.contextual_alt_text
            return format_html(LINE, f"Image: {alt_text}") if alt_text else ""
        if part.kind is Kind.DOCUMENT:
            is_public = part.value.collection_id not in self.restricted
            return format_html(LINE, part.value.title if is_public else FILE_GONE)
        if part.kind is Kind.LINK and part.link and part.link.page_id:
            html = '<p><a linktype="page" id="{}">{}</a></p>'
            return format_html(html, part.link.page_id, part.text)
        if part.kind is Kind.LINK:
            address = part.link.address if part.link else ""
            return format_html(LINE, f"{part.text} ({address})")
        return part.html or linebreaks(escape(part.text))


def get_lines(
    versions: list[PublishedVersion], now: datetime
) -> list[dict[str, list[str]]]:
    """Return the lines of each version by part.

    The titles of pages and files that are not public now are left out.
    """
    restricted = restricted_collections()
    texts = [VersionText(each, now, restricted) for each in versions]
    return [_lines_of_parts(text.get_html(), now) for text in texts]


def _lines_of_parts(parts: dict[str, str], now: datetime) -> dict[str, list[str]]:
    # All at once, as each look at the links asks the database.
    together = "".join(f"<section>{html}</section>" for html in parts.values())
    soup = BeautifulSoup(strip_private_links(together, now), "html.parser")
    sections = soup.find_all("section", recursive=False)
    return {
        name: list(lines_of(str(section)))
        for name, section in zip(parts, sections, strict=True)
    }


def _inline(html: str) -> str:
    return html.replace("<p>", "").replace("</p>", " ").strip()


def _paragraphs(lines: Iterator[str]) -> str:
    return format_html_join("", LINE, ([line] for line in lines))


def _format_date(on: date | datetime) -> str:
    if isinstance(on, datetime):
        at = timezone.localtime(on)
        return f"{date_filter(at, 'j F Y')}, {date_filter(at, 'fA').lower()}"
    return date_filter(on, "j F Y")
