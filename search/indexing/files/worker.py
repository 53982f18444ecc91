"""The program that reads one file, and can do nothing else.

`search.indexing.files.extraction` starts it with the file as standard input. It must
not import Django, so that a hostile file has nothing to steal.
"""

# `zipfile` imports this for old names, when no file can be opened any more.
import encodings.cp437  # noqa: F401
import os
import resource
import signal
import sys
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import BinaryIO

import pypdfium2
from pypdfium2.raw import FPDF_ERR_PASSWORD

from search.indexing.files import MAX_CHARACTERS
from search.indexing.files.office import (
    UnreadableError,
    read_docx,
    read_open_document,
)

MAX_PAGES = 1000
# PDFium's characters for a hyphen that splits a word at the end of a line.
BROKEN_WORD = ("\x02", "\ufffe")

MAX_BYTES_OF_MEMORY = 512 * 1024 * 1024
MAX_SECONDS_OF_CPU = 8
# Longer than the parent process waits, in case that was killed.
MAX_SECONDS = 15

LIMITS = {
    resource.RLIMIT_AS: MAX_BYTES_OF_MEMORY,
    resource.RLIMIT_CPU: MAX_SECONDS_OF_CPU,
    resource.RLIMIT_CORE: 0,
    # Four bytes for each character, and the lines before the text.
    resource.RLIMIT_FSIZE: 4 * MAX_CHARACTERS + 100,
    # Open files stay open; no more files or sockets can be opened.
    resource.RLIMIT_NOFILE: 0,
    # No further processes. The kernel does not apply this limit to root.
    resource.RLIMIT_NPROC: 0,
}


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


def set_limits() -> None:
    """Limit this process permanently.

    Not before the program starts: running Python between fork and exec is unsafe in a
    process with threads.
    """
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


def read_pdf(file: BinaryIO) -> Iterator[str]:
    """Yield the text of a PDF file's first `MAX_PAGES` pages.

    Encrypted files are read if they open without a password.
    """
    try:
        document = pypdfium2.PdfDocument(file.read())
    except pypdfium2.PdfiumError as error:
        is_encrypted = error.err_code == FPDF_ERR_PASSWORD
        raise UnreadableError("encrypted" if is_encrypted else "damaged") from error
    is_read = has_text = has_content = False
    for number in range(min(len(document), MAX_PAGES)):
        try:
            page = document[number]
            text = page.get_textpage().get_text_bounded()
        except pypdfium2.PdfiumError:
            # Skip one broken page.
            continue
        is_read = True
        for character in BROKEN_WORD:
            text = text.replace(character, "")
        has_text = has_text or bool(text.strip())
        has_content = has_content or any(True for _ in page.get_objects(max_depth=1))
        yield "\n".join([*text.splitlines(), ""])
    if not is_read:
        raise UnreadableError("damaged")
    if has_content and not has_text:
        raise UnreadableError("scanned")


READERS = {
    "pdf": read_pdf,
    "docx": read_docx,
    "odt": partial(read_open_document, kind=b"text"),
    "ods": partial(read_open_document, kind=b"spreadsheet"),
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
        return error.problem, ""
    except MemoryError:
        return "too_large", ""
    except Exception:
        # The libraries fail in too many ways to list.
        return "damaged", ""
    return "", text[:MAX_CHARACTERS]
