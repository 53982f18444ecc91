"""Reports for editors: what residents search for, and files that cannot be read."""

import django_filters
from django.urls import reverse
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.documents import get_document_model
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permission_policies.collections import CollectionPermissionPolicy

from home.reports import Report, register_report
from search.indexing.documents import SearchFile
from search.indexing.files.extraction import FileProblem
from search.log.models import LoggedSearch


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


class SearchLogView(Report):
    slug = "searches"
    is_exported = False
    page_title = "Search log"
    header_icon = "list-ol"
    model = LoggedSearch
    permission_policy = ModelPermissionPolicy(LoggedSearch)
    any_permission_required = {"view"}
    filterset_class = SearchFilterSet
    columns = [
        Column("query", label="Searched for"),
        Column("corrected", label="Showed results for"),
        Column("result_count", label="Results"),
        Column("clicked_label", label="Clicked result"),
        DateColumn("searched_at", label="Date"),
    ]
    # Each search once, and not again for its further pages.
    queryset = LoggedSearch.objects.filter(page_number=1)


class UnreadFilesView(Report):
    slug = "unread-files"
    is_exported = False
    page_title = "Files search cannot read"
    header_icon = "doc-empty"
    model = SearchFile
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

    def get_base_queryset(self):
        bad = SearchFile.objects.exclude(title="").exclude(
            problem__in=[FileProblem.NONE, FileProblem.UNSUPPORTED]
        )
        own = self.permission_policy.instances_user_has_any_permission_for(
            self.request.user, self.any_permission_required
        )
        return bad.filter(pk__in=own.values("pk")).order_by("title", "pk")


register_report(SearchLogView)
register_report(UnreadFilesView)
