"""Breadcrumbs, main navigation and section navigation."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest
from wagtail.models import Page

from home.navigation.listings import Card, card_rows, make_cards
from home.page_tree.addresses import children_of, parent_path, public_path, site_root
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
    section: list[Link] = field(default_factory=list)
    footer: list[Link] = field(default_factory=list)
    section_title: str = ""
    section_href: str = ""
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
    # Children of the home page that are not in the menu are in the footer.
    condition = children_of(root.path)
    ancestor_paths, section_path = [], ""
    if page is not None and page.path.startswith(root.path):
        ancestor_paths, section_path = _places(page, root)
    if ancestor_paths:
        condition |= Q(path__in=ancestor_paths)
    if section_path:
        condition |= children_of(section_path)
    pages = visible_pages(at).filter(condition).order_by("path")
    has_cards = page is not None and page.numchild > 0
    is_home = page is not None and page.path == root.path
    rows = list(
        card_rows(pages, *ROW_FIELDS) if has_cards else pages.values(*ROW_FIELDS)
    )
    links = {row["path"]: _link(row, page, root) for row in rows}
    top_level = [row for row in rows if parent_path(row["path"]) == root.path]
    section = links.get(section_path)
    return Navigation(
        main=[links[row["path"]] for row in top_level if row["show_in_menus"]],
        footer=[links[row["path"]] for row in top_level if not row["show_in_menus"]],
        breadcrumbs=[links[path] for path in ancestor_paths if path in links],
        section=[
            link
            for path, link in links.items()
            if section_path and parent_path(path) == section_path
        ],
        section_title=section.title if section else "",
        section_href=section.href if section else "",
        child_rows=[
            row
            for row in rows
            if has_cards
            and parent_path(row["path"]) == page.path
            and (row["show_in_menus"] or not is_home)
        ],
        root=root,
    )


def _places(page: Page, root: Page) -> tuple[list[str], str]:
    """Return the tree paths above a page from the root down, and its section's."""
    first = len(root.path)
    above = [page.path[:end] for end in range(first, len(page.path), Page.steplen)]
    if page.path == root.path:
        return [], ""
    section_path = page.path if page.numchild else page.path[: -Page.steplen]
    paths = [*above, page.path] if section_path == page.path else above
    return paths, "" if section_path == root.path else section_path


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
