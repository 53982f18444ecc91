"""The A to Z of a section: every page below it, by the first letter of its title."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from string import ascii_uppercase

from django.db.models import Case, Count, QuerySet, Value, When
from django.db.models.functions import Lower, Substr, Upper
from wagtail.models import Page

from home.navigation.menus import Link
from home.page_tree.addresses import descendants_of, public_path
from home.pages import visible_pages

PER_PAGE = 200
OTHER = "#"
OTHER_LABEL = "Numbers and symbols"


@dataclass(frozen=True)
class IndexLetter:
    """A letter above the list; `href` is empty if no title starts with it."""

    name: str
    label: str
    href: str


@dataclass(frozen=True)
class LetterGroup:
    """The pages whose titles start with a letter."""

    name: str
    anchor: str
    links: list[Link]


@dataclass(frozen=True)
class AToZPage:
    letters: list[IndexLetter]
    groups: list[LetterGroup]
    number: int
    last_number: int


def get_a_to_z(section: Page, root: Page, number: int, at: datetime) -> AToZPage | None:
    """Return a page of the A to Z in two queries, or None if there is no such page.

    A letter links to the page of the list on which it starts.
    """
    pages = _by_letter(visible_pages(at).filter(descendants_of(section.path)))
    counts = dict(
        pages.order_by("letter").values_list("letter").annotate(count=Count("pk"))
    )
    last_number = -(-sum(counts.values()) // PER_PAGE)
    if not 1 <= number <= last_number:
        return None
    first = (number - 1) * PER_PAGE
    rows = pages.order_by("letter", Lower("title"), "pk").values(
        "letter", "title", "url_path"
    )[first : first + PER_PAGE]
    groups = [
        LetterGroup(
            name=OTHER_LABEL if letter == OTHER else letter,
            anchor=_anchor(letter),
            links=[
                Link(row["title"], public_path(row["url_path"], root)) for row in own
            ],
        )
        for letter, own in groupby(rows, key=lambda row: row["letter"])
    ]
    return AToZPage(_letters(counts), groups, number, last_number)


def _by_letter(pages: QuerySet) -> QuerySet:
    """Annotate pages with `letter`: A to Z, or `OTHER`, which sorts first."""
    first = Upper(Substr("title", 1, 1))
    is_letter = When(first__in=list(ascii_uppercase), then="first")
    return pages.annotate(first=first).annotate(
        letter=Case(is_letter, default=Value(OTHER))
    )


def _letters(counts: dict[str, int]) -> list[IndexLetter]:
    letters, before = [], 0
    for name in (OTHER, *ascii_uppercase):
        count = counts.get(name, 0)
        href = f"?page={before // PER_PAGE + 1}#{_anchor(name)}" if count else ""
        before += count
        label = OTHER_LABEL if name == OTHER else f"Pages starting with {name}"
        if name != OTHER or count:
            letters.append(IndexLetter(name, label, href))
    return letters


def _anchor(letter: str) -> str:
    return "other" if letter == OTHER else letter.lower()
