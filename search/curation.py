"""What editors decide about search: synonyms, promotions and blocked suggestions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.models import Page

from home.content.fields import validate_web_address
from home.content_version import earliest_after, register_scheduled_change
from home.page_tree.addresses import public_path
from home.pages import visible_pages
from search.indexing.documents import SearchDocument
from search.tokens import fold, plain_analyzer, significant_words, stem, tokenise

Phrase = tuple[str, ...]
# The words before, those put in their place, and those after.
Rewrite = tuple[Sequence[str], Sequence[str], Sequence[str]]


def split_phrases(text: str) -> list[str]:
    """Split a list separated by commas or line breaks."""
    phrases = (" ".join(part.split()) for part in text.replace("\n", ",").split(","))
    return [phrase for phrase in dict.fromkeys(phrases) if phrase]


def stems(words: Iterable[str]) -> Phrase:
    """Return the stems by which phrases are compared."""
    return tuple(map(stem, words))


def validate_phrases(text: str) -> None:
    phrases = split_phrases(text)
    if not phrases:
        raise ValidationError("Enter at least one word that people can search for.")
    for phrase in phrases:
        if not tokenise(phrase):
            raise ValidationError(
                f"“{phrase}” has no words that people can search for."
            )


class SynonymSnippet(models.Model):
    """What residents call things, and what the pages call them (S3)."""

    searched = models.CharField(
        "when people search for",
        max_length=500,
        validators=[validate_phrases],
        help_text="What people type, for example 'tip, dump'. Separate words or "
        "phrases with commas. You do not need to add plurals or spelling mistakes.",
    )
    found_as = models.CharField(
        "also look for",
        max_length=500,
        validators=[validate_phrases],
        help_text="What our pages call it, for example 'household waste recycling "
        "centre'.",
    )
    both_ways = models.BooleanField(
        "works both ways",
        default=False,
        help_text="Select this if both mean the same, for example 'PIP' and 'Personal "
        "Independence Payment'. A search for either will find pages with the other.",
    )

    class Meta:
        verbose_name = "synonym"
        ordering = ["searched"]

    def __str__(self):
        return f"{self.searched} {'↔' if self.both_ways else '→'} {self.found_as}"

    def clean(self):
        searched = {stems(tokenise(phrase)) for phrase in split_phrases(self.searched)}
        for phrase in split_phrases(self.found_as):
            if stems(tokenise(phrase)) in searched:
                message = f"“{phrase}” is on both sides. Search already finds it."
                raise ValidationError({"found_as": message})


class SynonymMatcher:
    """All synonyms, ready to look up; the oldest counts first."""

    def __init__(self, synonyms: Iterable[SynonymSnippet]):
        self._rewrites: dict[Phrase, list[Phrase]] = defaultdict(list)
        self.searched: list[str] = []
        self.words: set[str] = set()
        for synonym in sorted(synonyms, key=lambda each: each.pk):
            sides = split_phrases(synonym.searched), split_phrases(synonym.found_as)
            self._add(*sides)
            if synonym.both_ways:
                self._add(*reversed(sides))
        self._longest = max(map(len, self._rewrites), default=0)

    def _add(self, sources: list[str], targets: list[str]) -> None:
        self.searched += sources
        target_words = [tuple(tokenise(target)) for target in targets]
        for source in sources:
            words = tokenise(source)
            self.words.update(words, *target_words)
            phrases = {stems(words)}
            if len(significant_words(words)) > 1:
                # As it is once "my" and "of" are left out.
                phrases.add(stems(significant_words(words)))
            for phrase in phrases:
                self._rewrites[phrase] += target_words

    def rewrite(self, words: list[str]) -> list[Rewrite]:
        """Return a search's words with one phrase at a time replaced by a synonym.

        A phrase is recognised by its stems, and also with words such as "my" in
        between. Of phrases inside one another the longest counts: "sofa surfing"
        is not about sofas.
        """
        return [
            (variant[:start], other, variant[end:])
            for variant in dict.fromkeys(
                [tuple(words), tuple(significant_words(words))]
            )
            for start, end in self._find(stems(variant))
            for other in self._rewrites[stems(variant[start:end])]
        ]

    def _find(self, searched: Phrase) -> list[tuple[int, int]]:
        """Return where phrases start and end, the longest first."""
        found: list[tuple[int, int]] = []
        for length in range(min(len(searched), self._longest), 0, -1):
            for start in range(len(searched) - length + 1):
                end = start + length
                inside = any(a <= start and end <= b for a, b in found)
                if not inside and searched[start:end] in self._rewrites:
                    found.append((start, end))
        return found


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
    """A page, ours or another website's, that is shown first for a search (S5)."""

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

    in_longer_searches = models.BooleanField(
        "for people in danger or need",
        default=False,
        db_default=False,
        help_text="Select this to show it for longer searches that contain these words "
        "too, for example 'I am homeless tonight'. The words are then not suggested to "
        "people as they type.",
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
    """All promotions, ready to look up: our own pages first, then the oldest."""

    def __init__(self, promotions: Iterable[PromotionSnippet], at: datetime):
        self._promotions: dict[Phrase, list[PromotionSnippet]] = defaultdict(list)
        # Those that a longer search may contain, by all of their words.
        self._inside: dict[Phrase, list[PromotionSnippet]] = defaultdict(list)
        self.phrases: list[str] = []
        self.words: set[str] = set()
        for promotion in sorted(
            promotions, key=lambda each: (not each.page_id, each.pk)
        ):
            for phrase in split_phrases(promotion.searched):
                words = tokenise(phrase)
                if promotion.is_current(at):
                    # Otherwise corrections would give away a future promotion.
                    self.words.update(significant_words(words))
                self._promotions[_significant_stems(phrase)].append(promotion)
                if promotion.in_longer_searches:
                    self._inside[stems(words)].append(promotion)
                else:
                    self.phrases.append(phrase)
        self._longest = max(map(len, self._inside), default=0)

    def find(self, query: str) -> list[PromotionSnippet]:
        """Return those for the whole search, then those for a part of it, once each."""
        found = [*self._promotions.get(_significant_stems(query), ())]
        searched = stems(tokenise(query))
        for start in range(len(searched)):
            for end in range(start + 1, start + self._longest + 1):
                found += self._inside.get(searched[start:end], ())
        return list(dict.fromkeys(found))


def _significant_stems(text: str) -> Phrase:
    return stems(significant_words(tokenise(text)))


@dataclass(frozen=True)
class PromotedResult:
    title: str
    href: str
    description: str
    page_id: int | None

    @property
    def host(self) -> str:
        return (urlsplit(self.href).hostname or "").removeprefix("www.")


def get_promoted(
    promotions: list[PromotionSnippet], root: Page, at: datetime
) -> list[PromotedResult]:
    current = [each for each in promotions if each.is_current(at)]
    pages, summaries = {}, {}
    if page_ids := [each.page_id for each in current if each.page_id]:
        visible = visible_pages(at).filter(path__startswith=root.path)
        pages = visible.in_bulk(page_ids)
        documents = SearchDocument.objects.filter(pk__in=pages)
        summaries = dict(documents.values_list("pk", "summary"))
    return [
        PromotedResult(
            title=each.title or (page.title if page else each.link),
            href=public_path(page.url_path, root) if page else each.link,
            description=each.description or summaries.get(each.page_id, ""),
            page_id=page.pk if page else None,
        )
        for each in current
        if (page := pages.get(each.page_id)) or each.link
    ]


class BlockedSuggestion(models.Model):
    """Words that search never suggests and never corrects to (S8)."""

    phrase = models.CharField(
        "word or phrase",
        max_length=100,
        unique=True,
        validators=[validate_phrases],
        help_text="For example, a swear word or a name. A full name does not cover the "
        "surname alone, so add that too. Separate several with commas. People can "
        "still search for it.",
    )

    class Meta:
        verbose_name = "blocked suggestion"
        ordering = ["phrase"]

    def __str__(self):
        return self.phrase


class Blocklist:
    def __init__(self, blocked: Iterable[BlockedSuggestion] = ()):
        self._phrases = [
            stems(tokenise(phrase))
            for each in blocked
            for phrase in split_phrases(each.phrase)
        ]

    def matches(self, text: str) -> bool:
        """Say whether a text contains a blocked phrase, in any form of its words."""
        if not self._phrases:
            return False
        # All of it, although a query is cut: titles may be longer.
        found = stems(plain_analyzer.analyze(fold(text)))
        return any(
            found[start : start + len(phrase)] == phrase
            for phrase in self._phrases
            for start in range(len(found) - len(phrase) + 1)
        )
