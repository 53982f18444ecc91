"""Adds many pages at once, for measuring: `python -m tests.page_generator N`.

The rows are written in batches, past the pages' own saving, which would take hours.
The admin's search and its list of where a page is used do not hear of them.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, cycle, islice
from random import Random

import django

if __name__ == "__main__":
    django.setup()

from django.core.files.base import ContentFile
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone
from wagtail.images.models import Image
from wagtail.models import Page

from community.models import (
    CommunityIndexPage,
    Partner,
    PartnershipPage,
    PolicyUpdatePage,
)
from community.models.policies import PolicyKind
from home.content_version import bump_content_version
from home.editorial.models import PageReview
from home.models import HomePage, StandardPage
from home.page_tree.lock import tree_lock
from home.pages import BasePage
from search.indexing.receivers import document_values
from search.models import SearchDocument
from stockton_cms.operations.demo.build import FOLDER

ROOT_SLUG = "seeded-pages"
CARDS = 20
# Of each section; the first has the cards besides.
CHILDREN = 24
# SQLite takes 32,766 values in one statement, and a page has up to 30 in one table.
BATCH_SIZE = 500


@dataclass(frozen=True)
class PageText:
    """The words of one page."""

    title: str
    slug: str
    summary: str
    search_words: str
    paragraphs: list[str]
    headings: list[str]
    partner: str


def seed_pages(number: int, home: HomePage, has_pictures: bool = False) -> Page:
    """Add `number` pages, at least 22, in a new section below the home page.

    Return that section. One below it, with the slug `twenty-cards`, has 20 children,
    each with a picture; `has_pictures` gives one to all other pages too.
    """
    with tree_lock():
        generator = PageGenerator(home.locale_id, _pictures(), has_pictures)
        now = generator.now
        root = CommunityIndexPage(
            title="Seeded pages",
            slug=ROOT_SLUG,
            summary="Pages for measuring.",
            first_published_at=now,
            last_published_at=now,
        )
        home.add_child(instance=root)
        # Once for all: to a reader they all appear at the same time.
        version = bump_content_version()
        pages = generator.generate(root, number - 1)
        while batch := list(islice(pages, BATCH_SIZE)):
            _save_pages(batch)
            _save_documents(batch, version, root.pk)
            _save_reviews(batch)
        Page.objects.filter(pk=root.pk).update(numchild=root.numchild)
    return root


@dataclass
class PageGenerator:
    """Makes pages that are not saved yet, each with its place in the tree."""

    locale_id: int
    pictures: list[Image]
    has_pictures: bool

    def __post_init__(self):
        self.now = timezone.now()
        self.numbers = count(1)

    def generate(self, root: Page, below: int) -> Iterator[BasePage]:
        """Yield so many pages to put below a section, each after its parent."""
        cards = self._section("Twenty cards", "twenty-cards")
        yield self._place(cards, root, 1, CARDS)
        for step in range(1, CARDS + 1):
            yield self._place(self._leaf(has_picture=True), cards, step, 0)
        # As in a heap, the children of a page follow those of the page before it.
        rest = below - CARDS - 1
        root.numchild = 1 + min(rest, CHILDREN)
        sections = [root]
        for number in range(rest):
            above, step = divmod(number, CHILDREN)
            children = min(max(rest - (number + 1) * CHILDREN, 0), CHILDREN)
            page = self._section() if children else self._leaf()
            if children:
                sections.append(page)
            # The root's first child are the cards.
            step += 1 if above else 2
            yield self._place(page, sections[above], step, children)

    def _place(
        self, page: BasePage, parent: Page, step: int, children: int
    ) -> BasePage:
        page.depth = parent.depth + 1
        page.path = Page._get_path(parent.path, page.depth, step)
        page.url_path = f"{parent.url_path}{page.slug}/"
        page.numchild = children
        return page

    def _section(self, title: str = "", slug: str = "") -> CommunityIndexPage:
        words = write_text(next(self.numbers))
        values = self._shared_values(words, self.has_pictures)
        if title:
            values |= {"title": title, "draft_title": title, "slug": slug}
        introduction = "".join(f"<p>{text}</p>" for text in words.paragraphs[:2])
        return CommunityIndexPage(introduction=introduction, **values)

    def _leaf(self, has_picture: bool = False) -> BasePage:
        number = next(self.numbers)
        words = write_text(number)
        values = self._shared_values(words, has_picture or self.has_pictures, number)
        values["body"] = json.dumps(_body(words))
        if number % 4 == 0:
            page = PartnershipPage(lead_officer="Lead officer", **values)
            page.partners = [Partner(name=words.partner, sort_order=0)]
            return page
        if number % 4 == 1:
            kind = PolicyKind.values[number % len(PolicyKind.values)]
            adopted = (self.now - timedelta(days=number % 2000)).date()
            page = PolicyUpdatePage(kind=kind, adopted_on=adopted, **values)
            page.documents = []
            return page
        return StandardPage(**values)

    def _shared_values(
        self, words: PageText, has_picture: bool, number: int = 0
    ) -> dict:
        published_at = self.now - timedelta(hours=number % 20_000)
        return {
            "title": words.title,
            "draft_title": words.title,
            "slug": words.slug,
            "summary": words.summary,
            "search_words": words.search_words,
            "picture": self.pictures[number % CARDS] if has_picture else None,
            "review_on": (self.now + timedelta(days=number % 400)).date(),
            "owner_name": "Seeding team",
            "owner_email": "seeding@example.gov.uk",
            "locale_id": self.locale_id,
            "live": True,
            "first_published_at": published_at,
            "last_published_at": published_at,
        }


def _body(words: PageText) -> list[dict]:
    opening, *rest = words.paragraphs
    half = len(rest) // 2
    blocks = [{"type": "text", "value": f"<p>{opening}</p>"}]
    for title, part in zip(words.headings, (rest[:half], rest[half:]), strict=True):
        value = "".join(f"<p>{paragraph}</p>" for paragraph in part)
        blocks += [
            {"type": "heading", "value": {"text": title, "level": "h2"}},
            {"type": "text", "value": value},
        ]
    return blocks


def _save_pages(pages: list[BasePage]) -> None:
    """Write the rows of pages in the page table, and in the one of each type."""
    shared = [field for field in Page._meta.concrete_fields if not field.primary_key]
    rows = [
        Page(**{field.attname: getattr(page, field.attname) for field in shared})
        for page in pages
    ]
    for page, row in zip(pages, Page.objects.bulk_create(rows), strict=True):
        page.pk = row.pk
    by_type: dict[type[BasePage], list[BasePage]] = {}
    for page in pages:
        by_type.setdefault(type(page), []).append(page)
    for model, same in by_type.items():
        # `bulk_create` refuses models with a table in two parts; this is its core.
        model._base_manager._insert(
            same, model._meta.local_concrete_fields, using=DEFAULT_DB_ALIAS, raw=True
        )
    partnerships = by_type.get(PartnershipPage, [])
    Partner.objects.bulk_create(
        Partner(page_id=page.pk, name=partner.name, sort_order=partner.sort_order)
        for page in partnerships
        for partner in page.partners.all()
    )


def _save_documents(pages: list[BasePage], version: int, section_id: int) -> None:
    SearchDocument.objects.bulk_create(
        SearchDocument(
            page_id=page.pk,
            is_public=True,
            version=version,
            **document_values(page, section_id),
        )
        for page in pages
    )


def _save_reviews(pages: list[BasePage]) -> None:
    PageReview.objects.bulk_create(map(PageReview.from_page, pages))


def _pictures() -> list[Image]:
    """Return 20 pictures with the sizes that pages show."""
    files = cycle(sorted((FOLDER / "pictures").glob("[!l]*.webp")))
    return [
        Image.objects.create(
            title=f"Seeded picture {number}",
            description=f"A drawing of {file.stem.replace('-', ' ')}",
            file=ContentFile(file.read_bytes(), name=f"seeded-{number}.webp"),
        )
        for number, file in zip(range(CARDS), files, strict=False)
    ]


TOWNS = ("Stockton", "Billingham", "Thornaby", "Yarm", "Norton", "Ingleby Barwick")
TOPICS = (
    ("Heating bills", ("warmth", "insulation", "boiler", "meter", "radiator")),
    ("Community grants", ("funding", "application", "panel", "budget", "award")),
    ("Youth clubs", ("teenagers", "games", "mentor", "music", "evening")),
    ("Recycling", ("bin", "glass", "cardboard", "collection", "compost")),
    ("School meals", ("lunch", "kitchen", "menu", "term", "pupil")),
    ("Bus passes", ("ticket", "driver", "timetable", "stop", "journey")),
    ("Allotments", ("plot", "seeds", "shed", "waiting list", "harvest")),
    ("Housing repairs", ("roof", "damp", "landlord", "tenant", "plumber")),
    ("Adult learning", ("course", "reading", "numbers", "tutor", "certificate")),
    ("Road works", ("diversion", "pothole", "lane", "surface", "traffic")),
    ("Carers", ("respite", "relative", "assessment", "rest", "support group")),
    ("Parks and play", ("swing", "bench", "football", "path", "dog")),
    ("Libraries", ("book", "loan", "quiet room", "computer", "story time")),
    ("Council tax", ("discount", "band", "payment", "arrears", "exemption")),
    ("Domestic abuse", ("safety", "refuge", "helpline", "advice", "police")),
    ("Digital skills", ("tablet", "password", "email", "internet", "lesson")),
    ("Markets", ("stall", "trader", "licence", "Saturday", "produce")),
    ("Flood advice", ("river", "sandbag", "warning", "insurance", "drain")),
    ("Mental health", ("listening", "stress", "sleep", "counsellor", "friend")),
    ("Walking and cycling", ("helmet", "route", "towpath", "crossing", "bicycle")),
)
PLACES = ("the library", "the town hall", "the community centre", "the market place")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
SENTENCES = (
    "People in {town} can ask about the {word} at {place}.",
    "Ask for help with the {word} on {day} between {hour} and {later} o'clock.",
    "We check every {word} once a year and publish what we find.",
    "Last year {number} households in {town} told us about the {word}.",
    "If the {word} is not right, tell us and we will look at it within {days} days.",
    "You do not have to pay for the {word} if you are on a low income.",
    "A neighbour or friend may ask about the {word} for you.",
    "The {word} and the {other} are looked after by the same team.",
    "From {day} the {word} will be open to everyone in {town}.",
    "Bring a letter with your address when you come about the {word}.",
    "There are {number} places in {town}, and most have a {word} of their own.",
    "Before you decide about the {other}, read what we say about the {word}.",
    "Volunteers at {place} can explain the {word} in other languages.",
    "It takes about {days} days until you hear from us about the {other}.",
)
HEADINGS = ("Who can ask", "What it costs", "Where to go", "What happens next")
PARTNERS = ("Neighbourhood trust", "Residents' group", "Housing society", "Youth forum")


def write_text(number: int) -> PageText:
    """Return the words of the page with this number."""
    random = Random(f"1-{number}")
    topic, words = random.choice(TOPICS)
    town = random.choice(TOWNS)
    paragraphs = [
        " ".join(_sentence(random, town, words) for _ in range(random.randint(3, 6)))
        for _ in range(random.randint(3, 7))
    ]
    return PageText(
        title=f"{topic} in {town} ({number})",
        slug=f"{topic.lower().replace(' ', '-')}-{number}",
        summary=_sentence(random, town, words),
        search_words=", ".join(random.sample(words, 2)),
        paragraphs=paragraphs,
        headings=random.sample(HEADINGS, 2),
        partner=f"{town} {random.choice(PARTNERS).lower()}",
    )


def _sentence(random: Random, town: str, words: tuple[str, ...]) -> str:
    word, other = random.sample(words, 2)
    hour = random.randint(9, 11)
    return random.choice(SENTENCES).format(
        town=town,
        word=word,
        other=other,
        place=random.choice(PLACES),
        day=random.choice(DAYS),
        hour=hour,
        later=hour - random.randint(6, 8),
        number=random.randint(12, 900),
        days=random.randint(2, 28),
    )


if __name__ == "__main__":
    seed_pages(
        int(sys.argv[1]), HomePage.objects.get(), has_pictures="--pictures" in sys.argv
    )
