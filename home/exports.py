"""What every export of a report does with its cells."""

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

# A cell that begins so may be taken for a formula (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class SafeExportMixin:
    """Makes the spreadsheets of a report view safe to open. Put it first."""

    def preprocess_field_value(self, field, value, export_format):
        """Keep text from being taken for a formula, and what Excel cannot hold out.

        Wagtail types the cells of XLSX as text; CSV knows no types.
        """
        value = super().preprocess_field_value(field, value, export_format)
        if not isinstance(value, str):
            return value
        value = ILLEGAL_CHARACTERS_RE.sub(" ", value)
        is_risky = value.lstrip(" ").startswith(FORMULA_STARTS)
        return f"'{value}" if is_risky and export_format == self.FORMAT_CSV else value
