"""The queue of what people could not find, as officers see it."""

from datetime import datetime

import django_filters
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.reports import ReportView

from home.content.dates import days_after
from home.content_version.counter import start_of_day
from home.people import name_of
from home.reports import SafeExportMixin
from search.feedback.unsuccessful_searches.models import (
    FindabilityAction,
    State,
    policy,
)
from search.feedback.unsuccessful_searches.outcomes import add_outcomes
from search.feedback.unsuccessful_searches.topic_stats import Period, Topic, Topics
from search.log.models import LoggedSearch

REPORT_URL_NAME = "findability_report"
TOPIC_URL_NAME = "findability_topic"
USUAL_DAYS = 30
LONGEST_DAYS = 365
PERIODS = [("7", "Last 7 days"), ("90", "Last 90 days"), ("365", "Last 365 days")]
ALL, ME, NOBODY = "all", "me", "nobody"
TROUBLE = {
    "nothing": "Found nothing",
    "no_click": "Opened no result",
    "enquiries": "Enquiries",
    "votes": "Not useful",
}


def _leave(filterset, queryset, name, value):
    """Leave the rows to the view, which has none of a table but counts."""
    return queryset


class TopicFilterSet(WagtailFilterSet):
    """Which topics to look at, over which period."""

    period = django_filters.ChoiceFilter(
        label="Period", choices=PERIODS, empty_label="Last 30 days"
    )
    days = django_filters.DateFromToRangeFilter(
        label="Or from one day to another", widget=DateRangePickerWidget
    )
    trouble = django_filters.ChoiceFilter(
        label="What went wrong", choices=list(TROUBLE.items()), empty_label="Anything"
    )
    state = django_filters.ChoiceFilter(
        label="State",
        choices=[*State.choices[1:], (ALL, "All")],
        empty_label=State.OPEN.label,
    )
    assigned = django_filters.ChoiceFilter(
        label="Assigned to",
        choices=[(ME, "Me"), (NOBODY, "Nobody")],
        empty_label="Anybody or nobody",
    )

    class Meta:
        model = FindabilityAction
        fields = []

    def period_asked(self, at: datetime) -> Period:
        """Return the period that is asked for, or the usual one."""
        asked = self.form.cleaned_data if self.is_valid() else {}
        days = asked.get("days")
        if not days:
            return Period.of_days(int(asked.get("period") or USUAL_DAYS), at)
        today = timezone.localdate(at)
        last = days.stop.date() if days.stop else today
        first = days.start.date() if days.start else days_after(last, 1 - USUAL_DAYS)
        earliest = days_after(today, -LONGEST_DAYS)
        first, last = sorted(min(max(each, earliest), today) for each in (first, last))
        return Period(start_of_day(first), start_of_day(days_after(last, 1)))

    def keep(self, topics, user) -> list[Topic]:
        """Return the topics that are asked for."""
        asked = self.form.cleaned_data if self.is_valid() else {}
        state = asked.get("state") or State.OPEN
        if state != ALL:
            topics = [each for each in topics if each.state == state]
        if state == State.OPEN:
            topics = [each for each in topics if each.people]
        if trouble := asked.get("trouble"):
            topics = [each for each in topics if getattr(each, trouble)]
        if assigned := asked.get("assigned"):
            whom = user if assigned == ME else None
            topics = [each for each in topics if each.assigned_to == whom]
        return list(topics)


class ChartColumn(Column):
    """The people affected over the period, as bars."""

    cell_template_name = "search/findability_chart_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        """Give the chart of the topic."""
        context = super().get_cell_context_data(instance, parent_context)
        return {**context, "chart": Chart(instance.bars)}


class Chart:
    """Bars of numbers, in the units of a drawing that is 24 high."""

    height, bar_width = 24, 8

    def __init__(self, numbers: list[int]):
        self.width = len(numbers) * self.bar_width
        self.words = ", ".join(map(str, numbers))
        most = max(numbers, default=0) or 1
        self.bars = [
            {"x": place * self.bar_width, "y": self.height - tall, "height": tall}
            for place, number in enumerate(numbers)
            # A bar that stands for somebody can be seen.
            if (tall := -(-number * self.height // most))
        ]


def describe_state(topic: Topic) -> str:
    """Return where a topic stands, with whom, and whether it helped."""
    whom = topic.assigned_to
    with_whom = f", with {name_of(whom)}" if whom else ""
    return f"{topic.state.label}{with_whom}. {topic.outcome}".removesuffix(". ")


def _others(topic: Topic) -> str:
    return ", ".join(wording for wording, _ in topic.wordings[1:4])


EXPORTED = {
    "label": ("Topic", lambda topic: topic.label),
    "wordings": ("All wordings", lambda topic: _all_wordings(topic)),
    **{
        name: (label, lambda topic, name=name: getattr(topic, name))
        for name, label in TROUBLE.items()
    },
    "people": ("People", lambda topic: topic.people),
    "bars": ("Over the period", lambda topic: Chart(topic.bars).words),
    "state": ("State", describe_state),
}


def _all_wordings(topic: Topic) -> str:
    return ", ".join(wording for wording, _ in topic.wordings)


class FindabilityView(SafeExportMixin, ReportView):
    """The topics, those first that kept most people from what they needed."""

    page_title = "What people cannot find"
    header_icon = "search"
    model = FindabilityAction
    template_name = "wagtailadmin/reports/base_report.html"
    results_template_name = "search/findability_results.html"
    index_url_name = REPORT_URL_NAME
    index_results_url_name = f"{REPORT_URL_NAME}_results"
    permission_policy = policy
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
        Column("others", label="Also searched for as", accessor=_others),
        *(Column(name, label=label, sort_key=name) for name, label in TROUBLE.items()),
        Column("people", label="People", sort_key="people"),
        ChartColumn("bars", label="Over the period"),
        Column("state", label="State", accessor=describe_state),
    ]
    list_export = list(EXPORTED)
    export_headings = {name: label for name, (label, _) in EXPORTED.items()}
    export_filename = "what-people-cannot-find"

    @cached_property
    def topics(self) -> Topics:
        """Return all topics of the period that is asked for."""
        at = timezone.now()
        return Topics(self.filters.period_asked(at), at)

    def get_filtered_queryset(self):
        """Return the topics that are asked for, in their order: a list, not rows."""
        found = self.filters.keep(self.topics.all(), self.request.user)
        name = self.ordering.removeprefix("-")
        sign = -1 if self.ordering.startswith("-") else 1
        return sorted(
            found,
            key=lambda each: (sign * getattr(each, name), -each.people, each.key),
        )

    def paginate_queryset(self, queryset, page_size):
        """Return a page of the topics, described; no others need it."""
        paged = super().paginate_queryset(queryset, page_size)
        self._describe(list(paged[2]))
        return paged

    def decorate_paginated_queryset(self, object_list):
        """Describe all topics where all are exported."""
        if self.is_export:
            self._describe(object_list)
        return object_list

    def _describe(self, shown: list[Topic]) -> None:
        self.topics.describe(shown)
        add_outcomes(shown, timezone.now())

    def get_context_data(self, *args, **kwargs):
        """Add what is left out of the counts for now."""
        unsorted = LoggedSearch.objects.filter(topic="").exists()
        context = super().get_context_data(*args, **kwargs)
        return {**context, "period": self.topics.period, "is_incomplete": unsorted}

    def to_row_dict(self, item):
        """Return the cells of a topic for a spreadsheet."""
        return {name: cell(item) for name, (_, cell) in EXPORTED.items()}
