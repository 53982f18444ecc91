"""One page as a source describes it, and what must be true of it."""

from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup
from django import forms
from django.core.management.base import CommandError
from django.utils.text import Truncator, slugify
from wagtail.contrib.redirects.models import Redirect

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.models import StandardPage
from home.pages import BasePage

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
# What the page gets as the source says it.
PLAIN_FIELDS = {
    *("title", "summary", "owner_name", "owner_email", "review_on", "search_words")
}


@dataclass(eq=False)
class Record:
    """One page of the source, and from `plan.py` on, its place on the site."""

    # Where in the source, for anyone who fixes it: "line 7" or a file's name.
    place: str
    # By column: as text, and after `check` as `RecordForm` cleans it.
    said: dict[str, Any]
    # The path that links and files of the body are relative to, where it had one.
    base: str = ""
    # What is odd about it, but no reason to refuse it.
    notes: list[str] = field(default_factory=list)
    # Why it is refused.
    problem: str = ""

    # Names it in the next import too.
    key: str = ""
    parent: "Record | None" = None
    # The page above it, where that is on the site already.
    parent_id: int | None = None
    level: int = 0
    slug: str = ""
    # Its address on the site.
    path: str = ""
    page_id: int | None = None
    # An earlier import has made it, and an officer has deleted it since.
    is_deleted: bool = False

    @property
    def model(self) -> type[BasePage]:
        """The type of page that it becomes."""
        return MODELS[self.said["type"]]

    @property
    def old_path(self) -> str:
        return address_of(self.said["old_address"])

    def check(self) -> None:
        """Clean what was said, or note the problem."""
        form = RecordForm(self.said)
        if not form.is_valid():
            self.problem = " ".join(
                f"{name}: {' '.join(errors)}" for name, errors in form.errors.items()
            )
            return
        self.said = form.cleaned_data
        self.slug = slugify(self.said["slug"] or self.said["title"])[:200].strip("-")
        self.slug = self.slug or "page"
        summary = self.said["summary"]
        if len(summary) > MAX_SUMMARY_LENGTH:
            beginning = Truncator(summary[: MAX_SUMMARY_LENGTH + 1])
            self.said["summary"] = beginning.chars(MAX_SUMMARY_LENGTH)
            self.notes.append(
                f"The summary was cut to {MAX_SUMMARY_LENGTH} characters."
            )


def address_of(text: str) -> str:
    """Return the form in which addresses are compared: path and query."""
    return Redirect.normalise_path(text) if text else ""
