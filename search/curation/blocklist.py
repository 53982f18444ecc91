"""Words that search never suggests and never corrects to (S8)."""

from collections.abc import Iterable

from django.db import models

from search.curation.synonyms import split_phrases, stems, validate_phrases
from search.tokens import fold, plain_analyzer, tokenise


class BlockedSuggestion(models.Model):
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
    """All blocked suggestions, ready to look up."""

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
