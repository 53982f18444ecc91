"""What the site knew last, kept outside the database for the error page.

When the database is away, the error page still shows phone numbers and alerts. They
are kept in a small file cache, which outlives both the database and this process.
"""

import logging
import pickle
from time import monotonic

from django.core.cache import caches

logger = logging.getLogger(__name__)

# Another process may have written something older meanwhile, so write now and then
# even when nothing has changed here.
REWRITE_SECONDS = 60

_remembered: dict[str, tuple[object, float]] = {}


def remember(name: str, value: object) -> None:
    """Keep a small picklable value; written when it changes and once a minute."""
    previous, written_at = _remembered.get(name, (None, float("-inf")))
    if previous == value and monotonic() - written_at < REWRITE_SECONDS:
        return
    try:
        caches["last_known"].set(name, value)
    except OSError:
        # A full disk must not take down a page that could be served.
        logger.exception("Could not store %s for the error page.", name)
        return
    _remembered[name] = (value, monotonic())


def recall(name: str, default: object) -> object:
    """Return what was kept last, by whichever process, or the default."""
    try:
        return caches["last_known"].get(name, default)
    except (OSError, pickle.PickleError, EOFError):
        logger.exception("Could not read %s for the error page.", name)
        return default
