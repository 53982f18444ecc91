"""Extracts the text of an uploaded file in a sandboxed process."""

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from django.db import models

from search.indexing.files.text import MAX_CHARACTERS, clean_text

EXTENSIONS = frozenset({"pdf", "docx", "odt", "ods"})
MAX_BYTES_OF_A_FILE = 10 * 1024 * 1024
# Four bytes for each character, and the lines before the text.
MAX_BYTES_OF_OUTPUT = 4 * MAX_CHARACTERS + 100
MAX_SECONDS = 10
MAX_SECONDS_IN_LINE = 20
CHUNK = 64 * 1024

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from search.indexing.files.worker import main; main(sys.argv[2])"
)
# The system sends these at a limit; PDFium aborts when out of memory.
SIGNALS_OF_LIMITS = {
    -signal.SIGABRT,
    -signal.SIGALRM,
    -signal.SIGILL,
    -signal.SIGKILL,
    -signal.SIGTRAP,
    -signal.SIGXCPU,
}

_one_at_a_time = threading.Lock()


class FileProblem(models.TextChoices):
    NONE = "", "None"
    SCANNED = "scanned", "It contains scanned images, not text"
    ENCRYPTED = "encrypted", "It is password protected"
    DAMAGED = "damaged", "It is damaged, or is not the file type its name suggests"
    TOO_LARGE = "too_large", "It is too large to read"
    UNSUPPORTED = "unsupported", "Search cannot read this type of file"


@dataclass(frozen=True)
class FileReading:
    """A file's text, one line per paragraph, or why there is none."""

    text: str
    problem: FileProblem


class ReaderError(Exception):
    """No file can be read at the moment: try again later."""


def read_file(file: BinaryIO, extension: str) -> FileReading:
    """Return the text of a file, read from its current position.

    Takes up to `MAX_SECONDS`, and `MAX_SECONDS_IN_LINE` more while other files are
    read.

    Raises `ReaderError` if the reader is busy or does not start, but never because of
    what a file contains.
    """
    extension = extension.lower().removeprefix(".")
    if extension not in EXTENSIONS:
        return FileReading("", FileProblem.UNSUPPORTED)
    # A copy: the upload may be in memory or on another machine.
    with tempfile.TemporaryFile() as copy:
        if not _copy(file, copy):
            return FileReading("", FileProblem.TOO_LARGE)
        if not _one_at_a_time.acquire(timeout=MAX_SECONDS_IN_LINE):
            raise ReaderError("The reader is busy with other files")
        try:
            return _parse_output(*_run_reader(copy, extension))
        finally:
            _one_at_a_time.release()


def _copy(file: BinaryIO, copy: IO[bytes]) -> bool:
    """Copy a file; say whether it is small enough."""
    room = MAX_BYTES_OF_A_FILE
    while chunk := file.read(CHUNK):
        room -= len(chunk)
        if room < 0:
            return False
        copy.write(chunk)
    copy.seek(0)
    return True


def _run_reader(file: IO[bytes], extension: str) -> tuple[bytes, int]:
    """Return the output of the reader, and its exit code."""
    try:
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            [sys.executable, "-I", "-c", PROGRAM, str(ROOT), extension],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            start_new_session=True,
        )
    except OSError as error:
        raise ReaderError("The reader does not start") from error
    try:
        output = _receive(process.stdout)
    finally:
        _end(process)
    return output, process.returncode


def _receive(pipe: IO[bytes]) -> bytes:
    """Read a pipe until it is closed or a limit is reached."""
    end = time.monotonic() + MAX_SECONDS
    received = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while (left := end - time.monotonic()) > 0 and selector.select(left):
            chunk = os.read(pipe.fileno(), CHUNK)
            received += chunk
            if not chunk or len(received) > MAX_BYTES_OF_OUTPUT:
                break
    return bytes(received)


def _end(process: subprocess.Popen) -> None:
    """Kill the reader and all processes that it has started.

    After it has ended, its exit code and process group remain until `wait`.
    """
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except PermissionError:
        # macOS raises this for a group of zombies.
        pass
    process.stdout.close()
    process.wait()


def _parse_output(output: bytes, exit_code: int) -> FileReading:
    """Parse the output of the reader, which a hostile file may control."""
    ready, _, rest = output.partition(b"\n")
    if ready != b"ready":
        raise ReaderError("The reader does not start")
    if exit_code in SIGNALS_OF_LIMITS:
        return FileReading("", FileProblem.TOO_LARGE)
    problem, is_whole, text = rest.partition(b"\n")
    problem = problem.decode("utf-8", "ignore")
    if exit_code != 0 or not is_whole or problem not in FileProblem.values:
        return FileReading("", FileProblem.DAMAGED)
    text = "" if problem else clean_text(text.decode("utf-8", "ignore"))
    return FileReading(text, FileProblem(problem))
