"""How a line of the log is written: without what people typed (O2, O4)."""

import re
import traceback

from pythonjsonlogger.json import JsonFormatter

from search.log.redaction import redact

QUOTED = re.compile(r"\?\S*|(?<=^Invalid request) from .*", re.DOTALL)
# Some errors write it as Python does.
LINE_END = re.compile(r"\n|\\n")
# What is longer, someone has sent; and to look through it for them takes time.
MAX_LENGTH = 1_000
# The longest that the part of an email address before the @ can be.
HALF_AN_ADDRESS = 64


class FormatterWithoutPersonalData(JsonFormatter):
    """Writes JSON, and of an error where it was, its kind and its first line.

    The lines after the first are where databases show the row that they refuse, with
    the message and the address of the person who wrote it.
    """

    def formatException(self, ei):  # noqa: N802 - the name is Python's
        error, trace, lines, seen = ei[1], ei[2], [], set()
        # What led to an error comes before it. It may say that it led to itself.
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            said = redact(LINE_END.split(_cut(str(error)))[0])
            kind = f"{type(error).__module__}.{type(error).__qualname__}"
            places = [line.rstrip() for line in traceback.format_tb(trace)]
            start = "Traceback (most recent call last):"
            lines = [start, *places, f"{kind}: {said}", *lines]
            is_all = error.__suppress_context__ or error.__cause__
            error = error.__cause__ if is_all else error.__context__
            trace = error.__traceback__ if error else None
        return "\n".join(lines)

    def process_log_record(self, log_data):
        # A path may hold what is personal; gunicorn quotes what it refuses.
        for name, value in log_data.items():
            # Of traces, what errors say is cut already.
            if isinstance(value, str) and name not in {"exc_info", "stack_info"}:
                log_data[name] = _cut(value)
        if isinstance(log_data.get("message"), str):
            log_data["message"] = redact(QUOTED.sub("", log_data["message"]))
        return super().process_log_record(log_data)


def _cut(text: str) -> str:
    # Half a word at the end might be half an email address, which nothing recognises.
    if len(text) <= MAX_LENGTH:
        return text
    start, end = text[: MAX_LENGTH - HALF_AN_ADDRESS], text[:MAX_LENGTH]
    return start + end[len(start) :].rpartition(" ")[0] + " [cut]"
