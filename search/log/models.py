"""What people searched for, without who they were (S11 builds on it)."""

import logging
import secrets
from datetime import date, timedelta

from django.db import Error, models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from home.rate_limits import RateLimit, RateLimitExceeded
from search.feedback.unsuccessful_searches.topics import LONGEST, topic_of
from search.log.redaction import TAKEN_OUT, redact
from search.log.retention import purge

logger = logging.getLogger(__name__)

# More than one person searches; people behind one address lose notes, never answers.
NOTES = RateLimit("noted searches", 30, 1_000, period=timedelta(minutes=10))

_purged_on: date | None = None


def make_key() -> str:
    """Return a name for one search that nobody can guess."""
    return secrets.token_urlsafe(9)


class LoggedSearch(models.Model):
    """One search, what it found, and which result was opened first."""

    key = models.CharField(max_length=12, unique=True, default=make_key)
    searched_at = models.DateTimeField("searched", default=timezone.now, db_index=True)
    query = models.CharField("searched for", max_length=300)
    corrected = models.CharField("shown results for", max_length=300, blank=True)
    filters = models.CharField(max_length=300, blank=True)
    page_number = models.PositiveSmallIntegerField(default=1)
    result_count = models.PositiveIntegerField("results")
    clicked_position = models.PositiveSmallIntegerField("opened", null=True, blank=True)
    # What it is about, for the queue of what people cannot find.
    topic = models.CharField(max_length=LONGEST, blank=True, editable=False)

    class Meta:
        verbose_name = "search"
        verbose_name_plural = "searches"
        ordering = ["-searched_at", "-pk"]
        indexes = [
            # All that the queue counts by, in its order.
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
    def opened_label(self) -> str:
        """Which result was opened first, for the report."""
        if self.clicked_position is None:
            return "None"
        return (
            f"Number {self.clicked_position}" if self.clicked_position else "Promoted"
        )

    @property
    def own_topic(self) -> str:
        """What it is about, by the words that results were shown for."""
        return topic_of((self.corrected or self.query).replace(TAKEN_OUT, " "))

    def save(self, *args, **kwargs):
        """Save the search, with what is personal taken out of it."""
        self.query = redact(self.query)[:300]
        self.corrected = redact(self.corrected)[:300]
        self.topic = self.own_topic
        super().save(*args, **kwargs)


def log_click(key: str, position: int) -> None:
    """Note which result of a search was opened first; unknown searches are ignored."""
    searches = LoggedSearch.objects.filter(key=key, clicked_position=None)
    searches.update(clicked_position=position)


def note(search: LoggedSearch, request: HttpRequest) -> None:
    """Store a search, unless its network has had too many stored.

    With the first one of a day goes what was kept long enough.

    So it goes in time even where no scheduled job runs.
    """
    global _purged_on
    try:
        NOTES.use(request, search.searched_at)
        search.save()
        today = timezone.localdate(search.searched_at)
        if _purged_on != today:
            purge(search.searched_at)
            _purged_on = today
    except RateLimitExceeded:
        pass  # Whoever searched has the answer; only the log goes without.
    except Error:
        logger.exception("A search could not be noted.")


class LoggedResponse(HttpResponse):
    """A page of results, noted in the log once the visitor has it.

    So nobody waits for the log, and no search fails because of it.
    """

    def __init__(self, content: str, search: LoggedSearch, request: HttpRequest):
        super().__init__(content)
        self._search, self._request = search, request

    def close(self):
        """Note the search, then end the request."""
        try:
            note(self._search, self._request)
        finally:
            super().close()
