"""The text of a file: collected line by line in the worker, cleaned by its parent."""

import unicodedata

MAX_CHARACTERS = 500_000


class UnreadableError(Exception):
    """A file cannot be read; `problem` is the value of a `FileProblem`."""

    def __init__(self, problem: str):
        super().__init__(problem)
        self.problem = problem


class EnoughTextError(Exception):
    """The maximum of text has been collected."""


class Lines:
    """Collects lines of text up to `MAX_CHARACTERS`.

    Methods raise `EnoughTextError` then. What is collected stays.
    """

    def __init__(self):
        self._parts = []
        self._room = MAX_CHARACTERS

    def add(self, text: str) -> None:
        self._append(text[: self._room].replace("\n", " "))

    def end_line(self) -> None:
        """End the last line, unless it is empty."""
        if self._parts and self._parts[-1] != "\n":
            self._append("\n")

    def _append(self, part: str) -> None:
        self._parts.append(part)
        self._room -= len(part)
        if self._room <= 0:
            raise EnoughTextError

    def __str__(self) -> str:
        return "".join(self._parts)


def clean_text(text: str) -> str:
    """Return text without control characters, empty lines and indentation.

    PostgreSQL rejects NUL, and UTF-8 has no lone surrogates.
    """
    text = text[:MAX_CHARACTERS]
    categories = {each: unicodedata.category(each) for each in set(text) - {"\n"}}
    # Format characters, such as the soft hyphen, are inside words.
    replaced = {
        ord(each): "" if category == "Cf" else " "
        for each, category in categories.items()
        if category[0] == "C"
    }
    text = text.translate(replaced) if replaced else text
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
