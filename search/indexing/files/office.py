"""Reads the text of Word (.docx) and OpenDocument files, in the worker process only.

Both are XML in a ZIP archive. It is read as a stream, never as a tree, so that memory
does not grow with the file; document type declarations, and so entities, are refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from defusedxml.ElementTree import DefusedXMLParser, fromstring

MAX_BYTES_OF_XML = 128 * 1024 * 1024
MAX_BYTES_OF_A_LIST = 1024 * 1024
CHUNK = 64 * 1024

# [MS-CFB]: the container of a document with a password, and of an older .doc.
COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")

WORD_FURNITURE = re.compile(r"word/(header|footer|footnotes|endnotes)\d*\.xml")


class UnreadableError(Exception):
    """A file cannot be read; `problem` is the value of a `FileProblem`."""

    def __init__(self, problem: str):
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class Markup:
    """What the elements of a format mean for its text, by name without namespace."""

    holds_text: frozenset[str]
    ends_line: frozenset[str]
    is_space: frozenset[str]
    # Tracked deletions, comments, and duplicates for other programs.
    is_left_out: frozenset[str]
    pictures: str


# ECMA-376.
DOCX = Markup(
    holds_text=frozenset({"t"}),
    ends_line=frozenset({"p"}),
    is_space=frozenset({"tab", "br", "cr"}),
    is_left_out=frozenset({"moveFrom", "Fallback"}),
    pictures="word/media/",
)
OPEN_DOCUMENT = Markup(
    holds_text=frozenset({"p", "h"}),
    ends_line=frozenset({"p", "h"}),
    is_space=frozenset({"s", "tab", "line-break"}),
    is_left_out=frozenset({"tracked-changes", "annotation"}),
    pictures="Pictures/",
)


class TextTarget:
    """Takes what an XML parser finds and collects its text."""

    def __init__(self, markup: Markup):
        self.collected: list[str] = []
        self._markup = markup
        self._inside = 0
        self._left_out = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count(tag, 1)

    def data(self, data: str) -> None:
        if self._inside and not self._left_out:
            self.collected.append(data.replace("\n", " "))

    def end(self, tag: str) -> None:
        name = self._count(tag, -1)
        if name in self._markup.is_space:
            self.collected.append(" ")
        if name in self._markup.ends_line:
            self.collected.append("\n")

    def _count(self, tag: str, change: int) -> str:
        name = tag.rpartition("}")[2]
        self._left_out += change * (name in self._markup.is_left_out)
        self._inside += change * (name in self._markup.holds_text)
        return name


def read_docx(file: BinaryIO) -> Iterator[str]:
    """Yield the text of a Word document: body, headers, footers and notes."""
    if file.read(len(COMPOUND_FILE)) == COMPOUND_FILE:
        is_encrypted = ENCRYPTED_PACKAGE in file.read()
        raise UnreadableError("encrypted" if is_encrypted else "damaged")
    with ZipFile(file) as archive:
        furniture = filter(WORD_FURNITURE.fullmatch, archive.namelist())
        parts = [_main_part_of_word(archive), *sorted(furniture)]
        yield from _read_parts(archive, parts, DOCX)


def read_open_document(file: BinaryIO, kind: bytes) -> Iterator[str]:
    """Yield the text of an OpenDocument file of a kind: text or spreadsheet."""
    with ZipFile(file) as archive:
        kinds = b"application/vnd.oasis.opendocument." + kind
        if not _read_list(archive, "mimetype").startswith(kinds):
            raise UnreadableError("damaged")
        if b"encryption-data" in _read_list(archive, "META-INF/manifest.xml"):
            raise UnreadableError("encrypted")
        yield from _read_parts(archive, ["content.xml"], OPEN_DOCUMENT)


def _main_part_of_word(archive: ZipFile) -> str:
    for relationship in fromstring(_read_list(archive, "_rels/.rels"), forbid_dtd=True):
        target = relationship.get("Target", "").lstrip("/")
        kind = relationship.get("Type", "")
        if kind.endswith("/officeDocument") and target.startswith("word/"):
            return target
    raise UnreadableError("damaged")


def _read_parts(archive: ZipFile, parts: list[str], markup: Markup) -> Iterator[str]:
    has_text = False
    for name in parts:
        target = TextTarget(markup)
        parser = DefusedXMLParser(target=target, forbid_dtd=True)
        with _open(archive, name, MAX_BYTES_OF_XML) as part:
            while chunk := part.read(CHUNK):
                parser.feed(chunk)
                text = "".join(target.collected)
                target.collected.clear()
                has_text = has_text or bool(text.strip())
                yield text
        parser.close()
    names = archive.namelist()
    if not has_text and any(name.startswith(markup.pictures) for name in names):
        raise UnreadableError("scanned")


def _read_list(archive: ZipFile, name: str) -> bytes:
    """Return a small part that lists what is in the archive."""
    with _open(archive, name, MAX_BYTES_OF_A_LIST) as part:
        return part.read()


def _open(archive: ZipFile, name: str, max_bytes: int) -> BinaryIO:
    part = archive.getinfo(name)
    if part.flag_bits & 1:
        raise UnreadableError("encrypted")
    # Neither format has others, and LZMA uses as much memory as a file says.
    if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise UnreadableError("damaged")
    # A part never unpacks to more than this, whatever is in it.
    if part.file_size > max_bytes:
        raise UnreadableError("too_large")
    return archive.open(part)
