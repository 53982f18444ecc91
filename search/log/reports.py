"""Reports for officers: what residents search for, and files that cannot be read."""

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
    """Return what shows a text short enough for a table, whatever was searched for."""
    return lambda search: Truncator(getattr(search, name)).chars(60)


class SearchFilterSet(WagtailFilterSet):
    """Which searches to look at: those that went wrong."""

    went = django_filters.ChoiceFilter(
        label="How it went",
        method="filter_went",
        choices=[("nothing", "Found nothing"), ("unopened", "No result was opened")],
    )

    class Meta:
        model = LoggedSearch
        fields = []

    def filter_went(self, queryset, name, value):
        """Return the searches that found nothing, or of which nothing was opened."""
        if value == "nothing":
            return queryset.filter(result_count=0, filters="")
        return queryset.filter(result_count__gt=0, clicked_position=None)


class SearchLogView(ReportView):
    """What residents search for. Nothing in it says who they were."""

    page_title = "Searches"
    header_icon = "search"
    model = LoggedSearch
    index_url_name = "search_log_report"
    index_results_url_name = "search_log_report_results"
    permission_policy = ModelPermissionPolicy(LoggedSearch)
    any_permission_required = {"view"}
    filterset_class = SearchFilterSet
    columns = [
        Column("query", label="Searched for", accessor=_cut("query")),
        Column("corrected", label="Shown results for", accessor=_cut("corrected")),
        Column("result_count", label="Results"),
        Column("opened_label", label="Opened"),
        DateColumn("searched_at", label="When"),
    ]

    def get_queryset(self):
        """Return each search once, the last one first."""
        return LoggedSearch.objects.filter(page_number=1)


class UnreadFilesView(ReportView):
    """Files whose text search could not read, and what to do about each."""

    page_title = "Files not read"
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
        Column("get_problem_display", label="Why"),
        Column("advice", label="What to do"),
    ]

    def get_queryset(self):
        """Return the files with a problem that whoever asks can mend."""
        bad = SearchFile.objects.exclude(title="").exclude(
            problem__in=[FileProblem.NONE, FileProblem.UNSUPPORTED]
        )
        own = self.permission_policy.instances_user_has_any_permission_for(
            self.request.user, self.any_permission_required
        )
        return bad.filter(pk__in=own.values("pk")).order_by("title", "pk")
