"""The latest change notes of the pages below a page."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from wagtail.models import Page
from wagtail.query import PageQuerySet

from home.models import ChangeNote
from home.page_tree.addresses import descendants_of, public_path
from home.pages import visible_pages

MAX_UPDATES = 5


@dataclass(frozen=True)
class Update:
    title: str
    href: str
    note: str
    published_at: datetime


def latest_changes(page: Page, root: Page, at: datetime) -> list[Update]:
    below = visible_pages(at).filter(descendants_of(page.path))
    notes = change_notes_for(below, is_most_of_site=page.path == root.path)
    return [
        Update(
            title=row["page__title"],
            href=public_path(row["page__url_path"], root),
            note=row["note"],
            published_at=row["published_at"],
        )
        for row in notes.values(
            "note", "published_at", "page__title", "page__url_path"
        )[:MAX_UPDATES]
    ]


def change_notes_for(
    pages: PageQuerySet, is_most_of_site: bool
) -> QuerySet[ChangeNote]:
    if is_most_of_site:
        # Most notes count, so go through them from the newest: 1 ms where the other
        # way took 85 ms, at 50,000 pages with as many notes.
        belongs = Exists(pages.filter(pk=OuterRef("page_id")))
    else:
        # Few notes count: go through those of the pages.
        belongs = Q(page__in=pages)
    return ChangeNote.objects.filter(belongs)
