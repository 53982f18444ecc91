"""Reads pages from a CSV file."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from django.utils.html import escape, linebreaks

from home.dashboard import counted
from stockton_cms.operations.importer.records import (
    COLUMNS,
    MAX_BODY_LENGTH,
    Record,
    SourceError,
    address_of,
)

SEPARATORS = ",;\t"
IS_HTML = re.compile(r"</?[a-zA-Z][^<>]*>|&(#\d+|[a-zA-Z]+);")


def read_csv(path: Path, note: Callable[[str, str], None]) -> Iterator[Record]:
    """Yield a record for each row; note what is odd about the file.

    Raises `SourceError` where it cannot be read.
    """
    text, encoding = _decode(path.read_bytes())
    if encoding == "cp1252":
        note(path.name, "The file is read as Windows-1252, not as UTF-8.")
    csv.field_size_limit(MAX_BODY_LENGTH * 4)
    separator = max(SEPARATORS, key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        names = _columns(next(rows, []))
        if unknown := [name for name in names if name and name not in COLUMNS]:
            note(path.name, f"Columns ignored: {', '.join(unknown)}.")
        end_of_last = rows.line_num
        for row in rows:
            # A cell may hold several lines.
            line, end_of_last = end_of_last + 1, rows.line_num
            if any(cell.strip() for cell in row):
                yield _record(f"line {line}", names, row)
    except csv.Error as error:
        raise SourceError(
            f"Line {rows.line_num} cannot be read ({error}): perhaps a quotation mark "
            "is never closed."
        ) from error


def _decode(data: bytes) -> tuple[str, str]:
    """Return the text of a file, and its encoding."""
    if not data:
        raise SourceError("The file is empty.")
    is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ["utf-16"] if is_utf_16 else ["utf-8-sig", "cp1252"]:
        with suppress(UnicodeDecodeError):
            return data.decode(encoding), encoding
    raise SourceError(
        "The file is neither UTF-8 nor Windows-1252 text. In Excel choose Save as, "
        "'CSV UTF-8'."
    )


def _columns(headings: list[str]) -> list[str]:
    names = [re.sub(r"[\s-]+", "_", heading.strip().lower()) for heading in headings]
    if "title" not in names:
        raise SourceError(
            "There is no column 'title'. The first line must hold the headings: "
            f"{', '.join(COLUMNS)}."
        )
    for name in COLUMNS:
        if names.count(name) > 1:
            raise SourceError(f"The column '{name}' appears twice.")
    return names


def _record(place: str, names: list[str], row: list[str]) -> Record:
    record = Record(place, dict(zip(names, row, strict=False)))
    record.check()
    if len(row) > len(names):
        headings = counted(len(names), "heading", "headings")
        record.problem = f"It has {len(row)} cells for {headings}."
    if not record.problem:
        record.said["body"] = as_html(record.said["body"])
        record.base = address_of(record.said["old_address"])
    return record


def as_html(text: str) -> str:
    """Return HTML as it is, and plain text as paragraphs, which empty lines divide."""
    return text if IS_HTML.search(text) else linebreaks(escape(text))
