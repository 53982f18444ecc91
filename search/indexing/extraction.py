"""Extracts the text of an uploaded file in a sandboxed process."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.db import models

from search.indexing import MAX_CHARACTERS

EXTENSIONS = frozenset({"pdf", "docx", "odt", "ods"})
MAX_BYTES_OF_A_FILE = 10 * 1024 * 1024
MAX_SECONDS = 10
MAX_SECONDS_IN_LINE = 20

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from search.indexing.worker import main; main(sys.argv[2])"
)
# The system sends these at a limit; PDFium aborts when out of memory.
SIGNALS_OF_LIMITS = {
    -signal.Signals[f"SIG{name}"]
    for name in ("ABRT", "ALRM", "ILL", "KILL", "TRAP", "XCPU", "XFSZ")
}

_one_at_a_time = threading.Lock()


class FileProblem(models.TextChoices):
    NONE = "", "None"
    SCANNED = "scanned", "It contains scanned images, not text"
    ENCRYPTED = "encrypted", "It is password protected"
    DAMAGED = "damaged", "It is damaged, or is not the file type its name suggests"
    TOO_LARGE = "too_large", "It is too large to read"
    UNSUPPORTED = "unsupported", "Search cannot read this type of file"


class FileReading(NamedTuple):
    """A file's text, one line per paragraph, or why there is none.

    In that of a PDF file, form feeds are between the pages.
    """

    text: str
    problem: FileProblem


class ReaderError(Exception):
    """No file can be read at the moment: try again later."""


def read_file(file: BinaryIO, extension: str) -> FileReading:
    """Return a file's text within 30 seconds; `ReaderError` is no fault of the file."""
    extension = extension.lower().removeprefix(".")
    if extension not in EXTENSIONS:
        return FileReading("", FileProblem.UNSUPPORTED)
    # The upload may be on another machine.
    data = file.read(MAX_BYTES_OF_A_FILE + 1)
    if len(data) > MAX_BYTES_OF_A_FILE:
        return FileReading("", FileProblem.TOO_LARGE)
    if not _one_at_a_time.acquire(timeout=MAX_SECONDS_IN_LINE):
        raise ReaderError("The reader is busy with other files")
    try:
        return _parse_output(*_run_reader(data, extension))
    finally:
        _one_at_a_time.release()


def _run_reader(data: bytes, extension: str) -> tuple[bytes, int]:
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own arguments
                [sys.executable, "-I", "-c", PROGRAM, str(ROOT), extension],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={},
                start_new_session=True,
            )
        except OSError as error:
            raise ReaderError("The reader does not start") from error
        try:
            process.communicate(data, timeout=MAX_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            # With all that it has started. macOS does not permit it for zombies.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        return output.read(), process.returncode


def _parse_output(output: bytes, exit_code: int) -> FileReading:
    """Parse the output of the reader, which a hostile file may control."""
    ready, _, rest = output.partition(b"\n")
    if ready != b"ready":
        raise ReaderError("The reader does not start")
    if exit_code in SIGNALS_OF_LIMITS:
        return FileReading("", FileProblem.TOO_LARGE)
    problem, is_whole, text = rest.decode("utf-8", "ignore").partition("\n")
    if exit_code != 0 or not is_whole or problem not in FileProblem.values:
        return FileReading("", FileProblem.DAMAGED)
    return FileReading("" if problem else clean_text(text), FileProblem(problem))


def clean_text(text: str) -> str:
    """Return tidy text without NUL and lone surrogates, which databases reject."""
    text = text[:MAX_CHARACTERS]
    categories = {each: unicodedata.category(each) for each in set(text) - set("\n\f")}
    # Format characters, such as the soft hyphen, are inside words.
    replaced = {
        ord(each): "" if category == "Cf" else " "
        for each, category in categories.items()
        if category[0] == "C"
    }
    pages = text.translate(replaced).split("\f")
    return "\f".join(map(_clean_lines, pages))


def _clean_lines(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(filter(None, lines))
