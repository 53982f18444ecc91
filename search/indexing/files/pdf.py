"""Reads the text of PDF files. Runs in the reader only."""

from typing import BinaryIO

import pypdfium2
from pypdfium2.raw import FPDF_ERR_PASSWORD

from search.indexing.files.text import EnoughTextError, Lines, UnreadableError

MAX_PAGES = 1000
# PDFium's sign for a hyphen at the end of a line, inside a word.
BROKEN_WORD = ("\x02", "\ufffe")


def read_pdf(file: BinaryIO) -> str:
    """Return the text of a PDF file's first `MAX_PAGES` pages.

    One that anybody can open without a password is read, encrypted or not.
    """
    document = _open(file.read())
    lines = Lines()
    try:
        shows_something = _gather(document, lines)
    except EnoughTextError:
        return str(lines)
    if shows_something and not str(lines).strip():
        raise UnreadableError("scanned")
    return str(lines)


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        is_encrypted = error.err_code == FPDF_ERR_PASSWORD
        raise UnreadableError("encrypted" if is_encrypted else "damaged") from error


def _gather(document: pypdfium2.PdfDocument, lines: Lines) -> bool:
    """Gather the text of all pages; say whether anything is to be seen on them."""
    read = shown = 0
    for number in range(min(len(document), MAX_PAGES)):
        try:
            page = document[number]
            text = page.get_textpage().get_text_bounded()
        except pypdfium2.PdfiumError:
            # One broken page: the others may tell enough.
            continue
        read += 1
        for sign in BROKEN_WORD:
            text = text.replace(sign, "")
        for line in text.splitlines():
            lines.add(line)
            lines.end_line()
        shown += any(True for _ in page.get_objects(max_depth=1))
    if not read:
        raise UnreadableError("damaged")
    return bool(shown)
