"""Values stored outside the database, for pages shown while it is unavailable.

Phone numbers and alerts are in a small file cache, which outlives both the database and
this process.
"""

import logging
import pickle

from django.core.cache import caches

logger = logging.getLogger(__name__)

_stored: dict[str, object] = {}


def store(name: str, value: object) -> None:
    """Store a small picklable value when it changes."""
    if name in _stored and _stored[name] == value:
        return
    try:
        caches["last_known"].set(name, value)
    except OSError:
        # A full disk must not take down a page that could be served.
        logger.exception("Could not store %s for the error page.", name)
    else:
        _stored[name] = value


def load(name: str, default: object) -> object:
    """Return the value that any process stored last, or the default."""
    try:
        return caches["last_known"].get(name, default)
    except (OSError, pickle.PickleError, EOFError):
        logger.exception("Could not read %s for the error page.", name)
        return default
