"""What a new promotion or synonym tells the queue."""

from datetime import datetime

from search.findability.models import FindabilityAction, Kind
from search.findability.topics import get_folding, topic_of
from search.log import without_personal_data
from search.promotions import PromotionSnippet
from search.synonyms import SynonymSnippet, split_phrases

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
    for phrase in split_phrases(without_personal_data(snippet.searched)):
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
