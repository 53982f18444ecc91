"""Values stored outside the database, for pages shown while it is unavailable.

Phone numbers and alerts are in a small file cache, which outlives both the database and
this process.
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


def store(name: str, value: object) -> None:
    """Store a small picklable value, when it changes and once a minute."""
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


def load(name: str, default: object) -> object:
    """Return the value that any process stored last, or the default."""
    try:
        return caches["last_known"].get(name, default)
    except (OSError, pickle.PickleError, EOFError):
        logger.exception("Could not read %s for the error page.", name)
        return default
