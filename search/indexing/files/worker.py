"""The program that reads one file and can do nothing else.

`search.indexing.files.extraction` starts it with the file as standard input. It must
import no Django: what it does not hold cannot be taken from it.
"""

# `zipfile` would load this when it meets an old name; then nothing can be loaded.
import encodings.cp437  # noqa: F401
import os
import resource
import signal
import sys
from typing import BinaryIO

from search.indexing.files.office import read_docx, read_ods, read_odt
from search.indexing.files.pdf import read_pdf
from search.indexing.files.text import UnreadableError

READERS = {"pdf": read_pdf, "docx": read_docx, "odt": read_odt, "ods": read_ods}

MAX_BYTES_OF_MEMORY = 512 * 1024 * 1024
MAX_SECONDS_OF_CPU = 8
# Longer than who asked waits, for when that one was killed.
MAX_SECONDS = 15

LIMITS = {
    resource.RLIMIT_AS: MAX_BYTES_OF_MEMORY,
    resource.RLIMIT_CPU: MAX_SECONDS_OF_CPU,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 0,
    # What is open stays open; nothing more can be opened, be it a file or a socket.
    resource.RLIMIT_NOFILE: 0,
    # No further process. The kernel does not hold root to this one.
    resource.RLIMIT_NPROC: 0,
}


def main(extension: str) -> None:
    """Write the problem and the text of the file on standard input.

    The first line says that the file is about to be read, so that whatever goes wrong
    after it is the file's doing; the second is the problem's value; the rest is text.
    """
    set_limits()
    output = sys.stdout.buffer
    output.write(b"ready\n")
    output.flush()
    problem, text = read(sys.stdin.buffer, extension)
    output.write(f"{problem}\n".encode())
    output.write(text.encode("utf-8", "ignore"))


def set_limits() -> None:
    """Limit this process, for good.

    Done here and not before the program starts: to run Python between fork and exec is
    unsafe in a process with threads.
    """
    for kind, most in LIMITS.items():
        host_limit = resource.getrlimit(kind)[1]
        if host_limit != resource.RLIM_INFINITY:
            most = min(most, host_limit)
        try:
            resource.setrlimit(kind, (most, most))
        except ValueError:
            # macOS refuses the one on memory; a site runs on Linux.
            if sys.platform == "linux":
                raise
    signal.alarm(MAX_SECONDS)
    os.nice(10)


def read(file: BinaryIO, extension: str) -> tuple[str, str]:
    """Return a file's problem, or an empty string, and its text."""
    try:
        return "", READERS[extension](file)
    except UnreadableError as error:
        return error.problem, ""
    except MemoryError:
        return "too_large", ""
    except Exception:
        # The readers' libraries fail in too many ways to name.
        return "damaged", ""
