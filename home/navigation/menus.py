"""Breadcrumbs, main navigation and section navigation."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest
from wagtail.models import Page

from home.navigation.listings import Card, card_rows, make_cards
from home.page_tree.addresses import (
    children_of,
    parent_path,
    paths_down_to,
    public_path,
    site_root,
)
from home.pages import visible_pages

ROW_FIELDS = ("title", "path", "url_path", "show_in_menus")


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
    root: Page | None = None

    def get_child_cards(self, at: datetime) -> list[Card]:
        """Return a card for each child page; one query reads the pictures."""
        return make_cards(self.child_rows, self.root, at) if self.child_rows else []


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
        crumbs = [
            path for path in paths_down_to(section_path) if path.startswith(root.path)
        ]
    condition = children_of(root.path) | Q(path__in=crumbs)
    if section_path == root.path:
        section_path = ""
    if section_path:
        condition |= children_of(section_path)
    pages = visible_pages(at).filter(condition).order_by("path")
    has_cards = page is not None and page.numchild > 0
    values = card_rows(pages, *ROW_FIELDS) if has_cards else pages.values(*ROW_FIELDS)
    rows = {row["path"]: row for row in values}
    links = {path: _link(row, page, root) for path, row in rows.items()}
    top_level = [path for path in rows if parent_path(path) == root.path]
    in_menu = {path for path in top_level if rows[path]["show_in_menus"]}
    return Navigation(
        main=[links[path] for path in top_level if path in in_menu],
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
            row
            for path, row in rows.items()
            if has_cards
            and parent_path(path) == here
            and (path in in_menu or here != root.path)
        ],
        root=root,
    )


def _link(row: dict, page: Page | None, root: Page) -> Link:
    is_current = page is not None and row["path"] == page.path
    return Link(
        title="Home" if row["path"] == root.path else row["title"],
        href=public_path(row["url_path"], root),
        is_current=is_current,
        is_ancestor=not is_current
        and page is not None
        and page.path.startswith(row["path"]),
    )
