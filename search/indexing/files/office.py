"""Reads the text of Word (.docx) and OpenDocument files, in the worker process only.

Both are XML in a ZIP archive. It is read as a stream, never as a tree, so that memory
does not grow with the file; document type declarations, and so entities, are refused.
"""

import re
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from defusedxml.ElementTree import DefusedXMLParser, fromstring

from search.indexing.files.text import EnoughTextError, Lines, UnreadableError

# ECMA-376, transitional and strict.
WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns"


def _names(namespace: str, *names: str) -> frozenset[str]:
    return frozenset(f"{{{namespace}}}{name}" for name in names)


@dataclass(frozen=True)
class Markup:
    """What the elements of a format mean for its text, by their full names."""

    holds_text: frozenset[str]
    ends_line: frozenset[str]
    is_space: frozenset[str]
    # Tracked deletions, comments, and duplicates for other programs.
    is_left_out: frozenset[str]


_TEXT = f"{OPEN_DOCUMENT}:text:1.0"
_TABLE = f"{OPEN_DOCUMENT}:table:1.0"
_COMMENTS = _names(f"{OPEN_DOCUMENT}:office:1.0", "annotation")
_SPACES = _names(_TEXT, "s", "tab", "line-break")

DOCX = Markup(
    holds_text=_names(WORD[0], "t") | _names(WORD[1], "t"),
    ends_line=_names(WORD[0], "p") | _names(WORD[1], "p"),
    is_space=_names(WORD[0], "tab", "br", "cr") | _names(WORD[1], "tab", "br", "cr"),
    is_left_out=_names(WORD[0], "moveFrom")
    | _names(WORD[1], "moveFrom")
    | _names(COMPATIBILITY, "Fallback"),
)
ODT = Markup(
    holds_text=_names(_TEXT, "p", "h"),
    ends_line=_names(_TEXT, "p", "h"),
    is_space=_SPACES,
    is_left_out=_names(_TEXT, "tracked-changes") | _COMMENTS,
)
ODS = Markup(
    holds_text=_names(_TEXT, "p"),
    ends_line=_names(_TABLE, "table-row"),
    is_space=_SPACES | _names(_TEXT, "p"),
    is_left_out=_names(_TABLE, "tracked-changes") | _COMMENTS,
)


MAX_BYTES_OF_XML = 128 * 1024 * 1024
MAX_BYTES_OF_A_LIST = 1024 * 1024
CHUNK = 64 * 1024

# [MS-CFB]: the container of a document with a password, and of an older .doc.
COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")

WORD_FURNITURE = re.compile(r"word/(header|footer|footnotes|endnotes)\d*\.xml")


class TextTarget:
    """Takes what an XML parser finds and adds its text to lines."""

    def __init__(self, markup: Markup, lines: Lines):
        self._markup = markup
        self._lines = lines
        self._inside = 0
        self._left_out = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._left_out += tag in self._markup.is_left_out
        self._inside += tag in self._markup.holds_text

    def data(self, data: str) -> None:
        if self._inside and not self._left_out:
            self._lines.add(data)

    def end(self, tag: str) -> None:
        self._left_out -= tag in self._markup.is_left_out
        self._inside -= tag in self._markup.holds_text
        if tag in self._markup.is_space:
            self._lines.add(" ")
        if tag in self._markup.ends_line:
            self._lines.end_line()


def read_docx(file: BinaryIO) -> str:
    """Return the text of a Word document: body, headers, footers and notes."""
    if file.read(len(COMPOUND_FILE)) == COMPOUND_FILE:
        is_encrypted = ENCRYPTED_PACKAGE in file.read()
        raise UnreadableError("encrypted" if is_encrypted else "damaged")
    with ZipFile(file) as archive:
        furniture = filter(WORD_FURNITURE.fullmatch, archive.namelist())
        parts = [_main_part_of_word(archive), *sorted(furniture)]
        return _read_parts(archive, parts, DOCX, pictures="word/media/")


def read_odt(file: BinaryIO) -> str:
    return _read_open_document(file, "text", ODT)


def read_ods(file: BinaryIO) -> str:
    """Return the text of an OpenDocument spreadsheet, one line for each row."""
    return _read_open_document(file, "spreadsheet", ODS)


def _main_part_of_word(archive: ZipFile) -> str:
    for relationship in fromstring(_read_list(archive, "_rels/.rels"), forbid_dtd=True):
        target = relationship.get("Target", "").lstrip("/")
        kind = relationship.get("Type", "")
        if kind.endswith("/officeDocument") and target.startswith("word/"):
            return target
    raise UnreadableError("damaged")


def _read_open_document(file: BinaryIO, kind: str, markup: Markup) -> str:
    with ZipFile(file) as archive:
        kinds = f"application/vnd.oasis.opendocument.{kind}".encode()
        if not _read_list(archive, "mimetype").startswith(kinds):
            raise UnreadableError("damaged")
        if b"encryption-data" in _read_list(archive, "META-INF/manifest.xml"):
            raise UnreadableError("encrypted")
        return _read_parts(archive, ["content.xml"], markup, pictures="Pictures/")


def _read_parts(
    archive: ZipFile, parts: list[str], markup: Markup, *, pictures: str
) -> str:
    lines = Lines()
    try:
        for part in parts:
            _parse(archive, part, TextTarget(markup, lines))
            lines.end_line()
    except EnoughTextError:
        return str(lines)
    has_pictures = any(name.startswith(pictures) for name in archive.namelist())
    if has_pictures and not str(lines).strip():
        raise UnreadableError("scanned")
    return str(lines)


def _parse(archive: ZipFile, name: str, target: TextTarget) -> None:
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    room = MAX_BYTES_OF_XML
    with _open(archive, name) as part:
        while chunk := part.read(CHUNK):
            room -= len(chunk)
            if room < 0:
                raise UnreadableError("too_large")
            parser.feed(chunk)
    parser.close()


def _read_list(archive: ZipFile, name: str) -> bytes:
    """Return a small part that lists what is in the archive."""
    with _open(archive, name) as part:
        data = part.read(MAX_BYTES_OF_A_LIST + 1)
    if len(data) > MAX_BYTES_OF_A_LIST:
        raise UnreadableError("too_large")
    return data


def _open(archive: ZipFile, name: str) -> BinaryIO:
    part = archive.getinfo(name)
    if part.flag_bits & 1:
        raise UnreadableError("encrypted")
    # Neither format has others, and LZMA uses as much memory as a file says.
    if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise UnreadableError("damaged")
    return archive.open(part)
