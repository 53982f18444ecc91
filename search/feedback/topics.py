"""Counts unsuccessful searches, enquiries and page feedback by topic."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet, Sum
from django.db.models.functions import Left, Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page

from home.content.text import name_of
from home.dashboard import counted
from home.pages import visible_pages
from search.curation import (
    PromotionMatcher,
    PromotionSnippet,
    SynonymSnippet,
    get_promoted,
    split_phrases,
)
from search.feedback.cases import may_handle
from search.feedback.models import (
    OUTCOMES,
    ActionKind,
    CaseStatus,
    Enquiry,
    FeedbackAction,
    PageFeedbackCount,
)
from search.log.models import LoggedSearch, topic_of_search
from search.log.redaction import redact
from search.tokens import EMPTY_TOPIC, digest_of, topic_of

# Characters of a message read for its label.
MAX_MESSAGE_LENGTH = 500
FREQUENT = 5
# A database takes no more parameters in one query.
MAX_QUERY_PARAMETERS = 5_000


@dataclass(slots=True, eq=False)
class Topic:
    """There may be tens of thousands, so each holds as few objects as it can."""

    key: str
    # Its own key, and the topics that synonyms make the same.
    stored: tuple[str, ...]
    nothing: int = 0
    no_click: int = 0
    enquiries: int = 0
    votes: int = 0
    # The beginning of one of the messages.
    message: str = ""
    pages: tuple[Page, ...] = ()
    actions: tuple[FeedbackAction, ...] = ()
    # Filled in by `describe_topics`.
    wordings: tuple[tuple[str, int], ...] = ()
    label: str = ""

    def __str__(self):
        return self.label

    @property
    def people(self) -> int:
        """One for each search, message and vote."""
        return self.nothing + self.no_click + self.enquiries + self.votes

    @property
    def is_frequent(self) -> bool:
        # Fewer searches may be one person trying again and again.
        return self.nothing + self.no_click >= FREQUENT

    @property
    def digest(self) -> str:
        return digest_of(self.key)

    @property
    def last_action(self) -> FeedbackAction | None:
        return self.actions[-1] if self.actions else None

    @property
    def closing(self) -> FeedbackAction | None:
        """Return the action that closed it, unless it is open."""
        last = self._last(*OUTCOMES, ActionKind.REOPENED)
        return last if last and last.kind in OUTCOMES else None

    @property
    def is_open(self) -> bool:
        return self.closing is None

    @property
    def assigned_to(self):
        last = self._last(ActionKind.ASSIGNED)
        return last and last.assigned_to

    def _last(self, *kinds: ActionKind) -> FeedbackAction | None:
        done = (each for each in reversed(self.actions) if each.kind in kinds)
        return next(done, None)

    @property
    def searched(self) -> str:
        # Else no one has typed its label into the search box.
        return self.label if self.wordings else ""

    def do(
        self, kind: ActionKind, by, at: datetime, note: str = "", assigned_to=None
    ) -> FeedbackAction:
        # Stored for long, so never the words of a message.
        label = self.label if self.wordings or self.pages else self.key
        return FeedbackAction.objects.create(
            topic=self.key,
            label=label[:100],
            kind=kind,
            note=note[:200],
            assigned_to=assigned_to,
            by=by,
            at=at,
        )


def get_same_topics() -> dict[str, str]:
    """Map topics to the one that a synonym of staff makes them the same as.

    Terms with one target are the same as it; those with several, as each other.
    """
    same = {}
    for row in SynonymSnippet.objects.values_list("searched", "found_as"):
        terms, targets = map(split_phrases, row)
        target = topic_of(targets[0] if len(targets) == 1 else terms[0])
        same |= {topic: target for topic in map(topic_of, terms) if topic != target}
    # No chains, which may be circles.
    return {topic: target for topic, target in same.items() if target not in same}


def get_topics(since: datetime, at: datetime) -> list[Topic]:
    same = get_same_topics()
    others = defaultdict(tuple)
    for stored, key in same.items():
        others[key] += (stored,)
    topics: dict[str, Topic] = {}

    def topic_at(stored: str) -> Topic:
        key = same.get(stored, stored)
        return topics.setdefault(key, Topic(key, (key, *others.get(key, ()))))

    # Conditional counts and not `filter`, so that databases read only the index.
    failed = Q(searched_at__gt=since, clicked_position=None)
    searches = (
        counted_searches()
        .values_list("topic")
        .annotate(
            number=Count("result_count", filter=failed),
            nothing=Count("result_count", filter=failed & Q(result_count=0)),
        )
    )
    for stored, number, found_nothing in searches.filter(number__gt=0):
        topic = topic_at(stored)
        topic.nothing += found_nothing
        topic.no_click += number - found_nothing
    enquiries = Enquiry.objects.filter(created_at__gt=since).order_by()
    for stored, number, message in enquiries.values_list("topic").annotate(
        Count("pk"), message=Min(Left("message", MAX_MESSAGE_LENGTH))
    ):
        topic = topic_at(stored)
        topic.enquiries += number
        topic.message = message
    # "Not useful", in the months that the period touches.
    month = timezone.localdate(since).replace(day=1)
    counts = PageFeedbackCount.objects.filter(month_on__gte=month, no__gt=0)
    votes = dict(counts.order_by().values_list("page").annotate(Sum("no")))
    for page in visible_pages(at).filter(pk__in=votes) if votes else ():
        topic = topic_at(topic_of(page.title))
        topic.votes += votes[page.pk]
        topic.pages += (page,)
    actions = FeedbackAction.objects.filter(enquiry=None)
    for action in actions.select_related("by", "assigned_to"):
        topic_at(action.topic).actions += (action,)
    return list(topics.values())


def describe_topics(topics: Iterable[Topic], since: datetime) -> None:
    """Fill in the wordings and labels of the topics that are shown."""
    of = {stored: topic for topic in topics for stored in topic.stored}
    searches = (
        failed_searches(since)
        .annotate(words=Lower("query"))
        .values_list("topic", "words")
    )
    if len(of) <= MAX_QUERY_PARAMETERS:
        searches = searches.filter(topic__in=list(of))
    in_order = searches.annotate(number=Count("pk")).order_by("-number", "words")
    for stored, words, number in in_order:
        if stored in of:
            of[stored].wordings += ((words, number),)
    for topic in topics:
        if topic.wordings:
            topic.label = topic.wordings[0][0]
        elif topic.pages:
            topic.label = topic.pages[0].title
        elif topic.message:
            words = redact(" ".join(topic.message.split()))
            topic.label = Truncator(words).chars(60)
        else:
            topic.label = topic.last_action.label or topic.key


def counted_searches() -> QuerySet[LoggedSearch]:
    """Count each search once: its first page, without filters."""
    searches = LoggedSearch.objects.filter(page_number=1, filters="", topic__gt="")
    return searches.order_by()


def failed_searches(since: datetime) -> QuerySet[LoggedSearch]:
    return counted_searches().filter(searched_at__gt=since, clicked_position=None)


def describe_state(topic: Topic, at: datetime) -> str:
    done = topic.closing
    if not done:
        name = name_of(topic.assigned_to)
        return f"{CaseStatus.OPEN.label}{name and f', assigned to {name}'}"
    same_time_before = done.at - (at - done.at)
    is_after = Q(searched_at__gte=done.at)
    counts = (
        counted_searches()
        .filter(topic__in=topic.stored, searched_at__range=(same_time_before, at))
        .aggregate(
            after=Count("pk", filter=is_after),
            opened_after=Count("clicked_position", filter=is_after),
            before=Count("pk", filter=~is_after),
            opened_before=Count("clicked_position", filter=~is_after),
        )
    )
    day = timezone.localtime(done.at)
    state = f"{done.get_kind_display()} on {day.day} {day:%B %Y}."
    if not counts["after"]:
        return f"{state} No searches since."
    after = counted(counts["after"], "search", "searches")
    before = "{opened_before:,} of {before:,}" if counts["before"] else "no searches"
    return (
        f"{state} Since then, {counts['opened_after']:,} of {after} opened a result "
        f"(in the same time before: {before.format(**counts)})."
    )


@hooks.register("after_create_snippet")
@transaction.atomic
def close_cases(request, snippet) -> None:
    """Close the topics of a new promotion or synonym, and the enquiry it is for."""
    kinds = {
        PromotionSnippet: ActionKind.PROMOTED,
        SynonymSnippet: ActionKind.SYNONYM,
    }
    kind, at = kinds.get(type(snippet)), timezone.now()
    if not kind:
        return
    terms = reversed(split_phrases(redact(snippet.searched)))
    logged_since = at - timedelta(days=settings.SEARCH_LOG_DAYS)
    topics = {topic_of_search(term, logged_since): term for term in terms}
    if enquiry := find_open_enquiry(request):
        if enquiry.is_awaited:
            text = f"Enquiry {enquiry} is still open: it needs an answer by email."
            say = messages.warning
        else:
            action = enquiry.do(kind, request.user, at)
            waits = "" if enquiry.answered_at else " It has not been answered yet."
            text, say = f"Enquiry {enquiry}: {action}.{waits}", messages.info
        address = reverse("search_enquiry_modeladmin_inspect", args=[enquiry.pk])
        button = messages.button(address, "Open the enquiry")
        say(request, text, [button])
        if enquiry.topic != EMPTY_TOPIC:
            topics.setdefault(enquiry.topic, enquiry.topic)
    done = {"kind": kind, "note": str(snippet)[:200], "by": request.user, "at": at}
    FeedbackAction.objects.bulk_create(
        FeedbackAction(topic=topic, label=term[:100], **done)
        for topic, term in topics.items()
    )


def promoted_for(enquiry: Enquiry, root: Page | None, at: datetime) -> list:
    """Return what is public now of the promotion whose saving closed an enquiry."""
    if enquiry.outcome != ActionKind.PROMOTED or root is None:
        return []
    # The topics that it closed then carry its search terms.
    closed = FeedbackAction.objects.filter(enquiry=None, kind=ActionKind.PROMOTED)
    terms = closed.filter(at=enquiry.closed_at).values_list("label", flat=True)
    matcher = PromotionMatcher(PromotionSnippet.objects.all(), at)
    found = dict.fromkeys(each for term in terms for each in matcher.find(term))
    return get_promoted([*found], root, at)


def find_open_enquiry(request) -> Enquiry | None:
    """Return the enquiry that a form was opened for, locked."""
    if not may_handle(request.user):
        return None
    reference = request.POST.get("enquiry", "").replace("\0", "")
    enquiries = Enquiry.objects.select_for_update()
    return enquiries.filter(reference=reference, status=CaseStatus.OPEN).first()
