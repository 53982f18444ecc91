"""Where each page of a source will go, before anything is written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from home.models import ImportedPage
from home.page_tree.addresses import site_path, url_path_at
from home.pages import RESERVED_SLUGS, BasePage
from stockton_cms.operations.importer.records import (
    MODELS,
    SECTION,
    STATES,
    Record,
)

MAX_LEVELS = 20
# Values in one statement.
CHUNK = 500
MAX_KEY_LENGTH = 450


@dataclass(slots=True, eq=False)
class PlannedPage:
    """One page of the plan."""

    record: Record
    key: str
    slug: str
    type: str
    old_address: str
    is_draft: bool
    problem: str = ""
    parent: "PlannedPage | None" = None
    # The page above it, where that is on the site already.
    parent_id: int | None = None
    level: int = 0
    # Its address on the site.
    path: str = ""
    page_id: int | None = None
    imported: ImportedPage | None = None

    @property
    def place(self) -> str:
        return self.record.place

    @property
    def model(self) -> type[BasePage]:
        """The type of page that it becomes."""
        return MODELS[self.type]


@dataclass
class Plan:
    """All pages of a source, parents first, and by their addresses."""

    section: Page
    nodes: list[PlannedPage] = field(default_factory=list)
    by_address: dict[str, PlannedPage] = field(default_factory=dict)
    # The hosts of the old site: a link to them is a link within the site.
    hosts: set[str] = field(default_factory=set)

    def accepted(self) -> list[PlannedPage]:
        """Return the pages that can be imported."""
        return [node for node in self.nodes if not node.problem]


def address_of(text: str) -> str:
    """Return the form in which addresses are compared: path and query."""
    return Redirect.normalise_path(text) if text else ""


class Planner:
    """Works out the tree: parents, slugs, and what an earlier import has made."""

    def __init__(self, section: Page, default_type: str, as_drafts: bool):
        self.plan = Plan(section)
        self.default_type = default_type
        self.as_drafts = as_drafts
        self._keys: dict[str, PlannedPage] = {}
        self._by_slug: dict[str, PlannedPage | None] = {}
        self._models: dict[int, type[Page]] = {section.pk: section.specific_class}
        self._paths = {section.pk: site_path(section.url_path)}
        self._taken: dict[PlannedPage | int, set[str]] = {}

    def add(self, record: Record, problem: str) -> PlannedPage:
        """Add a page that the source describes."""
        node = PlannedPage(
            record=record,
            key="",
            slug=record.slug,
            type="",
            old_address=address_of(record.old_address),
            is_draft=self.as_drafts or bool(STATES.get(record.state)),
            problem=problem,
        )
        self.plan.nodes.append(node)
        if problem:
            return node
        node.type = record.type
        own_path = f"{record.parent.rstrip('/')}/{record.slug}".lstrip("/")
        base = address_of(record.base)
        node.key = key = base or own_path
        if base and key in self._keys:
            node.problem = (
                f"Its old address is that of {self._keys[key].place} already."
            )
            return node
        number = 1
        while node.key in self._keys:
            number += 1
            node.key = f"{key}-{number}"
        if len(node.key) > MAX_KEY_LENGTH:
            node.problem = f"Its path is longer than {MAX_KEY_LENGTH} characters."
            return node
        self._keys[node.key] = node
        for address in (base, node.old_address, address_of(own_path)):
            if address:
                self.plan.by_address.setdefault(address, node)
        self._by_slug[record.slug] = None if record.slug in self._by_slug else node
        if host := urlsplit(record.old_address).hostname:
            self.plan.hosts.add(host)
        return node

    def finish(self) -> Plan:
        """Put the pages into the tree; return the plan, parents first."""
        for node in self.plan.accepted():
            self._find_parent(node)
        for node in self.plan.accepted():
            if not node.type:
                node.type = self.default_type
        for node in self.plan.accepted():
            self._check_levels(node)
        self.plan.nodes.sort(key=lambda node: node.level)
        self._find_imported()
        for node in self.plan.nodes:
            if not node.problem:
                self._place(node)
        return self.plan

    def _find_parent(self, node: PlannedPage) -> None:
        cell = node.record.parent.strip()
        if not cell:
            node.parent_id = self.plan.section.pk
            return
        above = self.plan.by_address.get(address_of(cell)) or self._by_slug.get(cell)
        if above is node:
            node.problem = "It is named as its own parent."
        elif above is not None:
            node.parent = above
            # A page with pages below it is a section, unless the source says else.
            above.type = above.type or SECTION
        else:
            self._find_existing_parent(node, cell)

    def _find_existing_parent(self, node: PlannedPage, cell: str) -> None:
        section = self.plan.section
        inside = section.url_path + "".join(f"{s}/" for s in cell.split("/") if s)
        paths = [path for path in (inside, url_path_at(cell)) if path]
        found = Page.objects.filter(
            slug__in=[path.rstrip("/").rsplit("/", 1)[-1] for path in paths],
            url_path__in=paths if cell.strip("/") else paths[1:],
        ).first()
        if found is None:
            node.problem = f"There is no page '{cell}' to put it below."
        elif not found.path.startswith(section.path):
            node.problem = f"Its parent '{cell}' is outside the section."
        else:
            node.parent_id = found.pk
            self._models[found.pk] = found.specific_class
            self._paths[found.pk] = site_path(found.url_path)

    def _check_levels(self, node: PlannedPage) -> None:
        seen, above = {node}, node.parent
        while above is not None:
            if above in seen:
                node.problem = f"Its parents form a loop through {node.parent.place}."
                return
            if above.problem:
                node.problem = f"The page above it ({above.place}) was refused."
                return
            seen.add(above)
            above = above.parent
        node.level = len(seen) - 1
        if node.level >= MAX_LEVELS:
            node.problem = f"It is more than {MAX_LEVELS} levels deep."

    def _find_imported(self) -> None:
        """Note which pages an earlier import has made, and where they are now."""
        prefix = f"{self.plan.section.pk}:"
        nodes = {prefix + node.key: node for node in self.plan.accepted()}
        keys = list(nodes)
        for start in range(0, len(keys), CHUNK):
            rows = ImportedPage.objects.filter(
                source_key__in=keys[start : start + CHUNK]
            ).select_related("page")
            for row in rows:
                node = nodes[row.source_key]
                node.imported, node.page_id = row, row.page_id
                if row.page is not None:
                    node.slug = row.page.slug
                    node.path = site_path(row.page.url_path)

    def _place(self, node: PlannedPage) -> None:
        """Check the rules of the tree, and give the page its slug and address."""
        above = node.parent
        if above is not None and above.problem:
            node.problem = f"The page above it ({above.place}) was refused."
            return
        parent_model = above.model if above else self._models[node.parent_id]
        if node.model not in parent_model.allowed_subpage_models():
            node.problem = (
                f"A {node.model._meta.verbose_name} cannot be below a "
                f"{parent_model._meta.verbose_name}."
            )
            return
        if node.page_id:
            return
        taken = self._slugs_below(above or node.parent_id)
        node.slug = next(slug for slug in _numbered(node.slug) if slug not in taken)
        taken.add(node.slug)
        node.path = (
            f"{above.path if above else self._paths[node.parent_id]}{node.slug}/"
        )

    def _slugs_below(self, above: PlannedPage | int) -> set[str]:
        if above not in self._taken:
            parent_id = above.page_id if isinstance(above, PlannedPage) else above
            taken = set(RESERVED_SLUGS)
            if parent := Page.objects.filter(pk=parent_id).first():
                taken.update(parent.get_children().values_list("slug", flat=True))
            self._taken[above] = taken
        return self._taken[above]


def _numbered(slug: str) -> Iterator[str]:
    """Yield a slug, then the same with numbers."""
    yield slug
    for number in range(2, 1_000_000):
        yield f"{slug}-{number}"
