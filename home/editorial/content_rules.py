"""The content rules (P12): each is a function that yields what breaks it, and where.

Pages are checked by a changed rule when they are next published, or all of them by
`manage.py recheck_pages`.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import NamedTuple

from django.db import Error, models
from django.utils.text import Truncator
from wagtail.models import Page

from home.content.dates import days_after
from home.content.walker import Kind, walk
from home.editorial.dated_statements import find_dated_statements, split_sentences

logger = logging.getLogger(__name__)

TEXT_LENGTH = 200
MAX_OF_A_RULE = 20
MAX_SENTENCE_WORDS = 30
# Readability cannot be estimated from fewer words.
MIN_WORDS = 100
MAX_READING_AGE = 15
MIN_WORDS_BESIDE_FILES = 40

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
VOWELS = re.compile(r"[aeiouy]+")
FILE_ADDRESS = re.compile(r"\.(?:pdf|docx?|odt)(?:[?#]|$)", re.I)
# Looked for where a name begins only, or a long one would be read once for each letter.
BARE_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w-])(?<![\w-]\.)[\w-]+(?:\.[\w-]+)+/\S*", re.I
)
# WCAG 2.4.4 and the GOV.UK style guide: link text makes sense on its own.
VAGUE_LINK_TEXT = re.compile(
    r"click(?: here| this link)?|continue|details|download|follow this link|go|here"
    r"|info|(?:find out |learn |read |see |view )?more|link|open|page|see here"
    r"|(?:more|further) (?:details|info|information)"
    r"|this(?: link| page| site| website)?|view|(?:visit )?website"
)


class Rule(models.TextChoices):
    PASSED_DATE = "passed-date", "Date has passed"
    LINK_TEXT = "link-text", "Link text is not descriptive"
    NO_SUMMARY = "no-summary", "Summary is missing"
    ONLY_FILES = "only-files", "Information is only in documents"
    MISSING_ALT_TEXT = "alt-text", "Image has no alt text"
    EMPTY_HEADING = "empty-heading", "Heading is empty"
    HEADING_ORDER = "heading-order", "Heading skips a level"
    LONG_SENTENCE = "long-sentence", "Sentence is too long"
    READING_AGE = "reading-age", "Text is hard to read"

    @property
    def advice(self) -> str:
        return ADVICE[self]


ADVICE = {
    Rule.PASSED_DATE: "Update this sentence, or remove it.",
    Rule.LINK_TEXT: "Say where the link goes. For example, 'Apply for a grant' instead "
    "of 'click here' or a web address.",
    Rule.NO_SUMMARY: "Say what the page is for in one or two sentences. The summary "
    "appears in search results and on cards.",
    Rule.ONLY_FILES: "Put the most important information on the page itself. Many "
    "people cannot open documents on a phone or with a screen reader.",
    Rule.MISSING_ALT_TEXT: "Describe the image for people who cannot see it, or mark "
    "it as decorative.",
    Rule.EMPTY_HEADING: "Enter a heading, or delete this block.",
    Rule.HEADING_ORDER: "Change this to a section heading, or add one before it.",
    Rule.LONG_SENTENCE: "Split this sentence. It has more than "
    f"{MAX_SENTENCE_WORDS} words.",
    Rule.READING_AGE: "Use shorter sentences and everyday words.",
}


@dataclass(frozen=True)
class FoundIssue:
    """What breaks a rule, where in the editor, and from which day."""

    rule: Rule
    text: str = ""
    place: str = ""
    shown_from: date | None = None


class Line(NamedTuple):
    text: str
    place: str
    # Whole sentences, not labels and quotations.
    is_prose: bool = False


class PageText:
    def __init__(self, page: Page, published_on: date):
        self.page, self.published_on = page, published_on
        self.parts = list(walk(page))
        summary = getattr(page, "summary", "")
        self.lines = [Line(summary, "summary")] if summary else []
        self.lines += [
            Line(line, part.place, is_prose=part.kind is Kind.RICH_TEXT)
            for part in self.parts
            if part.kind is not Kind.HEADING
            for line in part.lines
        ]
        self.links = [(link, part.place) for part in self.parts for link in part.links]


def passed_dates(text: PageText) -> Iterator[FoundIssue]:
    for line in text.lines:
        for sentence, last_on in find_dated_statements(line.text, text.published_on):
            day = days_after(last_on, 1)
            yield FoundIssue(Rule.PASSED_DATE, sentence, line.place, day)


def link_texts(text: PageText) -> Iterator[FoundIssue]:
    for link, place in text.links:
        label = link.text.strip(" .!…:»>→").lower()
        is_vague = not label or VAGUE_LINK_TEXT.fullmatch(label)
        if is_vague or BARE_ADDRESS.fullmatch(label):
            yield FoundIssue(Rule.LINK_TEXT, link.text or link.address, place)


def no_summary(text: PageText) -> Iterator[FoundIssue]:
    if not getattr(text.page, "summary", "-").strip():
        yield FoundIssue(Rule.NO_SUMMARY, place="summary")


def only_files(text: PageText) -> Iterator[FoundIssue]:
    files = [
        (link.text, place)
        for link, place in text.links
        if link.document_id or FILE_ADDRESS.search(link.address)
    ]
    count = sum(len(WORD.findall(line.text)) for line in text.lines)
    count -= sum(len(WORD.findall(label)) for label, _ in files)
    if files and count < MIN_WORDS_BESIDE_FILES:
        yield FoundIssue(Rule.ONLY_FILES, *files[0])


def images_without_alt_text(text: PageText) -> Iterator[FoundIssue]:
    # WCAG 1.1.1. The image at the top of the page is decorative without a description.
    for part in text.parts:
        image = part.value if part.kind is Kind.IMAGE else None
        if image and not (image.decorative or image.contextual_alt_text):
            yield FoundIssue(Rule.MISSING_ALT_TEXT, image.title, part.place)


def headings(text: PageText) -> Iterator[FoundIssue]:
    # WCAG 1.3.1.
    level = 1
    for heading in (part for part in text.parts if part.kind is Kind.HEADING):
        if not heading.text.strip():
            yield FoundIssue(Rule.EMPTY_HEADING, place=heading.place)
        elif heading.level > level + 1:
            yield FoundIssue(Rule.HEADING_ORDER, heading.text, heading.place)
        level = heading.level


def long_sentences(text: PageText) -> Iterator[FoundIssue]:
    for line in text.lines:
        for sentence in split_sentences(line.text) if line.is_prose else ():
            if len(WORD.findall(sentence)) > MAX_SENTENCE_WORDS:
                yield FoundIssue(Rule.LONG_SENTENCE, sentence, line.place)


def hard_reading(text: PageText) -> Iterator[FoundIssue]:
    """Estimate the reading age (Flesch-Kincaid grade level, 1975)."""
    lines = [line.text for line in text.lines if line.is_prose]
    words = [word.lower() for line in lines for word in WORD.findall(line)]
    if len(words) < MIN_WORDS:
        return
    sentences = sum(len(split_sentences(line)) for line in lines)
    syllables = sum(map(count_syllables, words))
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    # A pupil of the first American grade is six years old.
    if (age := round(grade + 5)) > MAX_READING_AGE:
        yield FoundIssue(Rule.READING_AGE, f"Reading age: {age}")


def count_syllables(word: str) -> int:
    is_silent = word.endswith("e") and not word.endswith("le")
    return max(1, len(VOWELS.findall(word)) - is_silent)


RULES = (
    passed_dates,
    link_texts,
    no_summary,
    only_files,
    images_without_alt_text,
    headings,
    long_sentences,
    hard_reading,
)


def find_issues(page: Page, published_on: date) -> list[FoundIssue]:
    """Return the issues of a page; none if it cannot be read.

    Checks never prevent publication.
    """
    try:
        text = PageText(page, published_on)
        found = [
            replace(each, text=Truncator(each.text).chars(TEXT_LENGTH))
            for rule in RULES
            for each in islice(rule(text), MAX_OF_A_RULE)
        ]
    except Error:
        # The transaction is broken, so its owner has to know.
        raise
    except Exception:
        logger.exception("The content of page %s could not be checked.", page.pk)
        return []
    return list(dict.fromkeys(found))
