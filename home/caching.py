"""What may be cached for all visitors, and what is stored for a database outage."""

import logging
import pickle
import re
from datetime import datetime

from django.conf import settings
from django.contrib.auth import SESSION_KEY as AUTH_USER_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import caches
from django.db import Error
from django.http import HttpRequest, HttpResponse, QueryDict

logger = logging.getLogger(__name__)

# As Django makes them.
SESSION_KEY = re.compile(r"[0-9a-z]{32}")
# The query parameters that pages read. Search results are not cached.
CACHEABLE_QUERY_PARAMS = (
    (re.compile(r"/a-to-z/$"), ("page",)),
    (re.compile(r"/history/compare/$"), ("from", "to")),
    (re.compile(r"^/policy-updates/$"), ("kind", "status", "topic", "year", "page")),
)

_fallbacks: dict[str, object] = {}


def names_session(request: HttpRequest) -> bool:
    """Return whether a cookie looks like a session key; the session may not exist."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return SESSION_KEY.fullmatch(key) is not None


def has_session(request: HttpRequest) -> bool:
    """Return whether the request has an existing session.

    Staff have one, and so do visitors who entered the password of a private page.
    Everyone else gets the same pages, without a CSRF token.
    """
    return bool(_session_data(request))


def has_user_session(request: HttpRequest) -> bool:
    return AUTH_USER_KEY in _session_data(request)


def _session_data(request: HttpRequest) -> dict:
    """Return the session's data, with at most one query a request.

    While the database is unavailable, every session counts as one of staff.
    """
    if not names_session(request):
        return {}
    key = request.COOKIES[settings.SESSION_COOKIE_NAME]
    known_key, data = getattr(request, "_known_session", ("", {}))
    if known_key != key:
        try:
            data = SessionStore(key).load()
        except Error:
            data = {AUTH_USER_KEY: ""}
        request._known_session = key, data
    return data


def canonical_cache_url(request: HttpRequest) -> str:
    """Return the path with only those query parameters that the page reads."""
    path, query = request.path_info, request.META.get("QUERY_STRING")
    if not query:
        return path
    for pattern, keys in CACHEABLE_QUERY_PARAMS:
        if pattern.search(path):
            params = QueryDict(mutable=True)
            params.update({key: request.GET[key] for key in keys if key in request.GET})
            return f"{path}?{params.urlencode()}" if params else path
    return path


def mark_cacheable(
    response: HttpResponse, changes_at: datetime | None = None
) -> HttpResponse:
    """Mark a response as the same for every visitor, apart from dismissed alerts.

    The view must know that the page is public, as only such responses are cached.
    `changes_at` is when the page itself next changes by the clock.
    """
    response.same_for_all = True
    response.changes_at = changes_at
    return response


def store_fallback(name: str, value: object) -> None:
    """Store a small picklable value, when it changes, for use without the database.

    In a small file cache, which outlives both the database and this process.
    """
    if name in _fallbacks and _fallbacks[name] == value:
        return
    try:
        caches["last_known"].set(name, value)
    except OSError:
        # A full disk must not take down a page that could be served.
        logger.exception("Could not store %s for the error page.", name)
    else:
        _fallbacks[name] = value


def load_fallback(name: str, default: object) -> object:
    """Return the value that any process stored last, or the default."""
    try:
        return caches["last_known"].get(name, default)
    except (OSError, pickle.PickleError, EOFError):
        logger.exception("Could not read %s for the error page.", name)
        return default
