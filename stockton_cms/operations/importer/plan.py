"""Where each page of a source will go, before anything is written."""

from itertools import count
from urllib.parse import urlsplit

from wagtail.models import Page

from home.models import ImportedPage
from home.page_tree.addresses import site_path, url_path_at
from home.pages import RESERVED_SLUGS
from stockton_cms.operations.importer.records import SECTION, Record, address_of

MAX_LEVELS = 20
MAX_KEY_LENGTH = 450


class Plan:
    """The pages of a source, parents first, and by their addresses.

    Gives each its parent, slug and address, and what an earlier import has made of it,
    or notes why it is refused.
    """

    def __init__(
        self,
        section: Page,
        records: list[Record],
        default_type: str,
        remakes_deleted: bool,
    ):
        self.section = section
        self.records = records
        self.by_address: dict[str, Record] = {}
        # The hosts of the old site: a link to them is a link within the site.
        self.hosts: set[str] = set()
        self._keys: dict[str, Record] = {}
        self._by_slug: dict[str, Record | None] = {}
        # The pages of the site that others are put below.
        self._existing = {section.pk: section}
        self._taken: dict[Record | int, set[str]] = {}
        for step in (self._register, self._find_parent):
            for record in self.accepted():
                step(record)
        for record in self.accepted():
            record.said["type"] = record.said["type"] or default_type
            self._check_levels(record)
        records.sort(key=lambda record: record.level)
        self._find_imported()
        if remakes_deleted:
            for record in records:
                record.is_deleted = False
        for record in self.accepted():
            self._put_below_parent(record)

    def accepted(self) -> list[Record]:
        """Return the pages that can be imported."""
        return [record for record in self.records if not record.problem]

    def source_key(self, record: Record) -> str:
        """Return by what the next import finds a page again."""
        return f"{self.section.pk}:{record.key}"

    def _register(self, record: Record) -> None:
        parent, old_address = record.said["parent"], record.said["old_address"]
        path = f"{parent.rstrip('/')}/{record.slug}".lstrip("/")
        base = address_of(record.base)
        record.key = base or path
        if base and base in self._keys:
            record.problem = (
                f"Its old address is that of {self._keys[base].place} already."
            )
            return
        if record.key in self._keys:
            numbered = (f"{path}-{number}" for number in count(2))
            record.key = next(key for key in numbered if key not in self._keys)
        if len(record.key) > MAX_KEY_LENGTH:
            record.problem = f"Its path is longer than {MAX_KEY_LENGTH} characters."
            return
        self._keys[record.key] = record
        for address in filter(None, (base, record.old_path, address_of(path))):
            self.by_address.setdefault(address, record)
        is_taken = record.slug in self._by_slug
        self._by_slug[record.slug] = None if is_taken else record
        if host := urlsplit(old_address).hostname:
            self.hosts.add(host)

    def _find_parent(self, record: Record) -> None:
        named = record.said["parent"]
        if named:
            record.parent = self.by_address.get(address_of(named))
            record.parent = record.parent or self._by_slug.get(named)
        if record.parent is record:
            record.problem = "It is named as its own parent."
        elif record.parent:
            # A page with pages below it is a section, unless the source says else.
            above = record.parent.said
            above["type"] = above.get("type") or SECTION
        elif named:
            self._find_existing_parent(record, named)
        else:
            record.parent_id = self.section.pk

    def _find_existing_parent(self, record: Record, named: str) -> None:
        inside = f"{site_path(self.section.url_path)}{named}"
        found = (page_at(inside) if named.strip("/") else None) or page_at(named)
        if found is None:
            record.problem = f"There is no page '{named}' to put it below."
        elif not found.path.startswith(self.section.path):
            record.problem = f"Its parent '{named}' is outside the section."
        else:
            record.parent_id = found.pk
            self._existing.setdefault(found.pk, found)

    def _check_levels(self, record: Record) -> None:
        seen, above = {record}, record.parent
        while above is not None and above not in seen:
            seen.add(above)
            above = above.parent
        record.level = len(seen) - 1
        if above:
            record.problem = f"Its parents form a loop through {record.parent.place}."
        elif record.level >= MAX_LEVELS:
            record.problem = f"It is more than {MAX_LEVELS} levels deep."

    def _find_imported(self) -> None:
        """Note which pages an earlier import has made, and where they are now."""
        by_key = {self.source_key(record): record for record in self.accepted()}
        rows = ImportedPage.objects.select_related("page")
        for key, row in rows.in_bulk(list(by_key), field_name="source_key").items():
            record, page = by_key[key], row.page
            record.is_deleted = page is None
            if page:
                record.page_id, record.slug = page.pk, page.slug
                record.path = site_path(page.url_path)

    def _put_below_parent(self, record: Record) -> None:
        """Check the rules of the tree, and give the page its slug and address."""
        above, page = record.parent, self._existing.get(record.parent_id)
        if above and above.problem:
            record.problem = f"The page above it ({above.place}) was refused."
            return
        parent_model = above.model if above else page.specific_class
        if record.model not in parent_model.allowed_subpage_models():
            record.problem = (
                f"A {record.model._meta.verbose_name} cannot be below a "
                f"{parent_model._meta.verbose_name}."
            )
        elif not record.page_id:
            # Nothing can be below what an officer has deleted.
            record.is_deleted |= bool(above and above.is_deleted)
            taken = self._slugs_below(above or record.parent_id)
            numbered = (f"{record.slug}-{number}" for number in count(2))
            if record.slug in taken:
                record.slug = next(slug for slug in numbered if slug not in taken)
            taken.add(record.slug)
            above_path = above.path if above else site_path(page.url_path)
            record.path = f"{above_path}{record.slug}/"

    def _slugs_below(self, above: Record | int) -> set[str]:
        if above not in self._taken:
            parent_id = above.page_id if isinstance(above, Record) else above
            page = Page.objects.filter(pk=parent_id).first()
            taken = page.get_children().values_list("slug", flat=True) if page else ()
            self._taken[above] = {*RESERVED_SLUGS, *taken}
        return self._taken[above]


def page_at(address: str) -> Page | None:
    """Return the page at an address of the site."""
    url_path = url_path_at(address) or ""
    # The slug has an index, which the whole path has not.
    slug = url_path.rstrip("/").rpartition("/")[2]
    return Page.objects.filter(slug=slug, url_path=url_path).first()
