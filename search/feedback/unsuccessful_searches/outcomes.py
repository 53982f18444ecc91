"""Whether the next searches went better after an officer did something (S11)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.utils import timezone

from search.curation.promotions import PromotionSnippet
from search.curation.synonyms import SynonymSnippet, split_phrases
from search.feedback.unsuccessful_searches.models import FindabilityAction, Kind, State
from search.feedback.unsuccessful_searches.topic_stats import Topic, counted_searches
from search.feedback.unsuccessful_searches.topics import get_folding, topic_of
from search.log.models import redact

# So many topics at once, as each makes the question longer.
BATCH = 100


def add_outcomes(topics: Iterable[Topic], at: datetime) -> None:
    """Say of topics that are done how the searches since then went, and before."""
    done = {each.key: each for each in topics if each.state == State.DONE}
    if not done:
        return
    folding = get_folding()
    stored = defaultdict(list)
    names = counted_searches().order_by().values_list("topic", flat=True)
    for name in names.distinct():
        folding.learn(name)
        if (key := folding.fold(name)) in done:
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
        topic.outcome = _outcome_in_words(topic.last_decision, *found[topic])


def _outcome_in_words(action, before, opened_before, after, opened_after) -> str:
    day = timezone.localtime(action.at)
    what = f"{action.get_kind_display()} on {day.day} {day:%B %Y}"
    if not after:
        return f"Since somebody {what}, nobody has searched for it yet."
    searches = "1 search" if after == 1 else f"{after:,} searches"
    then = f"{opened_before:,} of {before:,}" if before else "no searches"
    return (
        f"Since somebody {what}: {searches}, {opened_after:,} opened a result "
        f"(in as long before: {then})."
    )


KINDS = {PromotionSnippet: Kind.PROMOTED, SynonymSnippet: Kind.SYNONYM}


def note_in_queue(snippet, user, at: datetime) -> None:
    """Keep that a promotion or a synonym was made for what people search for.

    By its words, so that it counts wherever the officer came from, and however often
    they looked at the form before saving it.
    """
    kind = KINDS.get(type(snippet))
    if kind is None:
        return
    folding = get_folding()
    topics = {}
    for phrase in split_phrases(redact(snippet.searched)):
        topics.setdefault(folding.fold(topic_of(phrase)), phrase)
    FindabilityAction.objects.bulk_create(
        FindabilityAction(
            topic=topic,
            label=phrase[:100],
            kind=kind,
            note=str(snippet)[:200],
            by=user,
            at=at,
        )
        for topic, phrase in topics.items()
    )
