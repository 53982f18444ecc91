"""What a request says of whoever sent it, and whether an answer is for everybody."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict

# As Django makes them.
SESSION_KEY = re.compile(r"[0-9a-z]{32}")
# What pages read after the `?` of their address; whatever else stands there changes
# nothing on them. Lists of search results are no pages in this sense.
KEYS_BY_PATH = (
    (re.compile(r"/a-to-z/$"), ("page",)),
    (re.compile(r"/history/compare/$"), ("from", "to")),
    (re.compile(r"^/policy-updates/$"), ("kind", "status", "topic", "year", "page")),
)


def has_session(request: HttpRequest) -> bool:
    """Say whether the request comes with what may be a session.

    Only staff have one. For everybody else pages are the same, without a token.
    """
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    return key is not None and SESSION_KEY.fullmatch(key) is not None


def page_address(request: HttpRequest) -> str:
    """Return the path of a page with those keys of its query that the page reads."""
    path, query = request.path, request.META.get("QUERY_STRING")
    if not query:
        return path
    for pattern, keys in KEYS_BY_PATH:
        if pattern.search(path):
            kept = QueryDict(mutable=True)
            kept.update({key: request.GET[key] for key in keys if key in request.GET})
            return f"{path}?{kept.urlencode()}" if kept else path
    return path


@dataclass(frozen=True)
class SameForAll:
    """What a response says of itself that is the same for every visitor.

    But for the alerts that they have closed. `changes_at` is the next moment at which
    the page itself, whatever else the site shows around it, will say something else.
    """

    changes_at: datetime | None = None


def mark_same_for_all(
    response: HttpResponse, changes_at: datetime | None = None
) -> HttpResponse:
    """Mark a response as `SameForAll`; the view must know that the page is public.

    Only such responses are kept and given to others.
    """
    response.same_for_all = SameForAll(changes_at)
    return response
