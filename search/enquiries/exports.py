"""Enquiries as a spreadsheet, without the addresses of those who asked."""

from datetime import datetime

from django.utils import timezone
from wagtail.rich_text import get_text_for_indexing

from home.exports import SafeExportMixin
from home.people import name_of
from search.enquiries.models import Enquiry

ROWS_AT_ONCE = 500


def _local(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


# No e-mail addresses: nobody can delete what is in a file that travels.
CELLS = {
    "Reference": lambda enquiry: enquiry.reference,
    "Received": lambda enquiry: _local(enquiry.created_at),
    "Looking for": lambda enquiry: enquiry.message,
    "Searched for": lambda enquiry: enquiry.query,
    "Came from": lambda enquiry: enquiry.from_path,
    "Times sent": lambda enquiry: enquiry.times_sent,
    "Status": Enquiry.get_status_display,
    "Assigned to": lambda enquiry: name_of(enquiry.assigned_to),
    "Answer": lambda enquiry: get_text_for_indexing(enquiry.answer).strip(),
    "Answered": lambda enquiry: _local(enquiry.answered_at),
    "E-mail sent": lambda enquiry: _local(enquiry.answer_sent_at),
    "Outcome": Enquiry.get_outcome_display,
    "Where it belongs": lambda enquiry: enquiry.belongs_to,
    "Closed": lambda enquiry: _local(enquiry.closed_at),
    "Closed by": lambda enquiry: name_of(enquiry.closed_by),
}


class EnquiryExportMixin(SafeExportMixin):
    """Gives the list its spreadsheets. Put it first."""

    export_headings = {heading: heading for heading in CELLS}

    def to_row_dict(self, item):
        """Return the cells of an enquiry."""
        return {heading: cell(item) for heading, cell in CELLS.items()}

    def as_spreadsheet(self, queryset, spreadsheet_format):
        """Return the file; rows are read a few hundred at a time."""
        rows = queryset.select_related("assigned_to", "closed_by")
        return super().as_spreadsheet(rows.iterator(ROWS_AT_ONCE), spreadsheet_format)
