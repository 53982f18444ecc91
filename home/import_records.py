"""Which pages the importer has made, and from what (P15)."""

from django.db import models
from wagtail.models import Page


class ImportedPage(models.Model):
    """A page that an import has made, so that the next import finds it again.

    The row outlives the page: what officers have deleted does not come back.
    """

    # The section's id and the name of the page in the source.
    source_key = models.CharField(max_length=500, unique=True)
    page = models.ForeignKey(
        Page, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # What the import wrote last; with another one an officer has edited the page.
    revision_id = models.PositiveBigIntegerField()
    content_hash = models.CharField(max_length=64)
    # It links to pages that were not there yet when it was written.
    has_open_links = models.BooleanField(default=False, db_index=True)

    wagtail_reference_index_ignore = True

    def __str__(self):
        return self.source_key
