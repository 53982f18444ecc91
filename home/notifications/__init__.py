"""Suppressing notifications during imports and copies."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_suppressed = ContextVar("notifications_suppressed", default=False)


@contextmanager
def suppress_notifications() -> Iterator[None]:
    """Notify no subscribers of what is published in this context.

    An import of 5,000 pages would send 5,000 emails to each subscriber of a section.
    """
    token = _suppressed.set(True)
    try:
        yield
    finally:
        _suppressed.reset(token)


def notifications_suppressed() -> bool:
    return _suppressed.get()


def in_one_line(text: str) -> str:
    """Return the text without line breaks, so that none looks like one of ours."""
    return " ".join(text.split())
