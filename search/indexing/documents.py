"""What search knows of pages and files, kept in the database for every process."""

from django.db import models

from search.indexing.files.extraction import FileProblem

ADVICE = {
    FileProblem.SCANNED: "Put what it says on a page, or export the file again from "
    "the program in which it was written.",
    FileProblem.ENCRYPTED: "Save it without a password and upload it again.",
    FileProblem.DAMAGED: "Open it yourself. If you can, save it anew and upload it "
    "again.",
    FileProblem.TOO_LARGE: "Split it into smaller files, or put the main points on a "
    "page.",
}


class IndexedText(models.Model):
    """A text to search in, and the content version at which it last changed.

    Written in the transaction that publishes the page. A row outlives what it is
    about, without text and not public, so that each process hears of the deletion.
    """

    title = models.TextField(blank=True)
    body = models.TextField(blank=True)
    # The page at the top of the tree, below the home page, that it belongs to.
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
    """The text of one page."""

    page_id = models.PositiveBigIntegerField(primary_key=True)
    search_words = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    headings = models.TextField(blank=True)
    kind = models.CharField(max_length=50, blank=True)
    # A notice loses weight as it ages; a standing page does not.
    is_notice = models.BooleanField(default=False)
    superseded_at = models.DateTimeField(null=True)

    @property
    def key(self) -> int:
        """The number under which the index knows it; pages have the even ones."""
        return self.page_id * 2


class SearchFile(IndexedText):
    """The text inside one uploaded file, and the page that offers it.

    Public while a public page offers it. `problem` says why there is no text.
    """

    kind = "Document"
    search_words = summary = headings = ""
    is_notice = True
    superseded_at = None

    document_id = models.PositiveBigIntegerField(primary_key=True)
    page_id = models.PositiveBigIntegerField(null=True)
    # What was read last, so that the same file is not read twice.
    file_hash = models.CharField(max_length=40, blank=True)
    problem = models.CharField(max_length=20, blank=True, choices=FileProblem.choices)

    @property
    def key(self) -> int:
        """The number under which the index knows it; files have the odd ones."""
        return self.document_id * 2 + 1

    @property
    def advice(self) -> str:
        """What an officer can do so that people find what the file says."""
        return ADVICE.get(self.problem, "")


class LinkedDocument(models.Model):
    """One page that offers one file; kept in step with the live page."""

    page_id = models.PositiveBigIntegerField()
    document_id = models.PositiveBigIntegerField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["page_id", "document_id"], name="search_offeredfile_once"
            )
        ]

    def __str__(self):
        return f"{self.page_id}: {self.document_id}"


def pages_among(keys: list[int]) -> list[int]:
    """Return the page ids among the numbers of the index."""
    return [key // 2 for key in keys if not key % 2]


def files_among(keys: list[int]) -> list[int]:
    """Return the document ids among the numbers of the index."""
    return [key // 2 for key in keys if key % 2]
