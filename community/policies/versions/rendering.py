"""The text of a published version, as lines under the headings of the page."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby

from bs4 import BeautifulSoup
from django.template.defaultfilters import date as date_filter
from django.utils.html import escape, format_html, format_html_join, linebreaks
from django.utils.timezone import localdate
from wagtail.documents import get_document_model

from community.models import PublishedVersion
from community.models.policy import PolicyStatus
from home.content.dates import unique_datetime_labels
from home.content.rich_text_links import strip_private_links
from home.content.walker import Kind, Part, lines_of, walk_body
from home.images.renditions import restricted_collections
from home.pages import visible_pages

FILE_GONE = "A document that is no longer available"
LINE = "<p>{}</p>"


class VersionText:
    """A version as it is read at a time.

    The titles of pages and files that are not public then are left out.
    """

    def __init__(self, version: PublishedVersion, now: datetime):
        self.version, self.now, self.page = version, now, version.as_page()
        self.last_seen_at = version.last_seen_at(now)
        self.restricted = restricted_collections()

    def get_lines(self) -> dict[str, list[str]]:
        """Return the lines under each heading."""
        page = self.page
        parts = {
            "Title": format_html(LINE, page.title),
            "Summary": format_html(LINE, page.summary),
            "Status": _paragraphs(self._status_lines()),
            "Consultation outcome": "".join(self._outcome()),
            "Consultation": "".join(self._consultation()),
            "Text": "".join(self._body()),
            "Documents": _paragraphs(self._documents()),
        }
        # All at once, as each look at the links asks the database.
        together = "".join(f"<section>{html}</section>" for html in parts.values())
        html = strip_private_links(together, self.now)
        sections = BeautifulSoup(html, "html.parser").find_all(
            "section", recursive=False
        )
        lines = [list(lines_of(str(section))) for section in sections]
        return dict(zip(parts, lines, strict=True))

    def _status_lines(self) -> Iterator[str]:
        page, last_day = self.page, localdate(self.last_seen_at)
        yield f"Kind: {page.get_kind_display()}"
        if page.withdrawn_on and page.withdrawn_on <= last_day:
            day = _format_date(page.withdrawn_on)
            yield f"Withdrawn on {day}. {page.withdrawn_reason}"
        if page.replaced_on and page.replaced_on <= last_day:
            visible = visible_pages(self.now).filter(pk=page.replaced_by_id)
            title = visible.values_list("title", flat=True).first()
            by = f" by {title}" if title else ""
            yield f"Replaced on {_format_date(page.replaced_on)}{by}"
        # As of now in each version, so that time alone causes no difference.
        for label, on in page.get_dates(self.now):
            yield f"{label}: {_format_date(on)}"

    def _outcome(self) -> Iterator[str]:
        page = self.page
        if page.we_did and page.is_outcome_published(self.last_seen_at):
            yield from ("<p>We asked</p>", page.we_asked)
            yield from ("<p>You said</p>", page.you_said)
            yield from ("<p>We did</p>", page.we_did)

    def _consultation(self) -> Iterator[str]:
        """Yield what the page said while this version was public.

        It says what a consultation is about before it closes, and how to respond while
        it is open.
        """
        page, published_at = self.page, self.version.published_at
        if not page.consultation_opens_at or page.outcome_published_on:
            return
        opened_at = max(page.consultation_opens_at, published_at)
        is_open = page.get_status(opened_at) == PolicyStatus.CONSULTATION_OPEN
        was_open = is_open and opened_at <= self.last_seen_at
        if was_open or page.get_status(published_at) == PolicyStatus.PROPOSED:
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
        documents = public.in_bulk([each["document"] for each in files])
        for each in files:
            document = documents.get(each["document"])
            # The page's own title for a file is as public as the file.
            yield each["title"] or document.title if document else FILE_GONE

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


def _inline(html: str) -> str:
    return html.replace("<p>", "").replace("</p>", " ").strip()


def _paragraphs(lines: Iterator[str]) -> str:
    return format_html_join("", LINE, ([line] for line in lines))


def _format_date(on: date | datetime) -> str:
    if isinstance(on, datetime):
        return unique_datetime_labels([on])[0]
    return date_filter(on, "j F Y")
