"""Promotions: what staff put first for a search (S5)."""

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
from search.engine.tokens import telling, tokenise
from search.indexing.documents import SearchDocument


class PromotionQuerySet(models.QuerySet):
    """Promotions, by the time."""

    def current(self, at: datetime) -> "PromotionQuerySet":
        """Return those that are at work at a moment."""
        return self.filter(
            Q(starts_at=None) | Q(starts_at__lte=at),
            Q(ends_at=None) | Q(ends_at__gt=at),
        )


class PromotionForm(WagtailAdminModelForm):
    """The officer's form."""

    def clean(self):
        """Require one thing to show, and an end that comes after the start."""
        data = super().clean()
        page, link = data.get("page"), data.get("link")
        if not self.errors.keys() & {"page", "link"}:
            if page and link:
                self.add_error("link", "Give a page or an address, not both.")
            elif not page and not link:
                self.add_error("link", "Choose a page of this site or give an address.")
        if link and not data.get("title"):
            self.add_error("title", "Say what the other site's page is called.")
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", "The end must come after the start.")
        return data


class PromotionSnippet(models.Model):
    """A page of ours, or another site's, that stands first for a search."""

    searched = models.CharField(
        "when people search for",
        max_length=500,
        validators=[validate_phrases],
        help_text="Only when this is the whole search, such as 'council tax'. Separate "
        "several with commas. Plurals and words such as 'my' make no difference.",
    )
    page = models.ForeignKey(
        Page,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="A page of this site. It is shown while it is published and public.",
    )
    link = models.URLField(
        "or a page of another site",
        blank=True,
        validators=[validate_web_address],
        help_text="The whole address, such as 'https://www.gov.uk/council-tax'.",
    )
    title = models.CharField(
        max_length=100,
        blank=True,
        help_text="Needed for another site. For a page of ours, its own title is shown "
        "if you leave this empty.",
    )
    description = models.CharField(
        max_length=200,
        blank=True,
        help_text="One sentence under the title. The page's own summary if left empty.",
    )
    starts_at = models.DateTimeField(
        "starts", null=True, blank=True, help_text="At once if left empty."
    )
    ends_at = models.DateTimeField(
        "ends", null=True, blank=True, help_text="Never if left empty."
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
            heading="What stands first",
        ),
        FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")], heading="When"),
    ]

    class Meta:
        verbose_name = "promotion"
        ordering = ["searched", "pk"]

    def __str__(self):
        return f"{self.searched}: {self.shown}"

    def is_current(self, at: datetime) -> bool:
        """Say whether it is at work at a moment."""
        has_begun = self.starts_at is None or self.starts_at <= at
        return has_begun and (self.ends_at is None or self.ends_at > at)

    @property
    def shown(self) -> str:
        """What stands first, as officers know it."""
        return self.title or self.link or str(self.page)


def in_order(promotion: PromotionSnippet) -> tuple:
    """Return what sorts promotions of one search, alike on every database."""
    return promotion.searched, promotion.pk


@register_scheduled_change
def next_promotion_change(after: datetime) -> datetime | None:
    """Return when the next promotion starts or ends."""
    promotions = PromotionSnippet.objects.all()
    return earliest_after(after, promotions, "starts_at", "ends_at")


class PromotionMatcher:
    """Which promotions belong to which search."""

    def __init__(self, promotions: Iterable[PromotionSnippet], at: datetime):
        self._ids: dict[Phrase, list[int]] = {}
        self.phrases: list[str] = []
        self.stems: set[str] = set()
        for promotion in promotions:
            for phrase in split_phrases(promotion.searched):
                self.phrases.append(phrase)
                if promotion.is_current(at):
                    # Else what is to come could be guessed by what is not corrected.
                    self.stems.update(_phrase(phrase))
                self._ids.setdefault(_phrase(phrase), []).append(promotion.pk)

    def find(self, query: str) -> list[int]:
        """Return the ids of the promotions for what somebody searches for."""
        return self._ids.get(_phrase(query), [])


def _phrase(text: str) -> Phrase:
    return stems(telling(tokenise(text)))


@dataclass(frozen=True)
class PromotionMatch:
    """A promotion as it is shown."""

    title: str
    href: str
    description: str
    page_id: int | None


def get_promoted(ids: list[int], root: Page, at: datetime) -> list[PromotionMatch]:
    """Return promotions as they are shown; those of hidden pages are left out."""
    if not ids:
        return []
    rows = PromotionSnippet.objects.current(at).filter(pk__in=ids)
    rows = sorted(rows, key=in_order)
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
