"""Gives each enquiry its topic as it comes, and older rows theirs by and by."""

import re
from datetime import datetime
from itertools import chain, combinations

from django.db.models import Count
from django.db.models.signals import pre_save
from django.dispatch import receiver

from home.jobs import register_job
from search.engine.tokens import significant_words, tokenise
from search.feedback.enquiries.models import Enquiry
from search.feedback.unsuccessful_searches.topics import MAX_STEMS, topic_of
from search.log.models import REDACTED, LoggedSearch, redact

BATCH = 2_000
# What a message is about stands in its first words.
BEGINNING = 1_000
# A message with more of its own words than this is matched with what others look for.
SHORT_MESSAGE = 4
# Words of every message, which do not tell what it is about.
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
    """Return what an enquiry is about: its search, or the words of its message.

    A long message belongs to the longest of the known searches whose words it has.
    """
    if enquiry.query:
        return topic_of(_plain(enquiry.query))
    words = significant_words(tokenise(_plain(enquiry.message[:BEGINNING])))
    own = topic_of(" ".join(word for word in words if word not in FILLER))
    stems = own.split(" ")
    return _known_topic(stems) or own if len(stems) > SHORT_MESSAGE else own


def _plain(text: str) -> str:
    return redact(text).replace(REDACTED, " ")


def _known_topic(stems: list[str]) -> str:
    stems = stems[:MAX_STEMS]
    possible = chain(combinations(stems, 2), combinations(stems, 3))
    searches = LoggedSearch.objects.filter(topic__in=[" ".join(p) for p in possible])
    known = searches.order_by().values_list("topic").annotate(number=Count("pk"))
    best = max(known, key=lambda row: (row[0].count(" "), row[1]), default=("", 0))
    return best[0]


@receiver(pre_save, sender=Enquiry)
def name_enquiry(sender, instance, raw=False, **kwargs) -> None:
    """Give an enquiry its topic before it is first stored."""
    if not instance.topic and not raw:
        instance.topic = topic_of_enquiry(instance)


@register_job("sort searches and enquiries by topic", is_slow=True)
def name_topics(at: datetime) -> int:
    """Give a batch of the rows without a topic theirs; return how many there were."""
    searches = list(LoggedSearch.objects.filter(topic="")[:BATCH])
    for search in searches:
        search.topic = search.topic_key
    LoggedSearch.objects.bulk_update(searches, ["topic"], batch_size=500)
    enquiries = list(Enquiry.objects.filter(topic="")[:BATCH])
    for enquiry in enquiries:
        enquiry.topic = topic_of_enquiry(enquiry)
    Enquiry.objects.bulk_update(enquiries, ["topic"], batch_size=500)
    return len(searches) + len(enquiries)
