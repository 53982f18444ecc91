"""What a page or file says about a search: whole sentences, with its words marked."""

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import tantivy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from home.content.text import anchor_of
from search.engine.index import SearchHits
from search.engine.query import WORD, ParsedQuery
from search.engine.schema import SCHEMA
from search.indexing.documents import SearchDocument, SearchFile
from search.tokens import forms, stem, tokenise

MAX_CHARACTERS = 240
# Only the start of a long file is searched; all of it would take half a second.
MAX_READ = 50_000
# A line or a page ends a part of a text, and a sentence is followed by another one.
PART_END = re.compile(r"[\n\f]")
END = re.compile(
    r"[\n\f]+|(?<=[.!?…])(?<!\b(?:Dr|Mr|No|St)\.)(?<!\bMrs\.)[’”\"')]? +(?=[^a-z\s])"
)


class Snippet(NamedTuple):
    extract: SafeString
    # The heading or page that it is from, if that helps, and the fragment for it.
    place: str = ""
    anchor: str = ""


class SnippetBuilder:
    """Makes the snippets of one page of results; without hits, their starts."""

    def __init__(self, parsed: ParsedQuery, hits: SearchHits | None = None):
        self._variants = [
            [frozenset(forms(word)) for word in variant.words]
            for variant in parsed.variants
        ]
        self._stems = {form for word in parsed.words for form in forms(word)}
        self._generator = None
        if hits and hits.query:
            self._generator = tantivy.SnippetGenerator.create(
                hits.vocabulary.searcher, hits.query, SCHEMA, "body"
            )
            self._generator.set_max_num_chars(MAX_CHARACTERS)

    def of_page(self, page: SearchDocument) -> Snippet:
        sections = _sections(page)
        if heading := self._answering(page.title, sections):
            extract, _ = self._build(sections[heading])
            return Snippet(extract, heading, anchor_of(heading))
        extract, _ = self._build("\n".join([page.summary, *sections.values()]))
        return Snippet(extract)

    def of_file(self, file: SearchFile) -> Snippet:
        extract, start = self._build(file.body)
        if "\f" not in file.body or "<mark>" not in extract:
            return Snippet(extract)
        number = file.body.count("\f", 0, start) + 1
        return Snippet(extract, f"Page {number}", f"page={number}")

    def _answering(self, title: str, sections: dict[str, str]) -> str:
        """Return the first heading that says more of what was searched than the title.

        It has two such words, or with the title has all the words.
        """
        answers = {}
        in_title = _stems_of(title)
        for heading, text in sections.items():
            stems = _stems_of(heading)
            more = (stems - in_title) & self._stems
            has_all = any(
                not any((in_title | stems).isdisjoint(word) for word in words)
                for words in self._variants
            )
            if text and more and (has_all or len(more) > 1):
                answers[heading] = len(more)
        return max(answers, key=answers.__getitem__, default="")

    def _build(self, text: str) -> tuple[SafeString, int]:
        """Return the sentences of a text that answer best, marked, and their place."""
        text = text[:MAX_READ]
        part = ""
        if self._generator:
            document = tantivy.Document.from_dict({"body": text}, SCHEMA)
            part = self._generator.snippet_from_doc(document).fragment()
        found = text.find(part)
        # More than is shown, as the sentence may have begun before.
        first = max(0, found - MAX_CHARACTERS)
        near = text[first : found + 2 * MAX_CHARACTERS]
        ends = [0, *(end.end() for end in END.finditer(near)), len(near)]
        places = [place for place in pairwise(ends) if near[slice(*place)].strip()]
        if not places:
            return self._mark(""), 0
        touched = [
            (start, end)
            for start, end in places
            if end > found - first and start <= found - first + len(part)
        ] or places[:1]
        start, end = max(touched, key=lambda place: self._count(near[slice(*place)]))
        for _, later in places:
            is_long = later - start > MAX_CHARACTERS
            if later > end and not is_long and not PART_END.search(near, start, end):
                end = later
        is_begun = start == 0 and first > 0
        is_open = end == len(near) and first + end < len(text)
        shown = self._cut(near[start:end], is_begun, is_open)
        return self._mark(shown), first + start

    def _count(self, text: str) -> int:
        return len(self._stems & {stem(word) for word in tokenise(text)})

    def _cut(self, text: str, is_begun: bool, is_open: bool) -> str:
        """Shorten a long sentence to words around the first that was searched for."""
        words = text.split()
        if is_begun:
            words = words[1:] or words
        if is_open:
            words = words[:-1] or words
        size = sum(map(len, words)) + len(words)
        if size > MAX_CHARACTERS:
            marked = (n for n, word in enumerate(words) if self._is_searched(word))
            begin = max(0, next(marked, 0) - 8)
            is_begun, words = is_begun or begin > 0, words[begin:]
        shown, length = [], 0
        for word in words:
            length += len(word) + 1
            if shown and length > MAX_CHARACTERS:
                is_open = True
                break
            shown.append(word[:MAX_CHARACTERS])
        return "… " * is_begun + " ".join(shown) + " …" * is_open

    def _is_searched(self, word: str) -> bool:
        return not self._stems.isdisjoint(_stems_of(word))

    def _mark(self, text: str) -> SafeString:
        # Not with Tantivy's own marks: it only knows words in the body of some page.
        found, position = [], 0
        for word in WORD.finditer(text):
            if self._is_searched(word[0]):
                found.append((text[position : word.start()], word[0]))
                position = word.end()
        marked = format_html_join("", "{}<mark>{}</mark>", found)
        return format_html("{}{}", marked, text[position:])


def _sections(page: SearchDocument) -> dict[str, str]:
    """Return the text below each heading; what comes before the first is below ""."""
    headings = set(page.headings.splitlines())
    sections: dict[str, list[str]] = {"": []}
    lines = sections[""]
    for line in page.body[:MAX_READ].splitlines():
        if line in headings:
            lines = sections.setdefault(line, [])
        else:
            lines.append(line)
    return {heading: "\n".join(lines) for heading, lines in sections.items()}


@lru_cache(maxsize=20_000)
def _stems_of(text: str) -> frozenset[str]:
    return frozenset(map(stem, tokenise(text)))
