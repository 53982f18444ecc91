"""Synonyms: what residents call things, and what the pages call them (S3)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import models

from search.tokens import significant_words, stem, tokenise

Phrase = tuple[str, ...]
# The words before, those put in their place, and those after.
Rewrite = tuple[Sequence[str], Sequence[str], Sequence[str]]


def split_phrases(text: str) -> list[str]:
    """Split a list separated by commas or line breaks."""
    phrases = (" ".join(part.split()) for part in text.replace("\n", ",").split(","))
    return [phrase for phrase in dict.fromkeys(phrases) if phrase]


def validate_phrases(text: str) -> None:
    """Reject an empty list, or a phrase without a word, such as "?!"."""
    phrases = split_phrases(text)
    if not phrases:
        raise ValidationError("Enter at least one word that people can search for.")
    for phrase in phrases:
        if not tokenise(phrase):
            raise ValidationError(
                f"“{phrase}” has no words that people can search for."
            )


class SynonymSnippet(models.Model):
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
        """Reject a synonym with the same words on both sides."""
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
        self.stems: set[str] = set()
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
            self.stems.update(stems(words))
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
        rewritten = []
        for variant in dict.fromkeys([tuple(words), tuple(significant_words(words))]):
            for start, end in self._find(stems(variant)):
                for other in self._rewrites[stems(variant[start:end])]:
                    rewritten.append((variant[:start], other, variant[end:]))
        return rewritten

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


def stems(words: Iterable[str]) -> Phrase:
    """Return the stems by which phrases are compared."""
    return tuple(stem(word) for word in words)
