"""From what somebody typed to a query: words, stems and field weights."""

import re
import unicodedata

import tantivy

# Longer than any question that a person types; the rest costs time and finds nothing.
MOST_CHARACTERS = 300
MOST_WORDS = 32

# A word in the title says most of what a page is about; in the body, least.
FIELD_WEIGHTS = {
    "title": 4.0,
    "search_words": 4.0,
    "summary": 2.0,
    "headings": 1.5,
    "body": 1.0,
}
# How much the fields beside the best one add.
TIE_BREAKER = 0.3

# Dropped from a query when other words are left, so that "what's on" still finds.
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a about am an and any are as at be by can do does for from get have how i if in
        is it me my of on or our s so that the there they this to was we what whats when
        where which who why will with you your
        """,
    )
)

TOKENIZER_NAME = "site_english"
analyzer = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    .filter(tantivy.Filter.remove_long(60))
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)


def fold(text: str) -> str:
    """Return text with apostrophes dropped and control characters as spaces.

    Used on pages and on queries, so that "council's" and "councils" meet.
    """
    return _without_controls(re.sub("['’‘`]", "", unicodedata.normalize("NFKC", text)))


def clean_query(raw: str, most_characters: int = MOST_CHARACTERS) -> str:
    """Return what was typed as one line of bounded length, without control signs."""
    return " ".join(_without_controls(raw[:most_characters]).split())


def _without_controls(text: str) -> str:
    # By distinct sign, as going through all of a page's text takes ten times as long.
    for sign in set(text):
        if unicodedata.category(sign)[0] == "C":
            text = text.replace(sign, " ")
    return text


def query_words(text: str) -> list[str]:
    """Return the words to search for; stop words only where there is nothing else."""
    words = re.findall(r"\w+", fold(text).lower())[:MOST_WORDS]
    telling = [word for word in words if word not in STOP_WORDS]
    return telling or words


def query_stems(text: str) -> list[str]:
    """Return the stems to search for, each once."""
    stems = [stem for word in query_words(text) for stem in analyzer.analyze(word)]
    return list(dict.fromkeys(stems))


def build_query(text: str, schema: tantivy.Schema) -> tantivy.Query | None:
    """Return the query for what somebody typed, or None when it holds no word.

    Any word may match and the best field counts. It is built from objects, never by
    parsing, so no sign that a visitor types has a meaning of its own.
    """
    stems = query_stems(text)
    if not stems:
        return None
    by_field = []
    for field, weight in FIELD_WEIGHTS.items():
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, field, stem))
            for stem in stems
        ]
        by_field.append(
            tantivy.Query.boost_query(tantivy.Query.boolean_query(terms), weight)
        )
    return tantivy.Query.disjunction_max_query(by_field, TIE_BREAKER)
