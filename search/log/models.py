"""The search log: what people searched for, without personal data (S11)."""

import logging
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import Error, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import escape_leading_slashes

from home.rate_limits import RateLimit, RateLimitExceeded
from search.log.redaction import REDACTED, redact
from search.tokens import EMPTY_TOPIC, MAX_TOPIC_LENGTH, clean_query, topic_of

logger = logging.getLogger(__name__)

# People who share an address may lose log entries, but never results.
LOG_LIMIT = RateLimit("logged searches", 30, 1_000, period=timedelta(minutes=10))
# Someone who searches again within this time still looks for the same.
SAME_TASK = timedelta(minutes=10)
# Carried by the form on a page of results: the key of that search.
PREVIOUS = "after"
KEY = re.compile(r"[-\w]{12}", re.ASCII)


def make_key() -> str:
    return secrets.token_urlsafe(9)


class LoggedSearch(models.Model):
    key = models.CharField(max_length=12, unique=True, default=make_key)
    searched_at = models.DateTimeField("searched", default=timezone.now, db_index=True)
    query = models.CharField("searched for", max_length=300)
    corrected = models.CharField("shown results for", max_length=300, blank=True)
    filters = models.CharField(max_length=300, blank=True)
    page_number = models.PositiveSmallIntegerField(default=1)
    result_count = models.PositiveIntegerField("results")
    clicked_position = models.PositiveSmallIntegerField(
        "clicked result", null=True, blank=True
    )
    clicked_path = models.CharField(
        max_length=255, blank=True, default="", db_default="", editable=False
    )
    # For the report on unsuccessful searches.
    topic = models.CharField(max_length=MAX_TOPIC_LENGTH, blank=True, editable=False)
    # That of the search before it, which opened nothing. Not its key, so that searches
    # do not become one person's list.
    previous_topic = models.CharField(
        max_length=MAX_TOPIC_LENGTH,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )

    class Meta:
        verbose_name = "search"
        verbose_name_plural = "searches"
        ordering = ["-searched_at", "-pk"]
        indexes = [
            # All that the report counts by, in its order.
            models.Index(
                fields=[
                    "topic",
                    "searched_at",
                    "page_number",
                    "filters",
                    "clicked_position",
                    "result_count",
                ],
                name="searches_by_topic",
            )
        ]

    def __str__(self):
        return self.query

    @property
    def clicked_label(self) -> str:
        if self.clicked_position is None:
            return "None"
        if self.clicked_position == 0:
            return "Promoted result"
        return f"Result {self.clicked_position}"

    def save(self, *args, **kwargs):
        self.query = redact(self.query)[:300]
        self.corrected = redact(self.corrected)[:300]
        # Of the words that results were shown for.
        self.topic = topic_of((self.corrected or self.query).replace(REDACTED, " "))
        if self.previous_topic in {self.topic, EMPTY_TOPIC}:
            self.previous_topic = ""
        super().save(*args, **kwargs)


def get_previous_topic(request: HttpRequest, at: datetime) -> str:
    """Return the topic of the search that the form carries, if nothing was opened."""
    key = request.GET.get(PREVIOUS, "")
    if not KEY.fullmatch(key):
        return ""
    searches = LoggedSearch.objects.filter(
        key=key, searched_at__gt=at - SAME_TASK, clicked_position=None
    )
    return searches.values_list("topic", flat=True).first() or ""


def topic_of_search(query: str, since: datetime) -> str:
    """Return the topic that the same search was logged under: that of its correction.

    A promotion makes its words known, so that they are not corrected any more.
    """
    query = redact(query)[:300]
    same = LoggedSearch.objects.filter(query__iexact=query, searched_at__gte=since)
    last = same.exclude(topic="").order_by("-searched_at").first()
    return last.topic if last else topic_of(query.replace(REDACTED, " "))


def log_search(search: LoggedSearch, request: HttpRequest) -> None:
    try:
        LOG_LIMIT.hit(request, search.searched_at)
        search.previous_topic = get_previous_topic(request, search.searched_at)
        search.save()
    except RateLimitExceeded:
        pass  # The visitor has the results; only the log goes without.
    except Error:
        logger.exception("A search could not be logged.")


class LoggedResponse(HttpResponse):
    """A page of results, logged once the visitor has it and need not wait."""

    def __init__(self, content: str, search: LoggedSearch, request: HttpRequest):
        super().__init__(content)
        self._search, self._request = search, request

    def close(self):
        try:
            log_search(self._search, self._request)
        finally:
            super().close()


PARAMETER = "found"
MARK = re.compile(rf"({KEY.pattern})\.(\d{{1,4}})", re.ASCII)


class ClickMiddleware:
    """Logs that a result was clicked, and redirects to its address without the mark."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"} or PARAMETER not in request.GET:
            return self.get_response(request)
        mark = MARK.fullmatch(request.GET[PARAMETER])
        # A browser that prefetches a page has not opened it.
        is_opened = "prefetch" not in request.headers.get("Sec-Purpose", "")
        if mark and is_opened and request.method == "GET":
            # Of several clicks the first counts.
            searches = LoggedSearch.objects.filter(key=mark[1], clicked_position=None)
            try:
                path = clean_query(redact(request.path), 255)
                searches.update(clicked_position=int(mark[2]), clicked_path=path)
            except Error:
                logger.exception("A clicked result could not be logged.")
        response = HttpResponseRedirect(strip_click_parameter(request))
        add_never_cache_headers(response)
        return response


def strip_click_parameter(request: HttpRequest) -> str:
    """Return the requested path, always as a path of this site."""
    # `//example.org/` would be another site's address.
    path = escape_leading_slashes(request.get_full_path().partition("?")[0])
    parameters = request.GET.copy()
    del parameters[PARAMETER]
    return f"{path}?{parameters.urlencode()}" if parameters else path
