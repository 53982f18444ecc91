"""Reports: their columns, filters, safe exports, addresses and menu items."""

import django_filters
from django.contrib.contenttypes.models import ContentType
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import URLPattern, include, path, reverse
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from wagtail import hooks
from wagtail.admin.filters import ContentTypeFilter, WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.admin.views.reports import ReportView
from wagtail.models import Page, get_page_content_types
from wagtail.query import PageQuerySet

from home.admin_requests import permitted_pages
from home.editorial.models import PageReview

# A cell that begins so may be taken for a formula (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_safe_cell(value, is_csv: bool):
    """Escape formulas, as CSV has no types, and remove what Excel cannot store."""
    if not isinstance(value, str):
        return value
    value = ILLEGAL_CHARACTERS_RE.sub(" ", value)
    is_risky = value.lstrip(" ").startswith(FORMULA_STARTS)
    return f"'{value}" if is_risky and is_csv else value


def sanitise_all_exports() -> None:
    """Patch Wagtail's exports, ours among them: they write titles as typed."""
    original = SpreadsheetExportMixin.preprocess_field_value

    def preprocess_field_value(view, field, value, export_format):
        cell = original(view, field, value, export_format)
        return as_safe_cell(cell, export_format == view.FORMAT_CSV)

    SpreadsheetExportMixin.preprocess_field_value = preprocess_field_value


class ScreenColumn(Column):
    """Left out of exports."""


class ExportColumn(Column):
    """In exports only."""


class Report(ReportView):
    """Its columns serve the screen and exports; `slug` names its address and files."""

    slug: str
    is_exported = True

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.index_url_name = f"{cls.slug.replace('-', '_')}_report"
        cls.index_results_url_name = f"{cls.index_url_name}_results"
        cls.export_filename = cls.slug
        cls.exported = {
            column.name: column
            for column in cls.columns
            if cls.is_exported and not isinstance(column, ScreenColumn)
        }
        cls.columns = [
            each for each in cls.columns if not isinstance(each, ExportColumn)
        ]
        cls.list_export = list(cls.exported)
        cls.export_headings = {
            name: column.label for name, column in cls.exported.items()
        }

    @classmethod
    def is_permitted(cls, user) -> bool:
        policy = cls.permission_policy
        return policy.user_has_any_permission(user, cls.any_permission_required)

    def get_filtered_queryset(self):
        """Wagtail has filtered it already."""
        return self.get_queryset()

    def to_row_dict(self, item):
        return {name: each.get_value(item) for name, each in self.exported.items()}


class ReportMenuItem(MenuItem):
    def __init__(self, view: type[Report]):
        address = reverse(view.index_url_name)
        super().__init__(view.page_title, address, icon_name=view.header_icon)
        self.view = view

    def is_shown(self, request):
        return self.view.is_permitted(request.user)


def register_report(
    view: type[Report], *urls: URLPattern, in_reports_menu: bool = True
) -> None:
    """Register a report's addresses, others below its own, and its menu item."""
    name, results = view.index_url_name, view.index_results_url_name
    own = [
        path("", view.as_view(), name=name),
        path("results/", view.as_view(results_only=True), name=results),
        *urls,
    ]
    base = path(f"reports/{view.slug}/", include(own))
    hooks.register("register_admin_urls", lambda: [base])
    if in_reports_menu:
        hooks.register("register_reports_menu_item", lambda: ReportMenuItem(view))


def page_type(row) -> str:
    content_type = ContentType.objects.get_for_id(row.page.content_type_id)
    return content_type.name.capitalize()


PAGE_ADDRESS = ExportColumn(
    "address", label="Web address", accessor=lambda row: row.page.full_url or ""
)
OWNER_COLUMNS = [
    ScreenColumn(
        "owner",
        label="Content owner",
        accessor=lambda row: row.owner_name or row.owner_email or "No content owner",
        sort_key="owner_name",
    ),
    ExportColumn("owner_name", label="Content owner"),
    ExportColumn("owner_email", label="Content owner email address"),
]


def with_owners(rows: QuerySet) -> QuerySet:
    review = PageReview.objects.filter(pk=OuterRef("page_id"))
    return rows.annotate(
        owner_name=Subquery(review.values("owner_name")),
        owner_email=Subquery(review.values("owner_email")),
    )


def sections(request: HttpRequest) -> PageQuerySet:
    return permitted_pages().filter(depth=3, numchild__gt=0).order_by("title")


class PageReportFilterSet(WagtailFilterSet):
    """Filters rows that have `page`, `owner_name` and `owner_email`: `with_owners`."""

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
        return queryset.filter(page__path__startswith=section.path)

    def by_owner(self, queryset, name, value):
        is_in_name = Q(owner_name__icontains=value)
        return queryset.filter(is_in_name | Q(owner_email__icontains=value))
