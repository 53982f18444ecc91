"""What a request says of whoever sent it, and whether an answer is for everybody."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth import SESSION_KEY as AUTH_USER_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import Error
from django.http import HttpRequest, HttpResponse, QueryDict

# As Django makes them.
SESSION_KEY = re.compile(r"[0-9a-z]{32}")
# What pages read after the `?` of their address; whatever else stands there changes
# nothing on them. Lists of search results are no pages in this sense.
CACHEABLE_QUERY_PARAMS = (
    (re.compile(r"/a-to-z/$"), ("page",)),
    (re.compile(r"/history/compare/$"), ("from", "to")),
    (re.compile(r"^/policy-updates/$"), ("kind", "status", "topic", "year", "page")),
)


def names_session(request: HttpRequest) -> bool:
    """Say whether a cookie has the form of a session's key; there may be none such."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return SESSION_KEY.fullmatch(key) is not None


def has_session(request: HttpRequest) -> bool:
    """Say whether the request comes with a session that there is.

    Staff have one, and who has opened a private page with its password. For everyone
    else pages are the same, without a token.
    """
    return bool(_session_data(request))


def has_user_session(request: HttpRequest) -> bool:
    """Say whether the request comes with the session of someone who has signed in."""
    return AUTH_USER_KEY in _session_data(request)


def _session_data(request: HttpRequest) -> dict:
    """Return what is in the session; asks the database once a request at most.

    While the database is away, a session is taken for one of staff.
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
    """Return the path of a page with those keys of its query that the page reads."""
    path, query = request.path_info, request.META.get("QUERY_STRING")
    if not query:
        return path
    for pattern, keys in CACHEABLE_QUERY_PARAMS:
        if pattern.search(path):
            kept = QueryDict(mutable=True)
            kept.update({key: request.GET[key] for key in keys if key in request.GET})
            return f"{path}?{kept.urlencode()}" if kept else path
    return path


@dataclass(frozen=True)
class PublicResponse:
    """What a response says of itself that is the same for every visitor.

    But for the alerts that they have closed. `changes_at` is the next moment at which
    the page itself, whatever else the site shows around it, will say something else.
    """

    changes_at: datetime | None = None


def mark_cacheable(
    response: HttpResponse, changes_at: datetime | None = None
) -> HttpResponse:
    """Mark a response as `PublicResponse`; the view must know that the page is public.

    Only such responses are kept and given to others.
    """
    response.same_for_all = PublicResponse(changes_at)
    return response
