"""What every export of a report does with its cells."""

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from wagtail.admin.views.mixins import SpreadsheetExportMixin

# A cell that begins so may be taken for a formula (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_safe_cell(value, is_csv: bool):
    """Keep text from being taken for a formula, and what Excel cannot hold out.

    Wagtail types the cells of XLSX as text; CSV knows no types.
    """
    if not isinstance(value, str):
        return value
    value = ILLEGAL_CHARACTERS_RE.sub(" ", value)
    is_risky = value.lstrip(" ").startswith(FORMULA_STARTS)
    return f"'{value}" if is_risky and is_csv else value


class SafeExportMixin:
    """Makes the spreadsheets of a report view safe to open. Put it first."""

    def preprocess_field_value(self, field, value, export_format):
        """Return what goes into a cell."""
        value = super().preprocess_field_value(field, value, export_format)
        return as_safe_cell(value, export_format == self.FORMAT_CSV)


def make_all_exports_safe() -> None:
    """Let Wagtail's own reports and lists do the same; they export titles as typed."""
    original = SpreadsheetExportMixin.preprocess_field_value

    def preprocess_field_value(view, field, value, export_format):
        cell = original(view, field, value, export_format)
        return as_safe_cell(cell, export_format == view.FORMAT_CSV)

    SpreadsheetExportMixin.preprocess_field_value = preprocess_field_value
