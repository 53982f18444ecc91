"""Reports for editors: what residents search for, and files that cannot be read."""

import django_filters
from django.urls import reverse
from django.utils.text import Truncator
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.documents import get_document_model
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permission_policies.collections import CollectionPermissionPolicy

from search.indexing.documents import SearchFile
from search.indexing.files.extraction import FileProblem
from search.log.models import LoggedSearch


def _cut(name: str):
    return lambda search: Truncator(getattr(search, name)).chars(60)


class SearchFilterSet(WagtailFilterSet):
    result = django_filters.ChoiceFilter(
        label="Result",
        method="filter_result",
        choices=[("none", "No results"), ("unclicked", "No result clicked")],
    )

    class Meta:
        model = LoggedSearch
        fields = []

    def filter_result(self, queryset, name, value):
        if value == "none":
            return queryset.filter(result_count=0, filters="")
        return queryset.filter(result_count__gt=0, clicked_position=None)


class SearchLogView(ReportView):
    page_title = "Search log"
    header_icon = "search"
    model = LoggedSearch
    index_url_name = "search_log_report"
    index_results_url_name = "search_log_report_results"
    permission_policy = ModelPermissionPolicy(LoggedSearch)
    any_permission_required = {"view"}
    filterset_class = SearchFilterSet
    columns = [
        Column("query", label="Searched for", accessor=_cut("query")),
        Column("corrected", label="Showed results for", accessor=_cut("corrected")),
        Column("result_count", label="Results"),
        Column("clicked_label", label="Clicked result"),
        DateColumn("searched_at", label="Date"),
    ]

    def get_queryset(self):
        # Each search once, and not again for its further pages.
        return LoggedSearch.objects.filter(page_number=1)


class UnreadFilesView(ReportView):
    page_title = "Files search cannot read"
    header_icon = "doc-empty"
    model = SearchFile
    index_url_name = "unread_files_report"
    index_results_url_name = "unread_files_report_results"
    permission_policy = CollectionPermissionPolicy(get_document_model())
    any_permission_required = {"add", "change"}
    columns = [
        TitleColumn(
            "title",
            label="File",
            get_url=lambda file: reverse("wagtaildocs:edit", args=[file.pk]),
        ),
        Column("get_problem_display", label="Issue"),
        Column("advice", label="How to fix it"),
    ]

    def get_queryset(self):
        bad = SearchFile.objects.exclude(title="").exclude(
            problem__in=[FileProblem.NONE, FileProblem.UNSUPPORTED]
        )
        own = self.permission_policy.instances_user_has_any_permission_for(
            self.request.user, self.any_permission_required
        )
        return bad.filter(pk__in=own.values("pk")).order_by("title", "pk")
