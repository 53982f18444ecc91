"""One page as a source describes it, and what must be true of it."""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.utils.text import Truncator, slugify

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.content.text import cut
from home.models import StandardPage
from home.pages import BasePage

SECTION = "section"
MODELS: dict[str, type[BasePage]] = {
    SECTION: CommunityIndexPage,
    "standard": StandardPage,
    "partnership": PartnershipPage,
    "policy": PolicyUpdatePage,
}
STATES = {"": False, "published": False, "live": False, "draft": True}
DAY_FORMATS = ("%Y-%m-%d", "%d/%m/%Y")
MAX_BODY_LENGTH = 1_000_000
MAX_SUMMARY_LENGTH = 200
MAX_ADDRESS_LENGTH = 255
# What the source says and the page keeps as it is.
PLAIN_FIELDS = ("summary", "search_words", "owner_name", "owner_email")


class SourceError(Exception):
    """The source cannot be read, or a page of it cannot be imported; says why."""


@dataclass
class Record:
    """What a source says of one page; everything is text as it is written there."""

    # Where in the source, for anyone who fixes it: "line 7" or a file's name.
    place: str
    title: str = ""
    slug: str = ""
    summary: str = ""
    body: str = ""
    type: str = ""
    parent: str = ""
    old_address: str = ""
    owner_name: str = ""
    owner_email: str = ""
    review_on: str = ""
    search_words: str = ""
    state: str = ""
    # The path that links and files of the body are relative to, where it had one.
    base: str = ""
    # What is odd about it, but no reason to refuse it.
    notes: list[str] = field(default_factory=list)

    def as_content(self) -> dict[str, str]:
        """Return what decides whether the page has changed since the last import."""
        apart = {"place", "parent", "state", "notes"}
        return {key: text for key, text in asdict(self).items() if key not in apart}


def normalise(record: Record) -> Record:
    """Make the record's words plain text; raise `SourceError` for what cannot be."""
    values = asdict(record)
    if any("\0" in text for text in values.values() if isinstance(text, str)):
        raise SourceError("It contains a NUL character: export it again.")
    record.title = plain_text(record.title)
    if not record.title:
        raise SourceError("It has no title.")
    if len(record.title) > 255:
        raise SourceError("The title is longer than 255 characters.")
    if len(record.body) > MAX_BODY_LENGTH:
        raise SourceError(f"The text is longer than {MAX_BODY_LENGTH:,} characters.")
    if len(record.old_address) > MAX_ADDRESS_LENGTH:
        raise SourceError(
            f"The old address is longer than {MAX_ADDRESS_LENGTH} characters."
        )
    record.slug = (
        slugify(cut(record.slug or record.title, 255))[:200].strip("-") or "page"
    )
    record.summary = plain_text(record.summary)
    if len(record.summary) > MAX_SUMMARY_LENGTH:
        beginning = record.summary[: MAX_SUMMARY_LENGTH + 1]
        record.summary = Truncator(beginning).chars(MAX_SUMMARY_LENGTH)
        record.notes.append("The summary was cut to 200 characters.")
    record.type = record.type.strip().lower()
    if record.type and record.type not in MODELS:
        raise SourceError(
            f"There is no type '{record.type}'; choose one of {', '.join(MODELS)}."
        )
    record.state = record.state.strip().lower()
    if record.state not in STATES:
        raise SourceError(f"'{record.state}' is neither published nor draft.")
    check_fields(record)
    return record


def plain_text(html: str) -> str:
    """Return words without tags, entities and line breaks."""
    if "<" in html or "&" in html:
        html = BeautifulSoup(html, "html.parser").get_text()
    return " ".join(
        "".join(sign for sign in html if sign >= " " or sign.isspace()).split()
    )


def check_fields(record: Record) -> None:
    """Raise `SourceError` where a field holds what its page would refuse."""
    page = StandardPage(review_on=read_day(record.review_on))
    for name in PLAIN_FIELDS:
        try:
            StandardPage._meta.get_field(name).clean(getattr(record, name), page)
        except ValidationError as error:
            raise SourceError(f"{name}: {' '.join(error.messages)}") from error


def read_day(text: str) -> date | None:
    """Return the day that is written as 2027-03-31 or 31/03/2027."""
    text = text.strip()
    if not text:
        return None
    for day_format in DAY_FORMATS:
        try:
            return datetime.strptime(text, day_format).date()
        except ValueError:
            continue
    raise SourceError(
        f"review_on: '{text}' is not a day; write it as 2027-03-31 or 31/03/2027."
    )
