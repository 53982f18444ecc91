"""The one place that decides what may be stored and given to other visitors.

A response must say of itself that it is the same for all (`mark_cacheable`) and carry
nothing personal. Each reason is a word for the `Cache-Status` header (RFC 9211).
"""

from typing import NamedTuple

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from community.alerts.visibility import dismissed_alert_keys, get_dismissible_keys
from home.caching import canonical_cache_url, has_session
from search.log.models import PARAMETER as CLICK_MARK

# Nothing below these paths is a page of the tree. Most is not asked for often; what is,
# static files, has a server of its own.
NEVER_BELOW = (
    "/-/",
    "/account/",
    "/admin/",
    "/alerts/",
    "/cant-find-it/",
    "/documents/",
    "/media/",
    "/preview/",
    "/search/",
    "/static/",
    "/was-this-page-useful/",
)
# What two versions of 50,000 words take side by side.
LARGEST_BODY = 2 * 1024 * 1024


class CacheKey(NamedTuple):
    scheme: str
    host: str
    address: str
    closed: tuple[str, ...]


def cache_bypass_reason(request: HttpRequest) -> str:
    """Return why a request may not be answered with a cached page; empty if it may."""
    if request.method not in {"GET", "HEAD"}:
        return "method"
    if request.path_info.startswith(NEVER_BELOW):
        return "not-a-page"
    meta = request.META
    # A server's own way to move the path, which no other visitor's request has.
    if meta.get("SCRIPT_NAME"):
        return "script-name"
    if "HTTP_COOKIE" in meta and has_session(request):
        return "session"
    # Opening a result is noted and answered with a redirect.
    if meta.get("QUERY_STRING") and CLICK_MARK in request.GET:
        return "search-mark"
    return ""


def uncacheable_reason(request: HttpRequest, response: HttpResponse) -> str:
    """Return why a response may not be given to others; empty if it may."""
    if request.method != "GET":
        return "method"
    if not hasattr(response, "same_for_all"):
        return "not-public"
    if response.status_code != 200 or response.streaming:
        return "not-a-page"
    if response.cookies or "CSRF_COOKIE" in request.META:
        return "cookie-or-token"
    if "Cache-Control" in response.headers:
        return "cache-control"
    return "large" if len(response.content) > LARGEST_BODY else ""


def get_cache_key(request: HttpRequest) -> CacheKey:
    """Return the key of a request; works while the database is unavailable."""
    closed = _closed_alerts(request) if "HTTP_COOKIE" in request.META else ()
    said = request.META.get("HTTP_HOST", "")
    # Without its port, and in small letters: no page depends on either.
    host = split_domain_port(said)[0] or said
    return CacheKey(request.scheme, host, canonical_cache_url(request), closed)


def _closed_alerts(request: HttpRequest) -> tuple[str, ...]:
    # Whatever else the cookie says makes no difference to any page.
    closed = dismissed_alert_keys(request)
    try:
        return tuple(sorted({*closed} & get_dismissible_keys())) if closed else ()
    except Error:
        return ()
