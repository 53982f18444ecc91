"""Safe exports and filters for reports."""

import django_filters
from django.db.models import Q
from django.http import HttpRequest
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from wagtail.admin.filters import ContentTypeFilter, WagtailFilterSet
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.models import Page, get_page_content_types
from wagtail.query import PageQuerySet

from home.admin_requests import permitted_pages
from home.editorial.reviews.models import PageReview
from home.page_tree.addresses import descendants_of

# A cell that begins so may be taken for a formula (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_safe_cell(value, is_csv: bool):
    """Escape formulas, and remove characters that Excel cannot store.

    XLSX cells are typed as text; CSV has no types.
    """
    if not isinstance(value, str):
        return value
    value = ILLEGAL_CHARACTERS_RE.sub(" ", value)
    is_risky = value.lstrip(" ").startswith(FORMULA_STARTS)
    return f"'{value}" if is_risky and is_csv else value


class SafeExportMixin:
    """Makes a report view's exports safe to open. Put it first."""

    def preprocess_field_value(self, field, value, export_format):
        value = super().preprocess_field_value(field, value, export_format)
        return as_safe_cell(value, export_format == self.FORMAT_CSV)


def sanitise_all_exports() -> None:
    """Patch Wagtail's own reports and lists, which export titles as typed."""
    original = SpreadsheetExportMixin.preprocess_field_value

    def preprocess_field_value(view, field, value, export_format):
        cell = original(view, field, value, export_format)
        return as_safe_cell(cell, export_format == view.FORMAT_CSV)

    SpreadsheetExportMixin.preprocess_field_value = preprocess_field_value


def sections(request: HttpRequest) -> PageQuerySet:
    """Return the children of the home pages that have children."""
    return permitted_pages().filter(depth=3, numchild__gt=0).order_by("title")


class PageReportFilterSet(WagtailFilterSet):
    """Section, owner and type of the pages of a report, by its column `page`."""

    section = django_filters.ModelChoiceFilter(
        label="Section", queryset=sections, method="by_section"
    )
    owner = django_filters.CharFilter(label="Content owner", method="by_owner")
    kind = ContentTypeFilter(
        label="Page type",
        field_name="page__content_type",
        queryset=lambda request: get_page_content_types(include_base_page_type=False),
    )

    def by_section(self, queryset, name, section: Page):
        pages = Page.objects.filter(descendants_of(section.path) | Q(pk=section.pk))
        return queryset.filter(page__in=pages.values("pk"))

    def by_owner(self, queryset, name, value):
        words = value.strip()
        is_theirs = Q(owner_name__icontains=words) | Q(owner_email__icontains=words)
        owned = PageReview.objects.filter(is_theirs)
        return queryset.filter(page__in=owned.values("pk"))
