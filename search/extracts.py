"""The part of a text that answers a search, with the words that were found marked."""

import tantivy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from search.query import WORD, Understood
from search.schema import SCHEMA
from search.words import forms, stem, words_of

MOST_CHARACTERS = 240
# Of a long file, so much is looked through; all of it would cost half a second.
MOST_READ = 50_000


class Extractor:
    """Makes the extracts of one page of results; beginnings without a generator."""

    def __init__(
        self, understood: Understood, generator: tantivy.SnippetGenerator | None = None
    ):
        self._stems = {form for word in understood.words for form in forms(word)}
        self._generator = generator
        if generator:
            generator.set_max_num_chars(MOST_CHARACTERS)

    def extract(self, text: str) -> SafeString:
        """Return the best part of a text, escaped and marked; else its beginning."""
        text = " ".join(text[:MOST_READ].split())
        part = self._best_part(text) or text[:MOST_CHARACTERS]
        # Not with Tantivy's own marks: it knows no words but those of some page's body.
        pieces, position = ["" if text.startswith(part) else "… "], 0
        for word in WORD.finditer(part):
            if self._stems.intersection(map(stem, words_of(word[0]))):
                before = part[position : word.start()]
                pieces.append(format_html("{}<mark>{}</mark>", before, word[0]))
                position = word.end()
        pieces += [part[position:], "" if text.endswith(part) else " …"]
        return format_html_join("", "{}", ((piece,) for piece in pieces))

    def _best_part(self, text: str) -> str:
        if not text or not self._generator:
            return ""
        document = tantivy.Document.from_dict({"body": text}, SCHEMA)
        return self._generator.snippet_from_doc(document).fragment()
