"""The program that reads one file, and can do nothing else.

`search.indexing.extraction` starts it with the file as standard input. It must not
import Django, so that a hostile file has nothing to steal. Word and OpenDocument files
are XML in a ZIP archive, which is read as a stream, never as a tree, so that memory
does not grow with the file.
"""

# `zipfile` imports this for old names, when no file can be opened any more.
import encodings.cp437  # noqa: F401
import os
import re
import resource
import signal
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pypdfium2
from defusedxml.ElementTree import DefusedXMLParser
from pypdfium2.raw import FPDF_ERR_PASSWORD

from search.indexing import MAX_CHARACTERS

MAX_PAGES = 1000
MAX_BYTES_OF_XML = 128 * 1024 * 1024
CHUNK = 64 * 1024

# Longer than the parent process waits, in case that was killed.
MAX_SECONDS = 15
LIMITS = {
    resource.RLIMIT_AS: 512 * 1024 * 1024,
    resource.RLIMIT_CPU: 8,
    resource.RLIMIT_CORE: 0,
    # Four bytes for each character, and the lines before the text.
    resource.RLIMIT_FSIZE: 4 * MAX_CHARACTERS + 100,
    # Open files stay open; no more files or sockets can be opened.
    resource.RLIMIT_NOFILE: 0,
    # No further processes. The kernel does not apply this limit to root.
    resource.RLIMIT_NPROC: 0,
}

# PDFium's characters for a hyphen that splits a word at the end of a line.
BROKEN_WORD = dict.fromkeys([0x02, 0xFFFE])
# Where a paragraph goes on in the next line.
WRAPPED = re.compile(r"(?<=[^\n]{50})(?<![.!?:])\n|\n(?=[a-z])")
# [MS-CFB]: the container of a document with a password, and of an older .doc.
COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
WORD_PARTS = re.compile(r"word/(document|endnotes|footer|footnotes|header)\d*\.xml")


class UnreadableError(Exception):
    """A file cannot be read; its message is the value of a `FileProblem`."""


class Markup(NamedTuple):
    """What the elements of a format mean for its text, by name without namespace."""

    holds_text: set[str]
    ends_line: set[str]
    is_space: set[str]
    # Tracked deletions, comments, and duplicates for other programs.
    is_left_out: set[str]
    pictures: str


# ECMA-376.
DOCX = Markup(
    {"t"}, {"p"}, {"tab", "br", "cr"}, {"moveFrom", "Fallback"}, "word/media/"
)
OPEN_DOCUMENT = Markup(
    {"p", "h"},
    {"p", "h"},
    {"s", "tab", "line-break"},
    {"tracked-changes", "annotation"},
    "Pictures/",
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


def read_pdf(file: BinaryIO) -> Iterator[str]:
    """Yield the text of a PDF file's first pages, with a form feed between."""
    try:
        document = pypdfium2.PdfDocument(file.read())
    except pypdfium2.PdfiumError as error:
        is_encrypted = error.err_code == FPDF_ERR_PASSWORD
        raise UnreadableError("encrypted" if is_encrypted else "damaged") from error
    is_read = has_text = has_content = False
    for number in range(min(len(document), MAX_PAGES)):
        if number:
            yield "\f"
        try:
            page = document[number]
            text = page.get_textpage().get_text_bounded()
        except pypdfium2.PdfiumError:
            # Skip one broken page.
            continue
        is_read = True
        text = text.translate(BROKEN_WORD)
        has_text = has_text or bool(text.strip())
        has_content = has_content or any(True for _ in page.get_objects(max_depth=1))
        yield WRAPPED.sub(" ", "\n".join(text.splitlines()))
    if not is_read:
        raise UnreadableError("damaged")
    if has_content and not has_text:
        raise UnreadableError("scanned")


def read_docx(file: BinaryIO) -> Iterator[str]:
    if file.read(len(COMPOUND_FILE)) == COMPOUND_FILE:
        is_encrypted = ENCRYPTED_PACKAGE in file.read()
        raise UnreadableError("encrypted" if is_encrypted else "damaged")
    with ZipFile(file) as archive:
        # The text itself comes first, and without it the file is damaged.
        parts = sorted(filter(WORD_PARTS.fullmatch, archive.namelist()))
        yield from _read_parts(archive, parts or ["word/document.xml"], DOCX)


def read_open_document(file: BinaryIO) -> Iterator[str]:
    with ZipFile(file) as archive:
        with _open(archive, "META-INF/manifest.xml") as manifest:
            if b"encryption-data" in manifest.read():
                raise UnreadableError("encrypted")
        yield from _read_parts(archive, ["content.xml"], OPEN_DOCUMENT)


def _read_parts(archive: ZipFile, parts: list[str], markup: Markup) -> Iterator[str]:
    has_text = False
    for name in parts:
        target = TextTarget(markup)
        parser = DefusedXMLParser(target=target, forbid_dtd=True)
        with _open(archive, name) as part:
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


def _open(archive: ZipFile, name: str) -> BinaryIO:
    part = archive.getinfo(name)
    if part.flag_bits & 1:
        raise UnreadableError("encrypted")
    # Neither format has others, and LZMA uses as much memory as a file says.
    if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise UnreadableError("damaged")
    # A part never unpacks to more than this, whatever is in it.
    if part.file_size > MAX_BYTES_OF_XML:
        raise UnreadableError("too_large")
    return archive.open(part)


READERS = {
    "pdf": read_pdf,
    "docx": read_docx,
    "odt": read_open_document,
    "ods": read_open_document,
}


def read(file: BinaryIO, extension: str) -> tuple[str, str]:
    """Return a file's problem, or an empty string, and its text."""
    text = ""
    try:
        for part in READERS[extension](file):
            text += part
            if len(text) >= MAX_CHARACTERS:
                break
    except UnreadableError as error:
        return str(error), ""
    except MemoryError:
        return "too_large", ""
    except Exception:
        # The libraries fail in too many ways to list.
        return "damaged", ""
    return "", text[:MAX_CHARACTERS]


def set_limits() -> None:
    """Limit this process; before it starts, that is unsafe with threads."""
    for kind, most in LIMITS.items():
        host_limit = resource.getrlimit(kind)[1]
        if host_limit != resource.RLIM_INFINITY:
            most = min(most, host_limit)
        try:
            resource.setrlimit(kind, (most, most))
        except ValueError:
            # macOS rejects the memory limit; sites run on Linux.
            if sys.platform == "linux":
                raise
    signal.alarm(MAX_SECONDS)
    # Python ignores it otherwise.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.nice(10)


def main(extension: str) -> None:
    """Write the problem and the text of the file on standard input.

    The first line says that the file is about to be read, so any error after it is
    caused by the file; the second is the problem's value; the rest is text.
    """
    set_limits()
    output = sys.stdout.buffer
    output.write(b"ready\n")
    output.flush()
    problem, text = read(BytesIO(sys.stdin.buffer.read()), extension)
    output.write(f"{problem}\n{text}".encode("utf-8", "ignore"))
