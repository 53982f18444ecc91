"""Reports: unsuccessful searches by topic, the search log and files not read."""

from datetime import datetime, timedelta
from functools import cached_property

import django_filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.generic import TemplateView
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.documents import get_document_model
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permission_policies.collections import CollectionPermissionPolicy

from home.dashboard import counted_task, register_dashboard_tasks
from home.page_tree.addresses import site_root
from home.reports import ExportColumn, Report, ScreenColumn, register_report
from search.engine.filters import SearchRequest
from search.engine.results import get_results
from search.feedback.cases import CaseView, may_read
from search.feedback.models import (
    POLICY,
    CaseStatus,
    Enquiry,
    FeedbackAction,
    PageFeedbackComment,
)
from search.feedback.suggestions import suggest_promotions, suggest_synonyms
from search.feedback.topics import (
    FREQUENT,
    Topic,
    describe_state,
    describe_topics,
    failed_searches,
    get_topics,
)
from search.indexing.documents import SearchFile
from search.indexing.extraction import FileProblem
from search.log.models import LoggedSearch
from search.log.redaction import REDACTED

TOPIC_URL_NAME = "unsuccessful_searches_topic"
FAILURE_TYPES = {
    "nothing": "No results",
    "no_click": "No result opened",
    "enquiries": "Enquiries",
    "votes": "Page not useful",
}
MAX_LISTED = 20


class TopicFilterSet(WagtailFilterSet):
    """The rows are counts and not of a table, so the view filters them."""

    period = django_filters.ChoiceFilter(
        label="Period",
        choices=[(str(days), f"Last {days} days") for days in (7, 90, 365)],
        empty_label="Last 30 days",
    )
    state = django_filters.ChoiceFilter(
        label="Status",
        choices=[CaseStatus.choices[1], ("all", "All")],
        empty_label=CaseStatus.OPEN.label,
    )
    searches = django_filters.ChoiceFilter(
        label="Unsuccessful searches",
        choices=[(str(FREQUENT), f"{FREQUENT} or more")],
        empty_label="All",
    )
    assigned = django_filters.ChoiceFilter(
        label="Assigned to",
        choices=[("me", "Me"), ("none", "No one")],
        empty_label="All",
    )

    class Meta:
        model = FeedbackAction
        fields = []

    def get_start(self, at: datetime) -> datetime:
        asked = self.form.cleaned_data if self.is_valid() else {}
        return at - timedelta(days=int(asked.get("period") or 30))

    def select(self, topics: list[Topic], user) -> list[Topic]:
        asked = self.form.cleaned_data if self.is_valid() else {}
        state = asked.get("state")
        if state == CaseStatus.CLOSED:
            topics = [each for each in topics if not each.is_open]
        elif state != "all":
            topics = [each for each in topics if each.is_open and each.people]
        if asked.get("searches"):
            topics = [each for each in topics if each.is_frequent]
        if assigned := asked.get("assigned"):
            whom = user if assigned == "me" else None
            topics = [each for each in topics if each.assigned_to == whom]
        return topics


def terms_of(topic: Topic) -> list[str]:
    return [wording for wording, _ in topic.wordings]


class UnsuccessfulSearchesView(Report):
    slug = "unsuccessful-searches"
    page_title = "Unsuccessful searches"
    header_icon = "circle-xmark"
    model = FeedbackAction
    results_template_name = "search/unsuccessful_searches_results.html"
    # It shows enquiries.
    permission_policy = POLICY
    any_permission_required = {"view", "change"}
    filterset_class = TopicFilterSet
    default_ordering = "-people"
    verbose_name_plural = "topics"
    paginate_by = 25
    columns = [
        TitleColumn(
            "label",
            label="Topic",
            get_url=lambda topic: reverse(TOPIC_URL_NAME, args=[topic.digest]),
        ),
        ScreenColumn(
            "others",
            label="Other search terms",
            accessor=lambda topic: ", ".join(terms_of(topic)[1:4]),
        ),
        ExportColumn(
            "wordings",
            label="All search terms",
            accessor=lambda topic: ", ".join(terms_of(topic)),
        ),
        *(
            Column(name, label=label, sort_key=name)
            for name, label in FAILURE_TYPES.items()
        ),
        Column("people", label="People", sort_key="people"),
        Column(
            "state",
            label="Status",
            accessor=lambda topic: describe_state(topic, timezone.now()),
        ),
    ]

    @cached_property
    def start(self) -> datetime:
        return self.filters.get_start(timezone.now())

    def get_filtered_queryset(self):
        topics = get_topics(self.start, timezone.now())
        name = self.ordering.removeprefix("-")
        sign = -1 if self.ordering.startswith("-") else 1
        return sorted(
            self.filters.select(topics, self.request.user),
            key=lambda each: (sign * getattr(each, name), -each.people, each.key),
        )

    def decorate_paginated_queryset(self, object_list):
        describe_topics(object_list, self.start)
        return object_list


class TopicView(CaseView, WagtailAdminTemplateMixin, TemplateView):
    template_name = "search/unsuccessful_searches_topic.html"
    header_icon = "circle-xmark"

    def dispatch(self, request, *args, **kwargs):
        """Redirect to the report if the topic is gone or has been merged."""
        if not may_read(request.user):
            raise PermissionDenied
        self.at = timezone.now()
        self.start = self.at - timedelta(days=365)
        topics = get_topics(self.start, self.at)
        found = [each for each in topics if each.digest == kwargs["digest"]]
        if not found:
            messages.warning(
                request,
                "This topic no longer exists. Its searches were deleted, or a synonym "
                "merged it with another topic.",
            )
            return redirect(UnsuccessfulSearchesView.index_url_name)
        describe_topics(found, self.start)
        self.case = found[0]
        return super().dispatch(request, *args, **kwargs)

    @property
    def page_title(self):
        return self.case.label

    def get_breadcrumbs_items(self):
        report = UnsuccessfulSearchesView
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse(report.index_url_name), "label": report.page_title},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs):
        topic, since = self.case, self.start
        enquiries = Enquiry.objects.filter(created_at__gt=since, topic__in=topic.stored)
        comments = PageFeedbackComment.objects.filter(
            created_at__gt=since, page__in=topic.pages, was_useful=False
        )
        return super().get_context_data(
            topic=topic,
            counts=[
                (label, getattr(topic, name)) for name, label in FAILURE_TYPES.items()
            ],
            state=describe_state(topic, self.at),
            wordings=topic.wordings[:MAX_LISTED],
            enquiries=enquiries[:MAX_LISTED],
            comments=comments[:MAX_LISTED],
            **self._get_results(),
            **kwargs,
        )

    def _get_results(self) -> dict:
        """Return what the search finds, and suggestions for what it does not."""
        topic, root = self.case, site_root(self.request)
        if root is None or not topic.searched:
            return {}
        found = get_results(SearchRequest(topic.searched), root, self.at)
        context = {"results": [*found.promoted, *found.results][:5]}
        if REDACTED in topic.searched:
            return context
        promoted = {each.page_id for each in found.promoted}
        pages = suggest_promotions(topic, self.start, root, self.at)
        return context | {
            # One phrase, even if the search has commas.
            "searched": topic.searched.replace(",", " "),
            "synonyms": suggest_synonyms(topic, self.start),
            "promotions": [each for each in pages if each[0].pk not in promoted],
        }


class SearchLogView(Report):
    slug = "searches"
    is_exported = False
    page_title = "Search log"
    header_icon = "list-ol"
    model = LoggedSearch
    permission_policy = ModelPermissionPolicy(LoggedSearch)
    any_permission_required = {"view"}
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


@register_dashboard_tasks
def unsuccessful_topics(user, at):
    week = at - timedelta(days=7)
    if not may_read(user) or not failed_searches(week).exists():
        return
    topics = get_topics(week, at)
    count = sum(each.is_open and each.is_frequent for each in topics)
    what = f"with {FREQUENT} or more unsuccessful searches this week"
    report = reverse(UnsuccessfulSearchesView.index_url_name)
    href = f"{report}?period=7&searches={FREQUENT}"
    yield counted_task(count, f"topic {what}", f"topics {what}", href)


register_report(
    UnsuccessfulSearchesView,
    path("<str:digest>/", TopicView.as_view(), name=TOPIC_URL_NAME),
    in_reports_menu=False,
)
register_report(SearchLogView)
register_report(UnreadFilesView)
