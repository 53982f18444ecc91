"""Reads pages from a CSV file, or from a folder of HTML files."""

import codecs
import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector, UnicodeDammit
from django.utils.html import escape, linebreaks

from home.dashboard import counted
from stockton_cms.operations.importer.plan import (
    COLUMNS,
    MAX_BODY_LENGTH,
    SECTION,
    Record,
    SourceError,
    address_of,
)

# Takes the place and what is odd about it.
Note = Callable[[str, str], None]
SEPARATORS = ",;\t"
IS_HTML = re.compile(r"</?[a-zA-Z][^<>]*>|&(#\d+|[a-zA-Z]+);")
ENDINGS = frozenset({".html", ".htm"})
INDEX_STEMS = frozenset({"index", "default"})
# Around a page's own words, where a file does not say which those are.
FRAME = ("header", "nav", "footer", "aside")


def read_csv(path: Path, note: Note) -> Iterator[Record]:
    """Yield a record for each row; raise `SourceError` where it cannot be read."""
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


def read_folder(root: Path, old_address: str, note: Note) -> Iterator[Record]:
    """Yield a record for each page; the folders are the tree.

    `old_address` is where the folder was on the web. Raises `SourceError` where there
    is no page.
    """
    sections: dict[Path, Record] = {}
    for folder, files in _folders(root, note):
        above = sections.get(folder.parent)
        index = next((p for p in files if p.stem.lower() in INDEX_STEMS), None)
        if index or folder != root:
            files = [path for path in files if path != index]
            above = sections[folder] = _section(folder, index, root)
            above.parent = sections.get(folder.parent) if folder != root else None
            yield _checked(above, old_address)
        for path in files:
            name = path.relative_to(root).as_posix()
            record = Record(name, {"slug": path.stem}, f"/{quote(name)}", above)
            _read(path, record)
            yield _checked(record, old_address)


def _folders(root: Path, note: Note) -> list[tuple[Path, list[Path]]]:
    """Return the folders that hold pages or such folders, the outer ones first."""
    folders = defaultdict(list)
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if any(part.startswith(".") for part in name.parts):
            continue
        if path.is_symlink():
            note(root.name, f"{name} is a link to elsewhere: not followed.")
        elif path.suffix.lower() in ENDINGS and path.is_file():
            folders[path.parent].append(path)
            for above in name.parents:
                folders[root / above] += []
    if not folders:
        raise SourceError("There is no .html file in the folder.")
    return sorted(folders.items())


def _section(folder: Path, index: Path | None, root: Path) -> Record:
    name = "" if folder == root else f"{folder.relative_to(root).as_posix()}/"
    said = {"type": SECTION, "slug": folder.name if name else ""}
    place = index.relative_to(root).as_posix() if index else name
    record = Record(place, said, f"/{quote(name)}")
    if index:
        _read(index, record)
    else:
        title = folder.name.replace("-", " ").replace("_", " ")
        said["title"] = title.strip().capitalize() or "Section"
        record.notes.append("There is no index.html: titled like the folder.")
    return record


def _read(path: Path, record: Record) -> None:
    try:
        data = path.read_bytes()
    except OSError as error:
        record.problem = f"The file cannot be read: {error.strerror}."
        return
    if len(data) > MAX_BODY_LENGTH * 4:
        record.problem = "The file is larger than 4 MB."
        return
    # What it is, whatever it says itself.
    declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    known = ["utf-8-sig", *filter(None, [declared]), "cp1252"]
    html = UnicodeDammit(data, known_definite_encodings=known).unicode_markup
    soup = BeautifulSoup(html or data.decode(errors="replace"), "html.parser")
    body = soup.find("main") or soup.find("article") or soup.find("body")
    if body is None:
        record.problem = "It has no <main>, <article> or <body>, so no text."
        return
    heading = body.find("h1") or soup.find("h1") or soup.find("title")
    record.said["title"] = heading.get_text(" ", strip=True) if heading else ""
    if heading and heading.name == "h1":
        heading.decompose()
    for tag in body.find_all(FRAME) if body.name == "body" else ():
        tag.decompose()
    description = soup.find("meta", attrs={"name": "description"})
    canonical = soup.find("link", attrs={"rel": "canonical"})
    record.said |= {
        "summary": _attribute(description, "content"),
        "old_address": _attribute(canonical, "href"),
        "body": body.decode_contents(),
    }


def _attribute(tag: Tag | None, name: str) -> str:
    return str(tag.get(name, "")).strip() if tag else ""


def _checked(record: Record, old_address: str) -> Record:
    if old_address and not record.said.get("old_address"):
        record.said["old_address"] = f"{old_address.rstrip('/')}{record.base}"
    if not record.problem:
        record.check()
    return record
