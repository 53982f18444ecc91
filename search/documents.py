"""The extracted text of each page, kept in the database for every process to index."""

from datetime import datetime

from django.db import models


class SearchDocument(models.Model):
    """The text of one page, and the content version at which it last changed.

    Written in the transaction that publishes the page. A row outlives its page, without
    text and not public, so that each process hears of the deletion.
    """

    page_id = models.PositiveBigIntegerField(primary_key=True)
    title = models.TextField(blank=True)
    search_words = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    headings = models.TextField(blank=True)
    body = models.TextField(blank=True)
    kind = models.CharField(max_length=50, blank=True)
    expires_at = models.DateTimeField(null=True)
    is_public = models.BooleanField(default=False)
    version = models.PositiveBigIntegerField(db_index=True)

    def __str__(self):
        return self.title

    def is_expired(self, at: datetime) -> bool:
        """Say whether the page is gone by the clock alone."""
        return self.expires_at is not None and self.expires_at <= at
