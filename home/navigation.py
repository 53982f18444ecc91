"""What leads from page to page: menus, cards and latest changes; and the council."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from wagtail.models import Page, get_page_models
from wagtail.query import PageQuerySet

from home.caching import load_fallback, store_fallback
from home.content_version import cache_per_content_version
from home.images.renditions import CARD, Picture, get_pictures
from home.models import ChangeNote, SiteSettings
from home.page_tree.addresses import (
    children_of,
    descendants_of,
    get_site_for,
    parent_path,
    paths_down_to,
    public_path,
    site_root,
)
from home.pages import BasePage, visible_pages

MAX_UPDATES = 5
LINK_FIELDS = ("title", "path", "url_path", "show_in_menus")
CARD_FIELDS = (
    "pk",
    "title",
    "url_path",
    "content_type_id",
    "card_summary",
    "card_picture",
)


def council(request: HttpRequest) -> dict:
    """Add `council`, the site settings; read on use, and stored for error pages."""

    def load() -> SiteSettings:
        site = get_site_for(request)
        settings = _settings_of(site.pk if site else None)
        store_fallback("council", facts_of(settings))
        return settings

    return {"council": SimpleLazyObject(load)}


@cache_per_content_version
def _settings_of(site_id: int | None) -> SiteSettings:
    # Not `for_request`, which would create the row on the first visit.
    settings = SiteSettings.objects.filter(site=site_id).first()
    return settings or SiteSettings(site_id=site_id)


def facts_of(settings: SiteSettings) -> dict:
    """Return the council's name and emergency numbers for error pages."""
    return {
        "council_name": settings.council_name,
        "emergency_numbers": [
            {"label": block.value["label"], "number": block.value["number"]}
            for block in settings.emergency_numbers
        ],
    }


def get_stored_council() -> dict:
    """Return what `facts_of` last did, without a query."""
    name = SiteSettings._meta.get_field("council_name").default
    return load_fallback("council", {"council_name": name, "emergency_numbers": []})


@dataclass(frozen=True)
class Card:
    pk: int
    title: str
    href: str
    summary: str
    kind: str
    picture: Picture | None
    label: str = ""


def get_cards(pages: PageQuerySet, root: Page, at: datetime) -> list[Card]:
    """Return a card for each page, with two queries and one for each labelled type."""
    return make_cards(list(card_rows(pages)), root, at)


def card_rows(pages: PageQuerySet, *others: str) -> PageQuerySet:
    """Return what cards need of pages, and other fields, as values.

    The database joins the summaries of the page types: specific instances took most of
    a page view's time.
    """
    return pages.annotate(
        card_summary=_from_any_type("summary"),
        card_picture=_from_any_type("picture_id"),
    ).values(*dict.fromkeys((*CARD_FIELDS, *others)))


def _from_any_type(field: str) -> Coalesce:
    links = [
        model._meta.get_ancestor_link(Page).remote_field.get_accessor_name()
        for model in get_page_models()
        if issubclass(model, BasePage)
    ]
    return Coalesce(*(F(f"{link}__{field}") for link in links))


def make_cards(rows: list[dict], root: Page, at: datetime) -> list[Card]:
    labels = get_labels(rows, at)
    pictures = get_pictures((row["card_picture"] for row in rows), CARD)
    return [
        Card(
            pk=row["pk"],
            title=row["title"],
            href=public_path(row["url_path"], root),
            summary=row["card_summary"] or "",
            kind=kind_of(row["content_type_id"]),
            picture=pictures.get(row["card_picture"]),
            label=labels.get(row["pk"], ""),
        )
        for row in rows
    ]


def get_labels(rows: Iterable[dict], at: datetime) -> dict[int, str]:
    ids = defaultdict(list)
    for row in rows:
        ids[_page_type(row["content_type_id"])].append(row["pk"])
    labels = {}
    for model, own in ids.items():
        if issubclass(model, BasePage):
            labels |= model.get_card_labels(own, at)
    return labels


def kind_of(content_type_id: int) -> str:
    """Return the public name of a page type, such as "Partnership"."""
    return getattr(_page_type(content_type_id), "public_kind", "")


def _page_type(content_type_id: int) -> type[Page]:
    # A newer release may have types that this one lacks.
    return ContentType.objects.get_for_id(content_type_id).model_class() or Page


@dataclass(frozen=True)
class FacetOption:
    label: str
    href: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Facet:
    """A filter as displayed; `clear_href` is empty while it is not set."""

    label: str
    any_label: str
    choices: list[FacetOption]
    clear_href: str


def latest_changes(page: Page, root: Page, at: datetime) -> list[dict]:
    """Return title, href, note and published_at of the newest changes below a page."""
    below = visible_pages(at).filter(descendants_of(page.path))
    notes = change_notes_for(below, is_most_of_site=page.path == root.path)
    rows = notes.values(
        "note", "published_at", title=F("page__title"), path=F("page__url_path")
    )
    return [
        row | {"href": public_path(row["path"], root)} for row in rows[:MAX_UPDATES]
    ]


def change_notes_for(
    pages: PageQuerySet, is_most_of_site: bool
) -> QuerySet[ChangeNote]:
    # Where most notes count, going through them from the newest took 1 ms instead of
    # 85 ms, at 50,000 pages with as many notes; elsewhere the other way is quicker.
    if is_most_of_site:
        return ChangeNote.objects.filter(Exists(pages.filter(pk=OuterRef("page_id"))))
    return ChangeNote.objects.filter(page__in=pages)


@dataclass(frozen=True)
class Link:
    title: str
    href: str
    is_current: bool = False
    is_ancestor: bool = False


@dataclass(frozen=True)
class Navigation:
    main: list[Link] = field(default_factory=list)
    breadcrumbs: list[Link] = field(default_factory=list)
    section_page: Link | None = None
    section: list[Link] = field(default_factory=list)
    footer: list[Link] = field(default_factory=list)
    child_rows: list[dict] = field(default_factory=list)


def get_navigation(request: HttpRequest, page: Page | None, at: datetime) -> Navigation:
    """Return the visible navigation around a page, with one query.

    Without a page (search, errors) there is only the main navigation.
    """
    root = site_root(request)
    if root is None:
        return Navigation()
    here = page.path if page is not None else ""
    crumbs, section_path = [], ""
    if here.startswith(root.path) and here != root.path:
        # A page with pages below it is a section of its own.
        section_path = here if page.numchild else parent_path(here)
        crumbs = paths_down_to(section_path)[root.depth - 1 :]
    condition = children_of(root.path) | Q(path__in=crumbs)
    if section_path == root.path:
        section_path = ""
    if section_path:
        condition |= children_of(section_path)
    pages = visible_pages(at).filter(condition).order_by("path")
    has_cards = page is not None and page.numchild > 0
    values = card_rows(pages, *LINK_FIELDS) if has_cards else pages.values(*LINK_FIELDS)
    rows = {row["path"]: row for row in values}
    links = {path: _link(row, here, root) for path, row in rows.items()}
    top_level = [path for path in rows if parent_path(path) == root.path]
    in_menu = [path for path in top_level if rows[path]["show_in_menus"]]
    children = in_menu if here == root.path else rows
    return Navigation(
        main=[links[path] for path in in_menu],
        # Pages below the home page that are not in the menu.
        footer=[links[path] for path in top_level if path not in in_menu],
        breadcrumbs=[links[path] for path in crumbs if path in links],
        section_page=links.get(section_path),
        section=[
            link
            for path, link in links.items()
            if section_path and parent_path(path) == section_path
        ],
        child_rows=[
            rows[path] for path in children if has_cards and parent_path(path) == here
        ],
    )


def _link(row: dict, here: str, root: Page) -> Link:
    path = row["path"]
    return Link(
        title="Home" if path == root.path else row["title"],
        href=public_path(row["url_path"], root),
        is_current=path == here,
        is_ancestor=path != here and here.startswith(path),
    )
