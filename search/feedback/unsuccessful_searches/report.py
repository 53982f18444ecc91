"""The report of unsuccessful searches, by topic."""

from datetime import datetime

import django_filters
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn

from home.content.dates import days_after
from home.content.text import name_of
from home.content_version.counter import start_of_day
from home.reports import ExportColumn, Report, ScreenColumn
from search.feedback.actions import CaseState, FeedbackAction
from search.feedback.permissions import topic_policy
from search.feedback.unsuccessful_searches.outcomes import add_outcomes
from search.feedback.unsuccessful_searches.topic_stats import Period, Topic, TopicReport
from search.log.models import LoggedSearch

REPORT_URL_NAME = "unsuccessful_searches_report"
TOPIC_URL_NAME = "unsuccessful_searches_topic"
DEFAULT_DAYS = 30
MAX_DAYS = 365
PERIODS = [("7", "Last 7 days"), ("90", "Last 90 days"), ("365", "Last 365 days")]
ALL, ME, NO_ONE = "all", "me", "none"
FAILURE_TYPES = {
    "nothing": "No results",
    "no_click": "No result opened",
    "enquiries": "Enquiries",
    "votes": "Page not useful",
}


def _unfiltered(filterset, queryset, name, value):
    # The rows are counts and not of a table, so the view filters them.
    return queryset


class TopicFilterSet(WagtailFilterSet):
    period = django_filters.ChoiceFilter(
        label="Period", choices=PERIODS, empty_label="Last 30 days"
    )
    days = django_filters.DateFromToRangeFilter(
        label="Or dates", widget=DateRangePickerWidget
    )
    failure = django_filters.ChoiceFilter(
        label="Failure type",
        choices=list(FAILURE_TYPES.items()),
        empty_label="All",
    )
    state = django_filters.ChoiceFilter(
        label="Status",
        choices=[*CaseState.choices[1:], (ALL, "All")],
        empty_label=CaseState.OPEN.label,
    )
    assigned = django_filters.ChoiceFilter(
        label="Assigned to",
        choices=[(ME, "Me"), (NO_ONE, "No one")],
        empty_label="All",
    )

    class Meta:
        model = FeedbackAction
        fields = []

    def requested_period(self, at: datetime) -> Period:
        asked = self.form.cleaned_data if self.is_valid() else {}
        days = asked.get("days")
        if not days:
            return Period.of_days(int(asked.get("period") or DEFAULT_DAYS), at)
        today = timezone.localdate(at)
        last = days.stop.date() if days.stop else today
        first = days.start.date() if days.start else days_after(last, 1 - DEFAULT_DAYS)
        earliest = days_after(today, -MAX_DAYS)
        first, last = sorted(min(max(each, earliest), today) for each in (first, last))
        return Period(start_of_day(first), start_of_day(days_after(last, 1)))

    def select(self, topics, user) -> list[Topic]:
        asked = self.form.cleaned_data if self.is_valid() else {}
        state = asked.get("state") or CaseState.OPEN
        if state != ALL:
            topics = [each for each in topics if each.state == state]
        if state == CaseState.OPEN:
            topics = [each for each in topics if each.people]
        if failure := asked.get("failure"):
            topics = [each for each in topics if getattr(each, failure)]
        if assigned := asked.get("assigned"):
            whom = user if assigned == ME else None
            topics = [each for each in topics if each.assigned_to == whom]
        return list(topics)


class ChartColumn(Column):
    cell_template_name = "search/unsuccessful_searches_chart_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        return {**context, "chart": Chart(instance.bars)}


class Chart:
    """Bars in the units of a drawing that is 24 high."""

    height, bar_width = 24, 8

    def __init__(self, numbers: list[int]):
        self.width = len(numbers) * self.bar_width
        self.description = ", ".join(map(str, numbers))
        most = max(numbers, default=0) or 1
        self.bars = [
            {"x": place * self.bar_width, "y": self.height - tall, "height": tall}
            for place, number in enumerate(numbers)
            # Rounded up, so that one person is visible.
            if (tall := -(-number * self.height // most))
        ]


def describe_state(topic: Topic) -> str:
    whom = topic.assigned_to
    with_whom = f", assigned to {name_of(whom)}" if whom else ""
    return f"{topic.state.label}{with_whom}. {topic.outcome}".removesuffix(". ")


def _terms(wordings) -> str:
    return ", ".join(wording for wording, _ in wordings)


class UnsuccessfulSearchesView(Report):
    slug = "unsuccessful-searches"
    page_title = "Unsuccessful searches"
    header_icon = "circle-xmark"
    model = FeedbackAction
    results_template_name = "search/unsuccessful_searches_results.html"
    permission_policy = topic_policy
    any_permission_required = {"view"}
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
            accessor=lambda topic: _terms(topic.wordings[1:4]),
        ),
        ExportColumn(
            "wordings",
            label="All search terms",
            accessor=lambda topic: _terms(topic.wordings),
        ),
        *(
            Column(name, label=label, sort_key=name)
            for name, label in FAILURE_TYPES.items()
        ),
        Column("people", label="People", sort_key="people"),
        ChartColumn(
            "bars",
            label="Over the period",
            accessor=lambda topic: Chart(topic.bars).description,
        ),
        Column("state", label="Status", accessor=describe_state),
    ]

    @cached_property
    def topics(self) -> TopicReport:
        at = timezone.now()
        return TopicReport(self.filters.requested_period(at), at)

    def get_filtered_queryset(self):
        found = self.filters.select(self.topics.all(), self.request.user)
        name = self.ordering.removeprefix("-")
        sign = -1 if self.ordering.startswith("-") else 1
        return sorted(
            found,
            key=lambda each: (sign * getattr(each, name), -each.people, each.key),
        )

    def paginate_queryset(self, queryset, page_size):
        paged = super().paginate_queryset(queryset, page_size)
        self._describe(list(paged[2]))
        return paged

    def decorate_paginated_queryset(self, object_list):
        if self.is_export:
            self._describe(object_list)
        return object_list

    def _describe(self, shown: list[Topic]) -> None:
        self.topics.describe(shown)
        add_outcomes(shown, timezone.now())

    def get_context_data(self, *args, **kwargs):
        unsorted = LoggedSearch.objects.filter(topic="").exists()
        context = super().get_context_data(*args, **kwargs)
        return {**context, "period": self.topics.period, "is_incomplete": unsorted}
