"""Promotions: results that editors put first for a search (S5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Q
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    PageChooserPanel,
)
from wagtail.models import Page

from home.content.validators import validate_web_address
from home.content_version.counter import earliest_after, register_scheduled_change
from home.page_tree.addresses import public_path
from home.pages import visible_pages
from search.curation.synonyms import Phrase, split_phrases, stems, validate_phrases
from search.indexing.documents import SearchDocument
from search.tokens import significant_words, tokenise


class PromotionQuerySet(models.QuerySet):
    def current(self, at: datetime) -> "PromotionQuerySet":
        return self.filter(
            Q(starts_at=None) | Q(starts_at__lte=at),
            Q(ends_at=None) | Q(ends_at__gt=at),
        )


class PromotionForm(WagtailAdminModelForm):
    def clean(self):
        data = super().clean()
        page, link = data.get("page"), data.get("link")
        if not self.errors.keys() & {"page", "link"}:
            if page and link:
                self.add_error(
                    "link", "Choose a page or enter a web address, not both."
                )
            elif not page and not link:
                self.add_error("link", "Choose a page or enter a web address.")
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

    objects = PromotionQuerySet.as_manager()

    base_form_class = PromotionForm
    panels = [
        FieldPanel("searched"),
        MultiFieldPanel(
            [
                PageChooserPanel("page"),
                FieldPanel("link"),
                FieldPanel("title"),
                FieldPanel("description"),
            ],
            heading="Promoted result",
        ),
        FieldRowPanel(
            [FieldPanel("starts_at"), FieldPanel("ends_at")], heading="Dates"
        ),
    ]

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


def sort_key(promotion: PromotionSnippet) -> tuple:
    """Sort the promotions of a search the same way on every database."""
    return promotion.searched, promotion.pk


@register_scheduled_change
def next_promotion_change(after: datetime) -> datetime | None:
    promotions = PromotionSnippet.objects.all()
    return earliest_after(after, promotions, "starts_at", "ends_at")


class PromotionMatcher:
    def __init__(self, promotions: Iterable[PromotionSnippet], at: datetime):
        self._ids: dict[Phrase, list[int]] = {}
        self.phrases: list[str] = []
        self.stems: set[str] = set()
        for promotion in promotions:
            for phrase in split_phrases(promotion.searched):
                self.phrases.append(phrase)
                if promotion.is_current(at):
                    # Otherwise corrections would give away a future promotion.
                    self.stems.update(_phrase(phrase))
                self._ids.setdefault(_phrase(phrase), []).append(promotion.pk)

    def find(self, query: str) -> list[int]:
        return self._ids.get(_phrase(query), [])


def _phrase(text: str) -> Phrase:
    return stems(significant_words(tokenise(text)))


@dataclass(frozen=True)
class PromotionMatch:
    title: str
    href: str
    description: str
    page_id: int | None


def get_promoted(ids: list[int], root: Page, at: datetime) -> list[PromotionMatch]:
    """Return the current promotions, without those of hidden pages."""
    if not ids:
        return []
    rows = PromotionSnippet.objects.current(at).filter(pk__in=ids)
    rows = sorted(rows, key=sort_key)
    page_ids = [row.page_id for row in rows if row.page_id]
    pages = visible_pages(at).filter(path__startswith=root.path).in_bulk(page_ids)
    documents = SearchDocument.objects.filter(pk__in=list(pages))
    summaries = dict(documents.values_list("pk", "summary"))
    promoted = []
    for row in rows:
        page = pages.get(row.page_id)
        if page or row.link:
            promoted.append(
                PromotionMatch(
                    title=row.title or (page.title if page else row.link),
                    href=public_path(page.url_path, root) if page else row.link,
                    description=row.description or summaries.get(row.page_id, ""),
                    page_id=page.pk if page else None,
                )
            )
    return promoted
