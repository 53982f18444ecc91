"""Counts what people could not find, by topic, over a period."""

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
from search.feedback.enquiries.models import Enquiry
from search.feedback.page_feedback.models import UsefulnessCount
from search.feedback.unsuccessful_searches.models import (
    STATE_AFTER,
    FindabilityAction,
    Kind,
    State,
)
from search.feedback.unsuccessful_searches.topics import (
    digest_of,
    get_folding,
    topic_of,
)
from search.log.models import LoggedSearch, redact

MAX_BARS = 12
LABEL_LENGTH = 60
# Of a message no more is read for its label: it holds what anybody has sent.
BEGINNING = 500
# More at once than a database takes as parameters of one question.
MAX_ASKED = 5_000

title_topic = lru_cache(maxsize=20_000)(topic_of)


@dataclass(frozen=True)
class Period:
    """From after a moment to another."""

    start: datetime
    end: datetime

    @classmethod
    def of_days(cls, days: int, at: datetime) -> "Period":
        """Return the days up to a moment."""
        return cls(at - timedelta(days=days), at)

    def within(self, name: str) -> Q:
        """Return the condition that a column of moments lies in the period."""
        return Q((f"{name}__gt", self.start), (f"{name}__lte", self.end))

    def parts(self) -> list[datetime]:
        """Return the ends of the bars of a chart: a day each, or twelve equal parts."""
        number = min(MAX_BARS, max(1, -(-(self.end - self.start) // timedelta(1))))
        step = (self.end - self.start) / number
        return [self.start + step * (place + 1) for place in range(number)]


@dataclass(slots=True, eq=False)
class Topic:
    """What people could not find, and how many of them.

    There may be tens of thousands, so each holds as few objects as it can.
    """

    key: str
    # The topics as they are stored, which synonyms bring together.
    stored: tuple[str, ...] = ()
    nothing: int = 0
    no_click: int = 0
    enquiries: int = 0
    votes: int = 0
    pages: tuple[Page, ...] = ()
    actions: tuple[FindabilityAction, ...] = ()
    # Filled in for those that are shown.
    wordings: tuple[tuple[str, int], ...] = ()
    label: str = ""
    bars: tuple[int, ...] | list[int] = ()
    outcome: str = ""

    @property
    def people(self) -> int:
        """How many people are affected: one for each search, message and vote."""
        return self.nothing + self.no_click + self.enquiries + self.votes

    @property
    def digest(self) -> str:
        """What stands for the topic in an address."""
        return digest_of(self.key)

    @property
    def last_decision(self) -> FindabilityAction | None:
        """The action that says where it stands."""
        if not self.actions:
            return None
        decided = (each for each in reversed(self.actions) if each.kind in STATE_AFTER)
        return next(decided, None)

    @property
    def state(self) -> State:
        """Where it stands."""
        last = self.last_decision
        return STATE_AFTER[last.kind] if last else State.OPEN

    @property
    def assigned_to(self):
        """The colleague who was last asked to deal with it, or None."""
        given = (each for each in reversed(self.actions) if each.kind == Kind.ASSIGNED)
        return next((each.assigned_to for each in given), None)

    @property
    def lasting_label(self) -> str:
        """What it is called for as long as actions are kept: nobody's message."""
        return self.label if self.wordings or self.pages else self.key

    @property
    def can_be_searched(self) -> bool:
        """Whether its label is what somebody typed into the search box."""
        return bool(self.wordings)


class Topics:
    """All topics with trouble in a period, and those that somebody dealt with."""

    def __init__(self, period: Period, at: datetime):
        self.period = period
        self._folding = get_folding()
        self._topics: dict[str, Topic] = {}
        self._of: dict[str, Topic] = {}
        self._count_searches()
        self._count_enquiries()
        self._count_votes(at)
        for action in FindabilityAction.objects.select_related("by", "assigned_to"):
            self._at(action.topic).actions += (action,)

    def all(self) -> Iterable[Topic]:
        """Return them in no order."""
        return self._topics.values()

    def find(self, digest: str) -> Topic | None:
        """Return the topic that an address means, or None."""
        return next((each for each in self.all() if each.digest == digest), None)

    def _at(self, stored: str) -> Topic:
        """Return the topic that a stored one belongs to."""
        if stored not in self._of:
            key = self._folding.fold(stored)
            if key not in self._topics:
                self._topics[key] = Topic(key)
            self._of[stored] = self._topics[key]
            self._topics[key].stored += (stored,)
        return self._of[stored]

    def _count_searches(self) -> None:
        # Not by `filter`: so both databases read nothing but the index, in its order.
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
            self._folding.learn(stored)
            topic = self._at(stored)
            topic.nothing += found_nothing
            topic.no_click += number - found_nothing

    def _count_enquiries(self) -> None:
        counted = enquiries_of(self.period).order_by().values_list("topic")
        for stored, number in counted.annotate(Sum("times_sent")):
            self._at(stored).enquiries += number

    def _count_votes(self, at: datetime) -> None:
        """Add the votes of the months that the period touches, of public pages."""
        first, last = map(timezone.localdate, (self.period.start, self.period.end))
        months = UsefulnessCount.objects.filter(
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
        """Fill in what is shown of topics: the wordings, the label and the bars."""
        for topic in shown:
            topic.bars = [0] * len(self.period.parts())
        if not shown:
            return
        of = {stored: topic for topic in shown for stored in topic.stored}
        searches = _about(failed_searches(self.period), of)
        self._name(of, searches, shown)
        self._draw(of, searches, "searched_at", Count("*"))
        messages = _about(enquiries_of(self.period), of)
        self._draw(of, messages, "created_at", Sum("times_sent"))

    def _name(self, of: dict[str, Topic], searches: QuerySet, shown) -> None:
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
        self._name_by_messages([topic for topic in shown if not topic.label])

    def _name_by_messages(self, nameless: list[Topic]) -> None:
        of = {stored: topic for topic in nameless for stored in topic.stored}
        messages = (
            _about(enquiries_of(self.period), of) if of else Enquiry.objects.none()
        )
        said = messages.values_list("topic", "query", Left("message", BEGINNING))
        for stored, query, message in said:
            if stored in of and not of[stored].label:
                words = redact(query or " ".join(message.split()))
                of[stored].label = Truncator(words).chars(LABEL_LENGTH)
        for topic in nameless:
            if not topic.label and topic.actions:
                topic.label = topic.actions[-1].label
            topic.label = topic.label or topic.key

    def _draw(self, of: dict[str, Topic], rows: QuerySet, moment: str, number) -> None:
        parts = [
            When(**{f"{moment}__lte": end}, then=Value(place))
            for place, end in enumerate(self.period.parts())
        ]
        part = Case(*parts, output_field=IntegerField())
        counted = rows.order_by().annotate(part=part).values_list("topic", "part")
        for stored, place, people in counted.annotate(number=number):
            if stored in of:
                of[stored].bars[place] += people


def _about(rows: QuerySet, of: dict[str, Topic]) -> QuerySet:
    return rows.filter(topic__in=list(of)) if len(of) <= MAX_ASKED else rows


def counted_searches() -> QuerySet[LoggedSearch]:
    """Return one search for each that somebody made: first pages, without filters."""
    return LoggedSearch.objects.filter(page_number=1, filters="", topic__gt="")


def failed_searches(period: Period) -> QuerySet[LoggedSearch]:
    """Return the searches of a period after which no result was opened."""
    return counted_searches().filter(
        period.within("searched_at"), clicked_position=None
    )


def enquiries_of(period: Period) -> QuerySet[Enquiry]:
    """Return the enquiries of a period."""
    return Enquiry.objects.filter(period.within("created_at"), topic__gt="")
