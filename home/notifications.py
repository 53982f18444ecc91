"""Changes of which nobody is told: imports, and copies of what is there already."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_quiet = ContextVar("notifications_suppressed", default=False)


@contextmanager
def suppress_notifications() -> Iterator[None]:
    """Let nobody who follows pages be told of what is published meanwhile.

    An import of 5,000 pages would be 5,000 emails to each who follows the section.
    """
    token = _is_quiet.set(True)
    try:
        yield
    finally:
        _is_quiet.reset(token)


def notifications_suppressed() -> bool:
    """Say whether nobody is to be told of what is published now."""
    return _is_quiet.get()


def in_one_line(text: str) -> str:
    """Return the text without line breaks, so that none looks like ours."""
    return " ".join(text.split())
