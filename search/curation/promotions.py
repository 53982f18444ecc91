"""Promotions: results that editors put first for a search (S5)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.models import Page

from home.content.fields import validate_web_address
from home.content_version import earliest_after, register_scheduled_change
from home.page_tree.addresses import public_path
from home.pages import visible_pages
from search.curation.synonyms import Phrase, split_phrases, stems, validate_phrases
from search.indexing.documents import SearchDocument
from search.tokens import significant_words, tokenise


class PromotionForm(WagtailAdminModelForm):
    def clean(self):
        data = super().clean()
        page, link = data.get("page"), data.get("link")
        if not self.errors.keys() & {"page", "link"} and bool(page) == bool(link):
            not_both = ", not both" if page else ""
            self.add_error("link", f"Choose a page or enter a web address{not_both}.")
        if link and not data.get("title"):
            self.add_error("title", "Enter the title of the page on the other website.")
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", "The end must be after the start.")
        return data


class PromotionSnippet(models.Model):
    """A page, ours or another website's, that is shown first for a search."""

    searched = models.CharField(
        "when people search for",
        max_length=500,
        validators=[validate_phrases],
        help_text="Only used when this is the whole search, for example 'council tax'. "
        "Separate several with commas. Plurals and words such as 'my' make no "
        "difference.",
    )
    page = models.ForeignKey(
        Page,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="A page on this website. It only appears while it is published and "
        "public.",
    )
    link = models.URLField(
        "or a page on another website",
        blank=True,
        validators=[validate_web_address],
        help_text="The full web address, for example 'https://www.gov.uk/council-tax'.",
    )
    title = models.CharField(
        max_length=100,
        blank=True,
        help_text="Required for a page on another website. For a page on this website, "
        "leave this empty to use the page title.",
    )
    description = models.CharField(
        max_length=200,
        blank=True,
        help_text="One sentence to show under the title. Leave this empty to use the "
        "page summary.",
    )
    starts_at = models.DateTimeField(
        "starts",
        null=True,
        blank=True,
        help_text="Leave this empty to start immediately.",
    )
    ends_at = models.DateTimeField(
        "ends",
        null=True,
        blank=True,
        help_text="Leave this empty for no end date.",
    )

    base_form_class = PromotionForm

    class Meta:
        verbose_name = "promotion"
        ordering = ["searched", "pk"]

    def __str__(self):
        return f"{self.searched}: {self.result_label}"

    def is_current(self, at: datetime) -> bool:
        has_begun = self.starts_at is None or self.starts_at <= at
        return has_begun and (self.ends_at is None or self.ends_at > at)

    @property
    def result_label(self) -> str:
        return self.title or self.link or str(self.page)


@register_scheduled_change
def next_promotion_change(after: datetime) -> datetime | None:
    promotions = PromotionSnippet.objects.all()
    return earliest_after(after, promotions, "starts_at", "ends_at")


class PromotionMatcher:
    """All promotions, ready to look up; in one order on every database."""

    def __init__(self, promotions: Iterable[PromotionSnippet], at: datetime):
        self._promotions: dict[Phrase, list[PromotionSnippet]] = defaultdict(list)
        self.phrases: list[str] = []
        self.stems: set[str] = set()
        for promotion in sorted(promotions, key=lambda each: (each.searched, each.pk)):
            for phrase in split_phrases(promotion.searched):
                self.phrases.append(phrase)
                if promotion.is_current(at):
                    # Otherwise corrections would give away a future promotion.
                    self.stems.update(_phrase(phrase))
                self._promotions[_phrase(phrase)].append(promotion)

    def find(self, query: str) -> list[PromotionSnippet]:
        # Once each: two of its phrases may be forms of the same words.
        return list(dict.fromkeys(self._promotions.get(_phrase(query), ())))


def _phrase(text: str) -> Phrase:
    return stems(significant_words(tokenise(text)))


@dataclass(frozen=True)
class PromotionMatch:
    title: str
    href: str
    description: str
    page_id: int | None


def get_promoted(
    promotions: list[PromotionSnippet], root: Page, at: datetime
) -> list[PromotionMatch]:
    """Return the current promotions, without those of hidden pages."""
    current = [each for each in promotions if each.is_current(at)]
    page_ids = [each.page_id for each in current if each.page_id]
    pages, summaries = {}, {}
    if page_ids:
        visible = visible_pages(at).filter(path__startswith=root.path)
        pages = visible.in_bulk(page_ids)
        documents = SearchDocument.objects.filter(pk__in=pages)
        summaries = dict(documents.values_list("pk", "summary"))
    matches = []
    for each in current:
        page = pages.get(each.page_id)
        if page or each.link:
            match = PromotionMatch(
                title=each.title or (page.title if page else each.link),
                href=public_path(page.url_path, root) if page else each.link,
                description=each.description or summaries.get(each.page_id, ""),
                page_id=page.pk if page else None,
            )
            matches.append(match)
    return matches
