"""The text of pages and files for the search index, stored in the database."""

from django.db import models

from search.indexing.extraction import FileProblem

ADVICE = {
    FileProblem.SCANNED: "Put the text on a page, or export the file again from the "
    "program it was written in.",
    FileProblem.ENCRYPTED: "Save it without a password and upload it again.",
    FileProblem.DAMAGED: "Try to open it. If it opens, save it again and upload "
    "the new file.",
    FileProblem.TOO_LARGE: "Split it into smaller files, or put the main points on a "
    "page.",
}
TEXT_FIELDS = ("title", "search_words", "summary", "headings", "body")


class IndexedText(models.Model):
    """A text to search, and the content version at which it last changed.

    Written in the transaction that publishes the page. A row outlives its page or
    file, empty and not public, so that each process notices the deletion.
    """

    title = models.TextField(blank=True)
    body = models.TextField(blank=True)
    # The page directly below the home page that it belongs to.
    section_id = models.PositiveBigIntegerField(null=True)
    updated_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    is_public = models.BooleanField(default=False)
    version = models.PositiveBigIntegerField(db_index=True)

    class Meta:
        abstract = True

    def __str__(self):
        return self.title


class SearchDocument(IndexedText):
    page_id = models.PositiveBigIntegerField(primary_key=True)
    search_words = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    headings = models.TextField(blank=True)
    kind = models.CharField(max_length=50, blank=True)
    # A notice loses weight as it ages; a permanent page does not.
    is_notice = models.BooleanField(default=False)
    superseded_at = models.DateTimeField(null=True)

    @property
    def key(self) -> int:
        """The key in the index; pages have even numbers, files odd ones."""
        return self.page_id * 2


class SearchFile(IndexedText):
    """The text inside one file, public while a public page links to it."""

    kind = "Document"
    search_words = summary = headings = ""
    is_notice = True
    superseded_at = None

    document_id = models.PositiveBigIntegerField(primary_key=True)
    page_id = models.PositiveBigIntegerField(null=True)
    # Of the file that was read last, so that it is not read twice.
    file_hash = models.CharField(max_length=40, blank=True)
    problem = models.CharField(max_length=20, blank=True, choices=FileProblem.choices)

    @property
    def key(self) -> int:
        return self.document_id * 2 + 1

    @property
    def advice(self) -> str:
        return ADVICE.get(self.problem, "")


class LinkedDocument(models.Model):
    """A document that a page links to; in sync with the live page."""

    page_id = models.PositiveBigIntegerField()
    document_id = models.PositiveBigIntegerField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["page_id", "document_id"], name="search_linkeddocument_once"
            )
        ]

    def __str__(self):
        return f"{self.page_id}: {self.document_id}"


def pages_among(keys: list[int]) -> list[int]:
    return [key // 2 for key in keys if not key % 2]
