"""The pages that a source describes, and where each will go, before any is written."""

from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from django import forms
from django.core.management.base import CommandError
from django.utils.text import Truncator, slugify
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.models import ImportedPage, StandardPage
from home.page_tree.addresses import site_path, url_path_at
from home.pages import RESERVED_SLUGS, BasePage

SECTION = "section"
MODELS: dict[str, type[BasePage]] = {
    SECTION: CommunityIndexPage,
    "standard": StandardPage,
    "partnership": PartnershipPage,
    "policy": PolicyUpdatePage,
}
DRAFT = "draft"
MAX_BODY_LENGTH = 1_000_000
MAX_SUMMARY_LENGTH = 200
MAX_KEY_LENGTH = 450


class SourceError(CommandError):
    """The source as a whole cannot be imported; says why."""


class PlainTextField(forms.CharField):
    """Words without tags, entities and line breaks."""

    def to_python(self, value):
        text = super().to_python(value)
        if "<" in text or "&" in text:
            text = BeautifulSoup(text, "html.parser").get_text()
        return " ".join("".join(c for c in text if c >= " " or c.isspace()).split())


class WordField(forms.ChoiceField):
    """One of a few words, in small letters or capitals."""

    def __init__(self, words):
        super().__init__(choices=[(word, word) for word in words], required=False)

    def to_python(self, value):
        return super().to_python(value).strip().lower()


class RecordForm(forms.Form):
    """Checks what a source says of a page; its fields are the columns of a CSV file."""

    title = PlainTextField(max_length=255)
    slug = forms.CharField(required=False, max_length=255)
    summary = PlainTextField(required=False)
    body = forms.CharField(required=False, strip=False, max_length=MAX_BODY_LENGTH)
    type = WordField(MODELS)
    parent = forms.CharField(required=False)
    old_address = forms.CharField(required=False, max_length=255)
    owner_name = StandardPage._meta.get_field("owner_name").formfield()
    owner_email = StandardPage._meta.get_field("owner_email").formfield()
    review_on = forms.DateField(required=False, input_formats=["%Y-%m-%d", "%d/%m/%Y"])
    search_words = StandardPage._meta.get_field("search_words").formfield()
    state = WordField(["published", "live", DRAFT])


COLUMNS = tuple(RecordForm.base_fields)


@dataclass(eq=False)
class Record:
    """One page of the source, and once it is planned, its place on the site."""

    # Where in the source, for anyone who fixes it: "line 7" or a file's name.
    place: str
    # By column: as text, and after `check` as `RecordForm` cleans it.
    said: dict[str, Any]
    # The path that links and files of the body are relative to, where it had one.
    base: str = ""
    parent: "Record | None" = None
    # What is odd about it, but no reason to refuse it.
    notes: list[str] = field(default_factory=list)
    # Why it is refused.
    problem: str = ""

    # By what the next import finds it again.
    key: str = ""
    # The page above it, where that is on the site already.
    parent_page: Page | None = None
    level: int = 0
    slug: str = ""
    # Its address on the site.
    path: str = ""
    page_id: int | None = None
    # An earlier import has made it, and an officer has deleted it since.
    is_deleted: bool = False

    @property
    def model(self) -> type[BasePage]:
        return MODELS[self.said["type"]]

    @property
    def old_path(self) -> str:
        return address_of(self.said["old_address"])

    def check(self) -> None:
        form = RecordForm(self.said)
        if not form.is_valid():
            errors = form.errors.items()
            self.problem = " ".join(f"{name}: {' '.join(e)}" for name, e in errors)
            return
        self.said = form.cleaned_data
        slug = slugify(self.said["slug"] or self.said["title"])[:200].strip("-")
        self.slug = slug or "page"
        if len(self.said["summary"]) > MAX_SUMMARY_LENGTH:
            beginning = Truncator(self.said["summary"][: MAX_SUMMARY_LENGTH + 1])
            self.said["summary"] = beginning.chars(MAX_SUMMARY_LENGTH)
            self.notes.append("The summary was cut to 200 characters.")


def address_of(text: str) -> str:
    """Return the form in which addresses are compared: path and query."""
    return Redirect.normalise_path(text) if text else ""


def page_at(address: str) -> Page | None:
    url_path = url_path_at(address) or ""
    # The slug has an index, which the whole path has not.
    slug = url_path.rstrip("/").rpartition("/")[2]
    return Page.objects.filter(slug=slug, url_path=url_path).first()


class Plan:
    """The pages of a source, parents first, and by their addresses.

    Gives each its parent, slug and address, and what an earlier import has made of it,
    or notes why it is refused.
    """

    def __init__(
        self,
        section: Page,
        records: list[Record],
        default_type: str = "standard",
        remakes_deleted: bool = False,
    ):
        self.section = section
        self.records = records
        # And by their slugs, unless two have the same.
        self.by_address: dict[str, Record | None] = {}
        # The hosts of the old site: a link to them is a link within the site.
        self.hosts: set[str] = set()
        self._keys: dict[str, Record] = {}
        self._taken: dict[Record | int, set[str]] = {}
        for step in (self._register, self._find_parent):
            for record in self.accepted():
                step(record)
        for record in self.accepted():
            record.said["type"] = record.said["type"] or default_type
            self._find_level(record)
        records.sort(key=lambda record: record.level)
        self._find_imported(remakes_deleted)
        for record in self.accepted():
            self._put_below_parent(record)

    def accepted(self) -> list[Record]:
        return [record for record in self.records if not record.problem]

    def _register(self, record: Record) -> None:
        parent, old_address = record.said["parent"], record.said["old_address"]
        path = f"{parent.rstrip('/')}/{record.slug}".lstrip("/")
        base = address_of(record.base)
        if base and base in self._keys:
            place = self._keys[base].place
            record.problem = f"Its old address is that of {place} already."
            return
        key = base or _numbered(path, self._keys)
        if len(key) > MAX_KEY_LENGTH:
            record.problem = f"Its path is longer than {MAX_KEY_LENGTH} characters."
            return
        self._keys[key] = record
        record.key = f"{self.section.pk}:{key}"
        for address in filter(None, (base, record.old_path, address_of(path))):
            self.by_address.setdefault(address, record)
        is_taken = record.slug in self.by_address
        self.by_address[record.slug] = None if is_taken else record
        if host := urlsplit(old_address).hostname:
            self.hosts.add(host)

    def _find_parent(self, record: Record) -> None:
        named = record.said["parent"]
        if named:
            known = self.by_address
            record.parent = known.get(address_of(named)) or known.get(named)
        if record.parent is record:
            record.problem = "It is named as its own parent."
        elif record.parent:
            # A page with pages below it is a section, unless the source says else.
            above = record.parent.said
            above["type"] = above.get("type") or SECTION
        elif named:
            inside = f"{site_path(self.section.url_path)}{named}"
            page = (page_at(inside) if named.strip("/") else None) or page_at(named)
            record.parent_page = page
            if page is None:
                record.problem = f"There is no page '{named}' to put it below."
            elif not page.path.startswith(self.section.path):
                record.problem = f"Its parent '{named}' is outside the section."
        else:
            record.parent_page = self.section

    def _find_level(self, record: Record) -> None:
        seen, above = {record}, record.parent
        while above is not None and above not in seen:
            seen.add(above)
            above = above.parent
        record.level = len(seen) - 1
        if above:
            record.problem = f"Its parents form a loop through {record.parent.place}."

    def _find_imported(self, remakes_deleted: bool) -> None:
        by_key = {record.key: record for record in self.accepted()}
        rows = ImportedPage.objects.select_related("page")
        for key, row in rows.in_bulk(list(by_key), field_name="source_key").items():
            record, page = by_key[key], row.page
            record.is_deleted = page is None and not remakes_deleted
            if page:
                record.page_id, record.slug = page.pk, page.slug
                record.path = site_path(page.url_path)

    def _put_below_parent(self, record: Record) -> None:
        """Check the rules of the tree, and give the page its slug and address."""
        above, page = record.parent, record.parent_page
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
            taken = self._slugs_below(above or page.pk)
            record.slug = _numbered(record.slug, taken)
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


def _numbered(name: str, taken) -> str:
    """Return the name, or with the first number from 2 that is not taken yet."""
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)
