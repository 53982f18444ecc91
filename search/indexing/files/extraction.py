"""Reads the text of an uploaded file, whatever the file holds."""

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
# How the system ends a program at its limits, and how PDFium ends when out of memory.
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
    """Why a file's text could not be read."""

    NONE = "", "None"
    SCANNED = "scanned", "It holds pictures of text but no text"
    ENCRYPTED = "encrypted", "It needs a password"
    DAMAGED = "damaged", "It is damaged, or not of the kind that its name says"
    TOO_LARGE = "too_large", "It is too large to read"
    UNSUPPORTED = "unsupported", "Files of its kind are not read"


@dataclass(frozen=True)
class FileReading:
    """A file's text, one line for each paragraph, or why there is none."""

    text: str
    problem: FileProblem


class ReaderError(Exception):
    """No file can be read now, be it good or bad: to be tried again later."""


def read_file(file: BinaryIO, extension: str) -> FileReading:
    """Return the text of a file, read from where it stands.

    It is judged by its extension and by what it holds. Takes up to `MAX_SECONDS`, and
    as many again or more while others wait for theirs.

    Raises `ReaderError` when the reader is busy or does not start, and never for what
    a file holds.
    """
    extension = extension.lower().removeprefix(".")
    if extension not in EXTENSIONS:
        return FileReading("", FileProblem.UNSUPPORTED)
    # A file of its own: the upload may be in memory or on another machine.
    with tempfile.TemporaryFile() as copy:
        if not _copy(file, copy):
            return FileReading("", FileProblem.TOO_LARGE)
        if not _one_at_a_time.acquire(timeout=MAX_SECONDS_IN_LINE):
            raise ReaderError("The reader is busy with other files")
        try:
            return _judge(*_run_reader(copy, extension))
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
    """Return what the reader says of a file, and its exit code."""
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
    """Return what comes through a pipe until it is closed or a limit is passed."""
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
    """End the reader with all that it may have started.

    One that has ended keeps its exit code, and its group until it has been waited for.
    """
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except PermissionError:
        # What macOS says of a group of which only the dead are left.
        pass
    process.stdout.close()
    process.wait()


def _judge(output: bytes, exit_code: int) -> FileReading:
    """Return what the output of the reader, which may be under a file's spell, says."""
    ready, _, said = output.partition(b"\n")
    if ready != b"ready":
        raise ReaderError("The reader does not start")
    if exit_code in SIGNALS_OF_LIMITS:
        return FileReading("", FileProblem.TOO_LARGE)
    problem, is_whole, text = said.partition(b"\n")
    problem = problem.decode("utf-8", "ignore")
    if exit_code != 0 or not is_whole or problem not in FileProblem.values:
        return FileReading("", FileProblem.DAMAGED)
    text = "" if problem else clean_text(text.decode("utf-8", "ignore"))
    return FileReading(text, FileProblem(problem))
