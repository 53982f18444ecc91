"""Pages as they are stored: ready bytes, in this process and in a shared cache."""

import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from threading import Lock

import brotli
from django.http import HttpRequest, HttpResponse
from django.http.response import ResponseHeaders
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

from community.alerts.visibility import dismissed_alert_keys, visible_alerts
from community.models.alerts import VisibleAlert
from home.caching import canonical_cache_url
from home.content_version import ContentState, content_version_tracker
from stockton_cms.page_cache.policy import CacheKey
from stockton_cms.static_files import get_release

# How long a page may be given out while the database is unavailable.
CACHE_SECONDS = 24 * 60 * 60
# What belongs to one answer only, or is said again in each.
NOT_CACHED = frozenset({"content-length", "date", "x-request-id"})
FOREVER = float("inf")
# What `base.html` puts around the alerts.
ALERTS_BEGIN, ALERTS_END = b"<!--alerts-->", b"<!--/alerts-->"
ENCODERS = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}


@dataclass
class CachedPage:
    """A page as it was at one content version, ready to be sent.

    Times are seconds of the epoch. `valid_until` is the next scheduled change of the
    site as it was known, `changes_at` that of the page itself. `alerts` are those of
    the page, now and to come; `is_for_all` is false where someone has closed one.
    """

    version: int
    made_at: float
    valid_until: float
    headers: dict[str, str]
    body: bytes
    alerts: list[VisibleAlert]
    changes_at: float
    is_for_all: bool
    encoded: dict[str, bytes] = field(default_factory=dict)
    header_sets: dict[tuple, ResponseHeaders] = field(default_factory=dict)

    @classmethod
    def from_response(
        cls,
        request: HttpRequest,
        response: HttpResponse,
        state: ContentState,
        at: datetime,
    ) -> "CachedPage":
        patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
        digest = hashlib.blake2b(response.content, digest_size=12).hexdigest()
        # Weak, as the encodings of one page share it (RFC 9110, 8.8.3).
        response.headers["ETag"] = f'W/"{digest}"'
        return cls(
            version=state.version,
            made_at=at.timestamp(),
            valid_until=_seconds(state.next_change_at),
            headers={
                name: value
                for name, value in response.headers.items()
                if name.lower() not in NOT_CACHED
            },
            body=response.content,
            alerts=getattr(request, "alerts_from_now", []),
            changes_at=_seconds(response.changes_at),
            is_for_all=not dismissed_alert_keys(request),
        )

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes, with its encodings and headers."""
        return 2 * len(self.body) + 15_000

    def is_valid(self, state: ContentState | None, at: datetime) -> bool:
        return (
            state is not None
            and self.version == state.version
            and at.timestamp() < self.valid_until
        )

    def can_serve_stale(self, state: ContentState | None, at: datetime) -> bool:
        # While no one knows what the site says now: the page itself is neither out of
        # date nor removed, as far as this process knew last.
        verified_at = content_version_tracker.verified_at
        if not (state and verified_at) or self.version < state.last_removal_version:
            return False
        was_valid = self.version == state.version
        version_at = verified_at.timestamp() if was_valid else self.made_at
        return at.timestamp() < min(version_at + CACHE_SECONDS, self.changes_at)

    def body_with_alerts(self, request: HttpRequest, at: datetime) -> bytes:
        """Return it with the alerts of another time, without any query."""
        before, _, rest = self.body.partition(ALERTS_BEGIN)
        _, end, after = rest.partition(ALERTS_END)
        if not end:
            return self.body
        context = {
            "alerts": visible_alerts(request, self.alerts, at),
            "next_path": canonical_cache_url(request),
            "request": request,
        }
        html = render_to_string("components/alerts.html", context)
        return before + ALERTS_BEGIN + html.encode() + ALERTS_END + after

    def seconds_left(self, at: datetime, most: int) -> int:
        # One is taken off, as others count whole seconds from their own start.
        return max(0, int(min(most + 1, self.valid_until - at.timestamp())) - 1)

    def headers_in(self, encoding: str, lifetime: str, status: str) -> ResponseHeaders:
        # One object for all who get the same, so not to be changed. There are few: for
        # each encoding one for each second of `lifetime`.
        key = encoding, lifetime, status
        if key not in self.header_sets:
            headers = ResponseHeaders(self.headers)
            headers["Cache-Control"] = lifetime
            headers["Cache-Status"] = f"StocktonCMS; {status}"
            headers["Content-Length"] = str(len(self.body_in(encoding)))
            if encoding:
                headers["Content-Encoding"] = encoding
            self.header_sets[key] = headers
        return self.header_sets[key]

    def body_in(self, encoding: str) -> bytes:
        if not encoding:
            return self.body
        if encoding not in self.encoded:
            self.encoded[encoding] = ENCODERS[encoding](self.body)
        return self.encoded[encoding]


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else FOREVER


@lru_cache(maxsize=256)
def choose_encoding(accepted: str) -> str:
    """Return our best encoding for an `Accept-Encoding`, or "" for none.

    RFC 9110, 12.5.3: one with `q=0` is refused.
    """
    parts = accepted.lower().replace(" ", "").split(",")
    weights = (part.partition(";q=") for part in parts)
    allowed = {name for name, _, weight in weights if not weight or weight.strip("0.")}
    return next((name for name in ENCODERS if name in allowed), "")


class LocalCache:
    """The pages asked for last, up to a size."""

    def __init__(self, most_bytes: int):
        self._pages: OrderedDict[CacheKey, CachedPage] = OrderedDict()
        self._lock = Lock()
        self._bytes = 0
        self._most_bytes = most_bytes

    def get(self, key: CacheKey) -> CachedPage | None:
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
            return self._pages.get(key)

    def set(self, key: CacheKey, page: CachedPage) -> None:
        with self._lock:
            if old := self._pages.pop(key, None):
                self._bytes -= old.size
            self._pages[key] = page
            self._bytes += page.size
            while self._bytes > self._most_bytes:
                self._bytes -= self._pages.popitem(last=False)[1].size


def shared_name(key: CacheKey) -> str:
    # No other release has it there.
    digest = hashlib.blake2b(repr(key).encode(), digest_size=20).hexdigest()
    return f"page:{get_release()}:{digest}"
