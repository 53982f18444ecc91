"""How a line of the log is written: without what people typed (O2, O4)."""

import re
import traceback
from types import TracebackType

from pythonjsonlogger.json import JsonFormatter

from search.personal_data import without_personal_data

QUOTED = re.compile(r"\?\S*|(?<=^Invalid request) from .*", re.DOTALL)
# Some errors write it as Python does.
LINE_END = re.compile(r"\n|\\n")


class FormatterWithoutPersonalData(JsonFormatter):
    """Writes JSON, and of an error where it was, its kind and its first line.

    The lines after the first are where databases show the row that they refuse, with
    the message and the address of whoever wrote it.
    """

    def formatException(self, ei):  # noqa: N802 - the name is Python's
        """Return where an error and those that led to it were, and what they said."""
        return "\n".join(_chain(ei[1], ei[2]))

    def process_log_record(self, log_data):
        """Take out what follows a `?`, and what is personal by its form.

        A path may hold it, as that of a missing page; gunicorn quotes what it refuses.
        """
        if isinstance(log_data.get("message"), str):
            without_request = QUOTED.sub("", log_data["message"])
            log_data["message"] = without_personal_data(without_request)
        return super().process_log_record(log_data)


def _chain(error: BaseException, trace: TracebackType | None) -> list[str]:
    lines, seen = [], set()
    # An error may say that it led to itself.
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        said = without_personal_data(LINE_END.split(str(error))[0])
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        places = [line.rstrip() for line in traceback.format_tb(trace)]
        lines = [
            "Traceback (most recent call last):",
            *places,
            f"{kind}: {said}",
            *lines,
        ]
        is_all = error.__suppress_context__ or error.__cause__
        error = error.__cause__ if is_all else error.__context__
        trace = error.__traceback__ if error else None
    return lines
