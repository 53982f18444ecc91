"""The full-page cache: the first middleware, in front of everything else.

Public pages are made once for each content version, served as ready bytes, and never
past a scheduled change. While the database is unavailable, what was last cached is
served for up to a day, and the `Cache-Status` header (RFC 9211) says so.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from threading import Event

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.http import parse_etags

from community.alerts.visibility import (
    COOKIE_NAME,
    dismissed_alert_keys,
    set_dismissed_alert_keys,
)
from home.caching import has_session, has_user_session
from home.content_version import ContentState, content_version_tracker
from stockton_cms.monitoring.metrics import COUNT_PAGE
from stockton_cms.page_cache.entries import (
    CACHE_SECONDS,
    CachedPage,
    LocalCache,
    choose_encoding,
    shared_name,
)
from stockton_cms.page_cache.policy import (
    CacheKey,
    cache_bypass_reason,
    get_cache_key,
    uncacheable_reason,
)

# The memory for cached pages in each process.
LOCAL_BYTES = 32 * 1024 * 1024
# How long nginx and a CDN may give out a page before they ask again. nginx goes on to
# the end of its second, and another process may know of a change a quarter of a second
# late: together at most 5 s until an unscheduled change is seen behind them.
SHARED_SECONDS = 3
# In a shared cache a page stays for as long as it may be valid; Redis makes room.
REDIS_SECONDS = 7 * CACHE_SECONDS
# How long a visitor waits for someone else's request to make the same page.
SECONDS_TO_WAIT = 5
HIT, COLLAPSED, STORED = "hit", "hit; detail=collapsed", "fwd=miss; stored"
STALE = "hit; detail=database-unavailable"
COUNT = {
    HIT: COUNT_PAGE["hit"],
    COLLAPSED: COUNT_PAGE["hit"],
    STORED: COUNT_PAGE["miss"],
    STALE: COUNT_PAGE["stale"],
}
BYPASS = "StocktonCMS; fwd=bypass"
PRIVATE = "private, no-cache"
# Files have lifetimes of their own, or need none.
FILES = ("/static/", "/media/")


class PageCacheMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        self._local = LocalCache(LOCAL_BYTES)
        # Where there is none, or while it does not answer, the site goes on.
        self._shared = cache if settings.CACHE_URL else None
        self._flights = RequestCollapser()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reason = cache_bypass_reason(request)
        if reason == "session" and not has_user_session(request):
            # It has opened private pages; the public ones are as for everyone.
            response = self._answer(with_only(request, COOKIE_NAME))
            if not response.headers["Cache-Status"].startswith(BYPASS):
                return response
        if reason:
            return bypass(request, self.get_response(request), reason)
        return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        state, is_current = content_version_tracker.get(at)
        key = get_cache_key(request)
        cached = self._find(key, state, at)
        if cached and is_current and cached.is_valid(state, at):
            return serve_cached(request, cached, at, HIT)
        if not is_current and cached is None:
            # What was made for those who have closed nothing, with other alerts.
            cached = self._find(key._replace(closed=()), state, at)
        if cached and not is_current and cached.can_serve_stale(state, at):
            return serve_stale(request, cached, at)
        with self._flights.lead_or_wait(key) as is_first:
            if not is_first:
                at = timezone.now()
                state, _ = content_version_tracker.get(at)
                cached = self._find(key, state, at)
                if cached and cached.is_valid(state, at):
                    return serve_cached(request, cached, at, COLLAPSED)
            return self._make(request, key, state, cached)

    def _find(
        self, key: CacheKey, state: ContentState | None, at: datetime
    ) -> CachedPage | None:
        """Return the cached page that is valid, else the newest that is not."""
        cached = self._local.get(key)
        if self._shared is None or (cached and cached.is_valid(state, at)):
            return cached
        shared = self._shared.get(shared_name(key))
        if shared and (cached is None or shared.made_at > cached.made_at):
            self._local.set(key, shared)
            return shared
        return cached

    def _make(
        self,
        request: HttpRequest,
        key: CacheKey,
        state: ContentState | None,
        old: CachedPage | None,
    ) -> HttpResponse:
        at = timezone.now()
        # What is stored under a key must depend on nothing that is not in it.
        session = [settings.SESSION_COOKIE_NAME] if has_session(request) else []
        request = with_only(request, COOKIE_NAME, *session)
        set_dismissed_alert_keys(request, key.closed)
        response = self.get_response(request)
        is_unavailable = response.status_code == 503
        if is_unavailable and old and old.can_serve_stale(state, at):
            return serve_stale(request, old, at)
        reason = uncacheable_reason(request, response)
        if reason or state is None:
            return bypass(request, response, reason or "no-version")
        cached = CachedPage.from_response(request, response, state, at)
        if self._shared:
            self._shared.set(shared_name(key), cached, REDIS_SECONDS)
        self._local.set(key, cached)
        # Making it took its time, so that others may store it for less.
        return serve_cached(request, cached, timezone.now(), STORED)


def serve_cached(
    request: HttpRequest, cached: CachedPage, at: datetime, status: str
) -> HttpResponse:
    COUNT[status]()
    # Some CDNs ignore the cookie that says who has closed an alert.
    seconds = cached.seconds_left(at, SHARED_SECONDS) if cached.is_for_all else 0
    lifetime = f"public, max-age=0, s-maxage={seconds}" if seconds else PRIVATE
    meta = request.META
    known = meta.get("HTTP_IF_NONE_MATCH")
    if known and ({cached.headers["ETag"], "*"} & {*parse_etags(known)}):
        said = {name: cached.headers[name] for name in ("ETag", "Vary")}
        said |= {"Cache-Control": lifetime, "Cache-Status": f"StocktonCMS; {status}"}
        return HttpResponseNotModified(headers=said)
    encoding = choose_encoding(meta.get("HTTP_ACCEPT_ENCODING", ""))
    is_wanted = request.method == "GET"
    response = HttpResponse(cached.body_in(encoding) if is_wanted else b"")
    # Setting each again would cost more than all else here. No one is in front of this
    # middleware who could change them.
    response.headers = cached.headers_in(encoding, lifetime, status)
    return response


def serve_stale(request: HttpRequest, cached: CachedPage, at: datetime) -> HttpResponse:
    """Return a cached page with the current alerts, and say that it may be old."""
    if at.timestamp() < cached.valid_until and not dismissed_alert_keys(request):
        return serve_cached(request, cached, at, STALE)
    COUNT[STALE]()
    body = cached.body_with_alerts(request, at)
    said = {
        "Cache-Control": PRIVATE,
        "Cache-Status": f"StocktonCMS; {STALE}",
        "Content-Length": str(len(body)),
    }
    headers = {name: value for name, value in cached.headers.items() if name != "ETag"}
    is_wanted = request.method == "GET"
    return HttpResponse(body if is_wanted else b"", headers=headers | said)


def bypass(request: HttpRequest, response: HttpResponse, reason: str) -> HttpResponse:
    COUNT_PAGE["bypass"]()
    if not request.path_info.startswith(FILES):
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = PRIVATE
        response.headers["Cache-Status"] = f"{BYPASS}; detail={reason}"
    return response


def with_only(request: HttpRequest, *names: str) -> HttpRequest:
    # Pages read no other cookies, and some of them would stop a page from being cached.
    other = copy(request)
    cookies = request.COOKIES
    other.COOKIES = {name: cookies[name] for name in names if name in cookies}
    other.META = {**request.META}
    return other


class RequestCollapser:
    """Lets one request make a page while others for the same page wait for it."""

    def __init__(self):
        self._under_way: dict[CacheKey, Event] = {}

    @contextmanager
    def lead_or_wait(self, key: CacheKey) -> Iterator[bool]:
        """Yield whether this request is the first; others have waited for it."""
        own = Event()
        landed = self._under_way.setdefault(key, own)
        if landed is not own:
            landed.wait(SECONDS_TO_WAIT)
            yield False
            return
        try:
            yield True
        finally:
            del self._under_way[key]
            own.set()
