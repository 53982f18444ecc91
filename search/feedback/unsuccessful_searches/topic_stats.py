"""Counts unsuccessful searches, enquiries and page feedback by topic."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.text import Truncator
from wagtail.models import Page

from home.pages import visible_pages
from search.feedback.actions import (
    STATE_AFTER,
    ActionKind,
    CaseState,
    FeedbackAction,
)
from search.feedback.enquiries.models import Enquiry
from search.feedback.page_feedback.models import PageFeedbackCount
from search.feedback.unsuccessful_searches.topics import get_topic_merger
from search.log.models import LoggedSearch, redact
from search.tokens import digest_of, topic_of

MAX_BARS = 12
LABEL_LENGTH = 60
# Characters of a message read for its label.
MAX_MESSAGE_LENGTH = 500
# A database takes no more parameters in one query.
MAX_QUERY_PARAMETERS = 5_000

title_topic = lru_cache(maxsize=20_000)(topic_of)


@dataclass(frozen=True)
class Period:
    """Excludes its start and includes its end."""

    start: datetime
    end: datetime

    @classmethod
    def of_days(cls, days: int, at: datetime) -> "Period":
        return cls(at - timedelta(days=days), at)

    def within(self, name: str) -> Q:
        return Q((f"{name}__gt", self.start), (f"{name}__lte", self.end))

    def parts(self) -> list[datetime]:
        """Return the ends of the chart's bars: a day each, or twelve equal parts."""
        number = min(MAX_BARS, max(1, -(-(self.end - self.start) // timedelta(1))))
        step = (self.end - self.start) / number
        return [self.start + step * (place + 1) for place in range(number)]


@dataclass(slots=True, eq=False)
class Topic:
    """There may be tens of thousands, so each holds as few objects as it can."""

    key: str
    # The stored topics that synonyms merge into this one.
    stored: tuple[str, ...] = ()
    nothing: int = 0
    no_click: int = 0
    enquiries: int = 0
    votes: int = 0
    pages: tuple[Page, ...] = ()
    actions: tuple[FeedbackAction, ...] = ()
    # Filled in by TopicReport.describe.
    wordings: tuple[tuple[str, int], ...] = ()
    label: str = ""
    bars: tuple[int, ...] | list[int] = ()
    outcome: str = ""

    @property
    def people(self) -> int:
        """One for each search, message and vote."""
        return self.nothing + self.no_click + self.enquiries + self.votes

    @property
    def digest(self) -> str:
        """Identifies the topic in an address."""
        return digest_of(self.key)

    @property
    def last_decision(self) -> FeedbackAction | None:
        if not self.actions:
            return None
        decided = (each for each in reversed(self.actions) if each.kind in STATE_AFTER)
        return next(decided, None)

    @property
    def state(self) -> CaseState:
        last = self.last_decision
        return STATE_AFTER[last.kind] if last else CaseState.OPEN

    @property
    def assigned_to(self):
        given = (
            each for each in reversed(self.actions) if each.kind == ActionKind.ASSIGNED
        )
        return next((each.assigned_to for each in given), None)

    @property
    def lasting_label(self) -> str:
        """What it is called for as long as actions are stored: never a message."""
        return self.label if self.wordings or self.pages else self.key

    @property
    def searched(self) -> str:
        """Return its label if that was typed into the search box."""
        return self.label if self.wordings else ""

    @property
    def last_action(self) -> FeedbackAction | None:
        return self.actions[-1] if self.actions else None

    def do(
        self, kind: ActionKind, by, at: datetime, note: str = "", assigned_to=None
    ) -> FeedbackAction:
        return FeedbackAction.objects.create(
            topic=self.key,
            label=self.lasting_label[:100],
            kind=kind,
            note=note[:200],
            assigned_to=assigned_to,
            by=by,
            at=at,
        )


class TopicReport:
    """All topics with failures in a period, and those that someone acted on."""

    def __init__(self, period: Period, at: datetime):
        self.period = period
        self._merger = get_topic_merger()
        self._topics: dict[str, Topic] = {}
        self._of: dict[str, Topic] = {}
        self._count_searches()
        self._count_enquiries()
        self._count_votes(at)
        done = FeedbackAction.objects.filter(enquiry=None)
        for action in done.select_related("by", "assigned_to"):
            self._at(action.topic).actions += (action,)

    def all(self) -> Iterable[Topic]:
        return self._topics.values()

    def find(self, digest: str) -> Topic | None:
        return next((each for each in self.all() if each.digest == digest), None)

    def _at(self, stored: str) -> Topic:
        if stored not in self._of:
            key = self._merger.canonical(stored)
            if key not in self._topics:
                self._topics[key] = Topic(key)
            self._of[stored] = self._topics[key]
            self._topics[key].stored += (stored,)
        return self._of[stored]

    def _count_searches(self) -> None:
        # Conditional counts and not `filter`, so that databases read only the index.
        wanted = self.period.within("searched_at") & Q(clicked_position=None)
        counted = (
            counted_searches()
            .order_by()
            .values_list("topic")
            .annotate(
                number=Count("result_count", filter=wanted),
                nothing=Count("result_count", filter=wanted & Q(result_count=0)),
            )
        )
        for stored, number, found_nothing in counted.filter(number__gt=0):
            self._merger.cache(stored)
            topic = self._at(stored)
            topic.nothing += found_nothing
            topic.no_click += number - found_nothing

    def _count_enquiries(self) -> None:
        counted = enquiries_of(self.period).order_by().values_list("topic")
        for stored, number in counted.annotate(Sum("times_sent")):
            self._at(stored).enquiries += number

    def _count_votes(self, at: datetime) -> None:
        """Add the votes of public pages, by the months that the period touches."""
        first, last = map(timezone.localdate, (self.period.start, self.period.end))
        months = PageFeedbackCount.objects.filter(
            month_on__gte=first.replace(day=1), month_on__lte=last, no__gt=0
        )
        counted = dict(months.order_by().values_list("page").annotate(Sum("no")))
        if not counted:
            return
        pages = visible_pages(at).filter(pk__in=months.order_by().values("page"))
        for page in pages.only("title", "url_path"):
            topic = self._at(title_topic(page.title))
            topic.votes += counted[page.pk]
            topic.pages += (page,)

    def describe(self, shown: list[Topic]) -> None:
        """Fill in the wordings, labels and bars of the topics on screen."""
        for topic in shown:
            topic.bars = [0] * len(self.period.parts())
        if not shown:
            return
        of = {stored: topic for topic in shown for stored in topic.stored}
        searches = _about(failed_searches(self.period), of)
        self._label(of, searches, shown)
        self._fill_bars(of, searches, "searched_at", Count("*"))
        messages = _about(enquiries_of(self.period), of)
        self._fill_bars(of, messages, "created_at", Sum("times_sent"))

    def _label(self, of: dict[str, Topic], searches: QuerySet, shown) -> None:
        wordings = defaultdict(lambda: defaultdict(int))
        counted = searches.order_by().values_list("topic", "query")
        for stored, query, number in counted.annotate(number=Count("*")):
            if stored in of:
                wordings[of[stored].key][query.casefold()] += number
        for topic in shown:
            own = wordings[topic.key].items()
            by_number = sorted(own, key=lambda pair: (-pair[1], pair[0]))
            topic.wordings = tuple(by_number)
            if topic.wordings:
                topic.label = topic.wordings[0][0]
            elif topic.pages:
                topic.label = topic.pages[0].title
        self._label_by_messages([topic for topic in shown if not topic.label])

    def _label_by_messages(self, unlabelled: list[Topic]) -> None:
        of = {stored: topic for topic in unlabelled for stored in topic.stored}
        messages = (
            _about(enquiries_of(self.period), of) if of else Enquiry.objects.none()
        )
        said = messages.values_list(
            "topic", "query", Left("message", MAX_MESSAGE_LENGTH)
        )
        for stored, query, message in said:
            if stored in of and not of[stored].label:
                words = redact(query or " ".join(message.split()))
                of[stored].label = Truncator(words).chars(LABEL_LENGTH)
        for topic in unlabelled:
            if not topic.label and topic.actions:
                topic.label = topic.actions[-1].label
            topic.label = topic.label or topic.key

    def _fill_bars(
        self, of: dict[str, Topic], rows: QuerySet, column: str, number
    ) -> None:
        parts = [
            When(**{f"{column}__lte": end}, then=Value(place))
            for place, end in enumerate(self.period.parts())
        ]
        part = Case(*parts, output_field=IntegerField())
        counted = rows.order_by().annotate(part=part).values_list("topic", "part")
        for stored, place, people in counted.annotate(number=number):
            if stored in of:
                of[stored].bars[place] += people


def _about(rows: QuerySet, of: dict[str, Topic]) -> QuerySet:
    return rows.filter(topic__in=list(of)) if len(of) <= MAX_QUERY_PARAMETERS else rows


def counted_searches() -> QuerySet[LoggedSearch]:
    """Count each search once: its first page, without filters."""
    return LoggedSearch.objects.filter(page_number=1, filters="", topic__gt="")


def failed_searches(period: Period) -> QuerySet[LoggedSearch]:
    return counted_searches().filter(
        period.within("searched_at"), clicked_position=None
    )


def enquiries_of(period: Period) -> QuerySet[Enquiry]:
    return Enquiry.objects.filter(period.within("created_at"), topic__gt="")
