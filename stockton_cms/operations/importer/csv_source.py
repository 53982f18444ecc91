"""Reads pages from a CSV file, a row at a time."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.utils.html import escape
from wagtail.contrib.redirects.models import Redirect

from home.dashboard import counted
from stockton_cms.operations.importer.records import (
    MAX_BODY_LENGTH,
    Record,
    SourceError,
    normalise,
)

COLUMNS = (
    "title",
    "slug",
    "summary",
    "body",
    "type",
    "parent",
    "old_address",
    "owner_name",
    "owner_email",
    "review_on",
    "search_words",
    "state",
)
SEPARATORS = ",;\t"
PIECE = 1024 * 1024
IS_HTML = re.compile(r"</?[a-zA-Z][^<>]*>|&(#\d+|[a-zA-Z]+);")


class CsvSource:
    def __init__(self, path: Path):
        self.path = path
        # Pictures and documents are looked for beside it.
        self.root = path.parent
        self.notes: list[str] = []
        self.old_address = ""

    def scan(self) -> Iterator[tuple[Record, str]]:
        """Yield each row, and what is wrong with it."""
        with self.path.open(encoding=self._encoding(), newline="") as file:
            csv.field_size_limit(MAX_BODY_LENGTH * 4)
            first = file.readline()
            separator = max(SEPARATORS, key=first.count)
            file.seek(0)
            rows = csv.reader(file, delimiter=separator)
            try:
                names = self._columns(next(rows, []))
                yield from self._read(rows, names)
            except csv.Error as error:
                raise SourceError(
                    f"Line {rows.line_num} cannot be read ({error}): perhaps a "
                    "quotation mark is never closed."
                ) from error

    def _read(self, rows, names: list[str]) -> Iterator[tuple[Record, str]]:
        end_of_last = rows.line_num
        for row in rows:
            line, end_of_last = end_of_last + 1, rows.line_num
            if not any(cell.strip() for cell in row):
                continue
            record = Record(place=f"line {line}")
            problem = ""
            if len(row) > len(names):
                cells, headings = len(row), counted(len(names), "heading", "headings")
                problem = f"It has {cells} cells for {headings}."
            for name, cell in zip(names, row, strict=False):
                if name:
                    setattr(record, name, cell if name == "body" else cell.strip())
            try:
                normalise(record)
            except SourceError as error:
                problem = problem or str(error)
            record.body = as_html(record.body)
            if record.old_address:
                record.base = Redirect.normalise_path(record.old_address)
            yield record, problem

    def _encoding(self) -> str:
        """Return how the file is written; it is read once for that."""
        with self.path.open("rb") as file:
            start = file.read(4)
        if not start:
            raise SourceError("The file is empty.")
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        for encoding in ("utf-8-sig", "cp1252"):
            try:
                with self.path.open(encoding=encoding, newline="") as file:
                    while file.read(PIECE):
                        pass
            except UnicodeDecodeError:
                continue
            if encoding == "cp1252":
                self.notes.append("The file is read as Windows-1252, not as UTF-8.")
            return encoding
        raise SourceError(
            "The file is neither UTF-8 nor Windows-1252 text. In Excel choose Save as, "
            "'CSV UTF-8'."
        )

    def _columns(self, headings: list[str]) -> list[str]:
        """Return the field of each column; empty for one that is not known."""
        names = [
            re.sub(r"[\s-]+", "_", heading.strip().lower()) for heading in headings
        ]
        if "title" not in names:
            raise SourceError(
                "There is no column 'title'. The first line must hold the headings: "
                f"{', '.join(COLUMNS)}."
            )
        if twice := {name for name, n in Counter(names).items() if name and n > 1}:
            raise SourceError(f"The column '{min(twice)}' appears twice.")
        unknown = [name for name in names if name and name not in COLUMNS]
        if unknown:
            self.notes.append(f"Columns ignored: {', '.join(unknown)}.")
        return [name if name in COLUMNS else "" for name in names]


def as_html(text: str) -> str:
    """Return HTML as it is, and plain text as paragraphs, which empty lines divide."""
    if IS_HTML.search(text):
        return text
    parts = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    lines = ("<br>".join(escape(part).splitlines()) for part in parts if part)
    return "".join(f"<p>{line}</p>" for line in lines)
