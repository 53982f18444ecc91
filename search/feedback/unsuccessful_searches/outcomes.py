"""Compares searches before and after a topic was done."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.utils import timezone

from search.curation.promotions import PromotionSnippet
from search.curation.synonyms import SynonymSnippet, split_phrases
from search.feedback.actions import ActionKind, CaseState, FeedbackAction
from search.feedback.enquiries.models import Enquiry
from search.feedback.unsuccessful_searches.topic_stats import Topic, counted_searches
from search.feedback.unsuccessful_searches.topics import get_topic_merger
from search.log.models import redact
from search.tokens import EMPTY_TOPIC, topic_of

# Topics in one query.
BATCH = 100


def add_outcomes(topics: Iterable[Topic], at: datetime) -> None:
    done = {each.key: each for each in topics if each.state == CaseState.DONE}
    if not done:
        return
    merger = get_topic_merger()
    stored = defaultdict(list)
    names = counted_searches().order_by().values_list("topic", flat=True)
    for name in names.distinct():
        merger.cache(name)
        if (key := merger.canonical(name)) in done:
            stored[key].append(name)
    keys = list(done)
    for start in range(0, len(keys), BATCH):
        some = [(done[key], stored[key]) for key in keys[start : start + BATCH]]
        _add_outcomes(some, at)


def _add_outcomes(topics: list[tuple[Topic, list[str]]], at: datetime) -> None:
    """Count for topics, each with its names in the log, in one query."""
    sides, found = [], {}
    for topic, names in topics:
        since = topic.last_decision.at
        about = Q(topic__in=names)
        sides.append(When(about & Q(searched_at__gte=since), then=Value(1)))
        before = Q(searched_at__gte=since - (at - since), searched_at__lt=since)
        sides.append(When(about & before, then=Value(0)))
        found.update(dict.fromkeys(names, numbers := [0, 0, 0, 0]))
        found[topic] = numbers
    counted = counted_searches().filter(
        topic__in=[name for _, names in topics for name in names], searched_at__lte=at
    )
    counted = counted.order_by().annotate(
        side=Case(*sides, output_field=IntegerField())
    )
    counted = counted.filter(side__isnull=False)
    counted = counted.values_list("topic", "side")
    counted = counted.annotate(Count("result_count"), Count("clicked_position"))
    for name, is_after, number, opened in counted:
        found[name][2 * is_after] += number
        found[name][2 * is_after + 1] += opened
    for topic, _ in topics:
        topic.outcome = _describe_outcome(topic.last_decision, *found[topic])


def _describe_outcome(action, before, opened_before, after, opened_after) -> str:
    day = timezone.localtime(action.at)
    what = f"{action.get_kind_display()} on {day.day} {day:%B %Y}"
    if not after:
        return f"{what}. No searches since."
    searches = "1 search" if after == 1 else f"{after:,} searches"
    then = f"{opened_before:,} of {before:,}" if before else "no searches"
    return (
        f"{what}. Since then, {opened_after:,} of {searches} opened a result "
        f"(in the same time before: {then})."
    )


KINDS = {PromotionSnippet: ActionKind.PROMOTED, SynonymSnippet: ActionKind.SYNONYM}


def record_actions(snippet, user, at: datetime) -> None:
    """Record a new promotion or synonym under the topics of its search terms.

    By its terms, so that it counts wherever the user came from.
    """
    if kind := KINDS.get(type(snippet)):
        phrases = split_phrases(snippet.searched)
        close_topics(kind, phrases, str(snippet), user, at)


def close_topics(
    kind: ActionKind,
    phrases: Iterable[str],
    note: str,
    by,
    at: datetime,
    case: Enquiry | Topic | None = None,
) -> None:
    """Close the topics of these phrases, and that of the enquiry that led to them."""
    canonical = get_topic_merger().canonical
    redacted = split_phrases(redact(", ".join(phrases)))
    topics = {canonical(topic_of(phrase)): phrase for phrase in reversed(redacted)}
    if isinstance(case, Enquiry):
        if case.topic != EMPTY_TOPIC:
            topics.setdefault(canonical(case.topic), case.topic)
    elif case:
        # It is closed already.
        topics.pop(canonical(case.key), None)
    FeedbackAction.objects.bulk_create(
        FeedbackAction(
            topic=topic, label=label[:100], kind=kind, note=note[:200], by=by, at=at
        )
        for topic, label in topics.items()
    )
