"""Gives enquiries their topic on save, and older rows theirs in a job."""

import re
from datetime import datetime
from itertools import chain, combinations

from django.db.models import Count
from django.db.models.signals import pre_save
from django.dispatch import receiver

from home.jobs import register_job
from search.feedback.enquiries.models import Enquiry
from search.log.models import REDACTED, LoggedSearch, redact
from search.tokens import MAX_STEMS, significant_words, tokenise, topic_of

BATCH = 2_000
# A message says what it is about at its beginning.
BEGINNING = 1_000
# In stems. Longer messages are matched with known topics.
SHORT_MESSAGE = 4
# Words that say nothing about the topic.
FILLER = frozenset(
    re.findall(
        r"\w+",
        """
        anywhere been cant could couldnt details didnt doesnt dont find finding found
        hello help hi info information just like link looked looking need page please
        search searched searching see site somewhere still tell thank thanks tried try
        trying want wanted website would
        """,
    )
)


def topic_of_enquiry(enquiry: Enquiry) -> str:
    """Return the topic of its search, or of the words of its message.

    A long message takes the longest known topic whose stems it contains.
    """
    if enquiry.query:
        return topic_of(_redacted(enquiry.query))
    words = significant_words(tokenise(_redacted(enquiry.message[:BEGINNING])))
    own = topic_of(" ".join(word for word in words if word not in FILLER))
    stems = own.split(" ")
    return _find_known_topic(stems) or own if len(stems) > SHORT_MESSAGE else own


def _redacted(text: str) -> str:
    return redact(text).replace(REDACTED, " ")


def _find_known_topic(stems: list[str]) -> str:
    stems = stems[:MAX_STEMS]
    possible = chain(combinations(stems, 2), combinations(stems, 3))
    searches = LoggedSearch.objects.filter(topic__in=[" ".join(p) for p in possible])
    known = searches.order_by().values_list("topic").annotate(number=Count("pk"))
    best = max(known, key=lambda row: (row[0].count(" "), row[1]), default=("", 0))
    return best[0]


@receiver(pre_save, sender=Enquiry)
def assign_topic(sender, instance, raw=False, **kwargs) -> None:
    if not instance.topic and not raw:
        instance.topic = topic_of_enquiry(instance)


@register_job("assign topics", is_slow=True)
def assign_topics(at: datetime) -> int:
    """Assign topics to a batch of rows; return how many there were."""
    searches = list(LoggedSearch.objects.filter(topic="")[:BATCH])
    for search in searches:
        search.topic = search.topic_key
    LoggedSearch.objects.bulk_update(searches, ["topic"], batch_size=500)
    enquiries = list(Enquiry.objects.filter(topic="")[:BATCH])
    for enquiry in enquiries:
        enquiry.topic = topic_of_enquiry(enquiry)
    Enquiry.objects.bulk_update(enquiries, ["topic"], batch_size=500)
    return len(searches) + len(enquiries)
