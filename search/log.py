"""What people searched for, without who they were (S11 builds on it)."""

import logging
import re
import secrets
import unicodedata
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import Error, models
from django.http import HttpResponse
from django.utils import timezone

from home.jobs import register_job

logger = logging.getLogger(__name__)

_purged_on: date | None = None

TAKEN_OUT = "[removed]"
PERSONAL_DATA = re.compile(
    r"""
    # E-mail addresses
    [^\s@]+\s?@\s?[^\s@]+
    # National Insurance numbers
    | (?<![a-z\d])[a-z]{2}(?:[\s.\-–]?\d){6}(?:[\s.\-–]?[a-d])?
      (?![a-z\d])(?![\s.\-–]{0,3}\d)
    # Postcodes
    | (?<![a-z\d])[a-z]{1,2}[\s\-]?\d[a-z\d]?
      [\s.\-–]{0,3}\d\s?[abd-hjlnp-uw-z]{2}(?![a-z\d])
    # Telephone numbers
    | [(+]*\d(?:[\s().\-–/]{0,4}\d){8,}
    """,
    re.IGNORECASE | re.VERBOSE,
)


def without_personal_data(text: str) -> str:
    """Return text without what says who somebody is or where they live.

    E-mail addresses, telephone numbers, postcodes and National Insurance numbers, as
    people write them: with blanks, dashes or brackets, or without.
    """
    return PERSONAL_DATA.sub(TAKEN_OUT, unicodedata.normalize("NFKC", text))


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

    class Meta:
        verbose_name = "search"
        verbose_name_plural = "searches"
        ordering = ["-searched_at", "-pk"]

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

    def save(self, *args, **kwargs):
        """Save the search, with what is personal taken out of it."""
        self.query = without_personal_data(self.query)[:300]
        self.corrected = without_personal_data(self.corrected)[:300]
        super().save(*args, **kwargs)


def log_click(key: str, position: int) -> None:
    """Note which result of a search was opened first; unknown searches are ignored."""
    searches = LoggedSearch.objects.filter(key=key, clicked_position=None)
    searches.update(clicked_position=position)


@register_job("forgetting old searches")
def purge_log(at: datetime) -> int:
    """Delete the searches that are older than `SEARCH_LOG_DAYS`; return how many."""
    end = at - timedelta(days=settings.SEARCH_LOG_DAYS)
    old = LoggedSearch.objects.filter(searched_at__lt=end)
    # Not by `delete`, which would read them all for signals that are not about them.
    return old._raw_delete(old.db)


def note(search: LoggedSearch) -> None:
    """Store a search; the first one of a day ends the time of old ones.

    So they go in time even where no scheduled job runs.
    """
    global _purged_on
    try:
        search.save()
        today = timezone.localdate(search.searched_at)
        if _purged_on != today:
            purge_log(search.searched_at)
            _purged_on = today
    except Error:
        logger.exception("A search could not be noted.")


class LoggedResponse(HttpResponse):
    """A page of results, noted in the log once the visitor has it.

    So nobody waits for the log, and no search fails because of it.
    """

    def __init__(self, content: str, search: LoggedSearch):
        super().__init__(content)
        self._search = search

    def close(self):
        """Note the search, then end the request."""
        try:
            note(self._search)
        finally:
            super().close()
