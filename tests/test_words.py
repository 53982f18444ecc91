"""The project speaks the field's words: `docs/glossary.md` says which."""

import re

import pytest

from tests.test_project import ROOMS, ROOT

# A word that must be decoded, or that no officer would say, and what to say instead.
# Each is a pattern of its wrong uses; what else may match is excused below.
HOUSE_WORDS = {
    r"\banew\b": "again",
    r"\b(?:whoever|somebody|anybody)\b": "someone, anyone, or who it is",
    r"\bnobody\b": "no one",
    r"\bmend(?:s|ed|ing)?\b": "fix, correct",
    r"_moment\b|\bmoment_|\bmoments\b|\b(?:a|the|this|that|one) moment\b": "time, _at",
    r"\bkept_|_kept\b|\bKept[A-Z]": "cached, stored",
    r"\bwish(?:es)?\b|_wish\b|\bwish_": "subscription",
    r"\bLetters?\b|\bletters\.py|\bpostman\b": "email, delivery",
    r"\b[Tt]roubles?\b|_trouble\b|TROUBLE": "problem, error, outage",
    r"\b[Rr]efusals?\b": "bounce, rejection, error",
    r"\b[Ff]ates?\b": "outcome",
    r"\b[Pp]roofs?\b|\bprove[ns]?\b": "test, benchmark, preview link",
    r"\b[Ss]tandings?\b": "status",
    r"_in_words\b|\bat work\b": "format_, running",
    r"\b(?:is|be|are|was)[_ ]away\b|AwayError|while_away|_away\b": "unavailable",
    r"\bMOST_[A-Z]|MOST_FIGURES": "MAX_",
    r"\bsecond[_ -]step\b": "two-factor authentication, MFA",
    r"raise_content_version|raise_on_change": "bump_version",
    r"\b(?:is|are|be|was|were) told\b|\btold_|_told\b": "notified, get an email",
    r"\b(?:page|it|block|word|text|that)s? stands?\b": "is",
    r"\b[Ee]-mails?\b": "email",
}

EXCUSED = [
    # "At the moment" is how GOV.UK says that something is unavailable for now.
    ("", "at the moment"),
    # The variable of the environment is part of what operators set.
    ("", "SECOND_STEP_REQUIRED"),
    # Quotes what is no longer said.
    ("docs/adr/0031-the-fields-own-words.md", ""),
]
# Decisions are superseded, not rewritten.
HISTORY = "docs/adr/"
KINDS = {".py", ".md", ".html", ".txt", ".js", ".css", ".sh", ".conf", ".service"}


def read_texts():
    """Return the text of each file that people read, by its path in the project."""
    folders = [*ROOMS, "docs", "deploy"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.*")]
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in [*files, ROOT / "README.md", ROOT / "manage.py", ROOT / "Makefile"]
        if path.suffix in KINDS or path.name == "Makefile"
        if "migrations" not in path.parts
    }


TEXTS = read_texts()


def find_house_words(pattern, texts):
    for name, text in texts.items():
        if name.startswith(HISTORY):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            left = line
            for file, phrase in EXCUSED:
                if phrase and name.startswith(file):
                    left = left.replace(phrase, "")
            if re.search(pattern, left):
                yield f"{name}:{number}: {line.strip()}"


@pytest.mark.parametrize(("pattern", "instead"), HOUSE_WORDS.items())
def test_no_house_word_is_used(pattern, instead):
    assert {"README.md", "home/pages.py", "docs/editors.md"} <= set(TEXTS)
    found = list(find_house_words(pattern, TEXTS))
    assert not found, f"Say instead: {instead}\n" + "\n".join(found)


def test_house_words_are_seen():
    """The negative control of this list."""
    for line in (
        "Ask somebody to mend it.",
        "def kept_pages():",
        "MOST_TRIES = 3",
        "The reader is told by e-mail.",
    ):
        assert any(
            list(find_house_words(pattern, {"x.py": line})) for pattern in HOUSE_WORDS
        )
