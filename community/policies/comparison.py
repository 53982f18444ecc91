"""What a published version said, line by line, and how two versions differ."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from difflib import SequenceMatcher
from itertools import groupby, zip_longest

from bs4 import BeautifulSoup
from django.template.defaultfilters import date as date_filter
from django.utils.html import escape, format_html, linebreaks
from django.utils.timezone import localdate
from wagtail.documents import get_document_model

from community.models import PublishedVersion
from community.models.policies import PolicyStatus
from home.content.dates import unique_datetime_labels
from home.content.link_blocks import strip_private_links
from home.content.walker import Kind, Part, lines_of, walk_body
from home.images.renditions import restricted_collections
from home.pages import visible_pages

FILE_GONE = "A document that is no longer available"
# Lines with less in common are shown whole, as a word diff would be unreadable.
MIN_SIMILARITY = 0.3
# Longer lines are shown whole, which is quick.
MAX_TOKENS = 4_000
# A space, a word, number or address, or any other character.
TOKENS = re.compile(r"\s+|\w(?:[\w.,@:/%+'’-]*\w)?|\S")


def compare_versions(
    earlier: PublishedVersion, later: PublishedVersion, now: datetime
) -> list[tuple[str, list[dict]]]:
    """Return the hunks under each heading of the page, from `diff_texts`."""
    before, after = (VersionText(each, now).get_lines() for each in (earlier, later))
    return [
        (heading, diff_texts(before[heading], after[heading]))
        for heading in before
        if before[heading] or after[heading]
    ]


def diff_texts(before: list[str], after: list[str]) -> list[dict]:
    """Compare texts by line and word.

    A hunk has `same`, lines that are in both, or `lines`, pairs of which one side may
    be empty; a side is a list of texts, each with whether the other side lacks it.
    """
    hunks = []
    # It starts no match at what is very frequent, so that it never takes long.
    matcher = SequenceMatcher(None, before, after)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        old, new = before[start:end], after[other_start:other_end]
        if tag == "equal":
            hunks.append({"same": old})
        else:
            pairs = zip_longest(old, new, fillvalue="")
            lines = [line for pair in pairs for line in _diff_line(*pair)]
            hunks.append({"lines": lines})
    return hunks


def _diff_line(old: str, new: str) -> Iterator[dict]:
    """Compare two lines word by word; apart if they are too different."""
    tokens, other_tokens = TOKENS.findall(old), TOKENS.findall(new)
    matcher = SequenceMatcher(str.isspace, tokens, other_tokens)
    is_long = len(tokens) + len(other_tokens) > MAX_TOKENS
    if is_long or matcher.ratio() < MIN_SIMILARITY:
        if old:
            yield {"before": [(old, True)], "after": []}
        if new:
            yield {"before": [], "after": [(new, True)]}
        return
    line = {"before": [], "after": []}
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if start < end:
            line["before"].append(("".join(tokens[start:end]), tag != "equal"))
        if other_start < other_end:
            text = "".join(other_tokens[other_start:other_end])
            line["after"].append((text, tag != "equal"))
    yield line


class VersionText:
    """A version as it is read at a time, without titles that are not public then."""

    def __init__(self, version: PublishedVersion, now: datetime):
        self.version, self.now, self.page = version, now, version.as_page()
        self.last_seen_at = version.ended_at or now
        self.restricted = restricted_collections()

    def get_lines(self) -> dict[str, list[str]]:
        page = self.page
        parts = {
            "Title": _paragraphs([page.title]),
            "Summary": _paragraphs([page.summary]),
            "Status": _paragraphs(self._status_lines()),
            "Consultation outcome": "".join(self._outcome()),
            "Consultation": _paragraphs(self._consultation()),
            "Text": "".join(self._body()),
            "Documents": _paragraphs(self._documents()),
        }
        # All at once, as each look at the links asks the database.
        together = "".join(f"<section>{html}</section>" for html in parts.values())
        html = strip_private_links(together, self.now)
        soup = BeautifulSoup(html, "html.parser")
        sections = soup.find_all("section", recursive=False)
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
        """Yield what it is about before it closes; how to respond while it is open."""
        page, published_at = self.page, self.version.published_at
        if not page.consultation_opens_at or page.outcome_published_on:
            return
        opened_at = max(page.consultation_opens_at, published_at)
        is_open = page.get_status(opened_at) == PolicyStatus.CONSULTATION_OPEN
        was_open = is_open and opened_at <= self.last_seen_at
        if was_open or page.get_status(published_at) == PolicyStatus.PROPOSED:
            yield page.consultation_purpose
        if was_open:
            for label, way in (
                ("Respond online", page.respond_url),
                ("Email", page.respond_email),
                ("Other ways to respond", page.respond_address),
            ):
                if way:
                    yield f"{label}: {way}"

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
                yield f"<p>{' | '.join(map(_inline, texts))}</p>"
            else:
                yield from texts

    def _part(self, part: Part) -> str:
        if part.kind is Kind.IMAGE:
            return ""
        if part.kind is Kind.DOCUMENT:
            is_public = part.value.collection_id not in self.restricted
            return _paragraphs([part.value.title if is_public else FILE_GONE])
        if part.kind is Kind.LINK and part.link and part.link.page_id:
            html = '<p><a linktype="page" id="{}">{}</a></p>'
            return format_html(html, part.link.page_id, part.text)
        if part.kind is Kind.LINK:
            address = part.link.address if part.link else ""
            return _paragraphs([f"{part.text} ({address})"])
        return part.html or _paragraphs([part.text])


def _inline(html: str) -> str:
    return html.replace("<p>", "").replace("</p>", " ").strip()


def _paragraphs(texts: Iterable[str]) -> str:
    return "".join(linebreaks(escape(text)) for text in texts)


def _format_date(on: date | datetime) -> str:
    if isinstance(on, datetime):
        return unique_datetime_labels([on])[0]
    return date_filter(on, "j F Y")
