"""What a search, a message or a page's title is about: its topic (S11).

A topic is written as the sorted stems of its telling words, such as "bin collect".
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from search.curation.synonyms import SynonymRow, SynonymSnippet, split_phrases
from search.engine.tokens import forms, significant_words, tokenise

LONGEST = 200
MAX_STEMS = 12
WORDLESS = "-"
# Synonyms inside of what synonyms put in are rare, and may go round in circles.
MAX_FOLDS = 4
MAX_LEARNT = 100_000

Stems = frozenset[str]


def topic_of(text: str) -> str:
    """Return the topic of a text; `WORDLESS` where it holds no word."""
    words = significant_words(tokenise(text))[:MAX_STEMS]
    stems = sorted({min(forms(word)) for word in words})
    return " ".join(stems)[:LONGEST].strip() or WORDLESS


def digest_of(topic: str) -> str:
    """Return what stands for a topic in an address, as it may hold residents' words."""
    return blake2b(topic.encode(), digest_size=8).hexdigest()


class TopicMerger:
    """Brings topics together that mean the same by the synonyms of staff.

    What residents type is one with the only thing that it is found as. Where it is
    found as several things, it is one with what else residents type for them.
    """

    def __init__(self, rows: Iterable[SynonymRow]):
        leads = _leads(rows)
        phrases = {*leads, *leads.values()}
        self._by_stem: dict[str, list[tuple[Stems, Stems]]] = defaultdict(list)
        for phrase in sorted(phrases, key=lambda each: (-len(each), sorted(each))):
            self._by_stem[min(phrase)].append((phrase, _end_of(phrase, leads)))
        self._learnt: dict[str, str] = {}

    def learn(self, topic: str) -> None:
        """Keep what a topic folds to, for as long as the synonyms stay: of searches.

        Not of enquiries, whose words are to be nowhere but in their own rows.
        """
        if topic not in self._learnt:
            if len(self._learnt) >= MAX_LEARNT:
                self._learnt.clear()
            self._learnt[topic] = self.fold(topic)

    def fold(self, topic: str) -> str:
        """Return the topic that stands for this one and all that mean the same."""
        if topic in self._learnt:
            return self._learnt[topic]
        for _ in range(MAX_FOLDS):
            folded = self._fold_once(topic)
            if folded == topic:
                break
            topic = folded
        return topic

    def _fold_once(self, topic: str) -> str:
        stems = topic.split(" ")
        known = [pair for stem in stems for pair in self._by_stem.get(stem, ())]
        if not known:
            return topic
        left, put_in = set(stems), set()
        # Of phrases inside one another the longest counts.
        for phrase, other in sorted(known, key=lambda pair: -len(pair[0])):
            if phrase <= left:
                left -= phrase
                put_in |= other
        return " ".join(sorted(left | put_in))


def _leads(rows: Iterable[SynonymRow]) -> dict[Stems, Stems]:
    """Return what each phrase is brought to; nothing for what stands in two rows."""
    found: dict[Stems, list[Stems]] = defaultdict(list)
    for searched, found_as, both_ways in rows:
        sources, targets = _phrases(searched), _phrases(found_as)
        sides = [(sources, targets)] + [(targets, sources)] * both_ways
        for ours, theirs in sides:
            for each in ours:
                found[each].append(theirs[0] if len(theirs) == 1 else ours[0])
    return {each: others[0] for each, others in found.items() if len(others) == 1}


def _phrases(text: str) -> list[Stems]:
    return [frozenset(topic_of(phrase).split(" ")) for phrase in split_phrases(text)]


def _end_of(phrase: Stems, leads: dict[Stems, Stems]) -> Stems:
    """Return where the leads end; of a circle the first by its letters."""
    way = [phrase]
    while (following := leads.get(way[-1], way[-1])) not in way:
        way.append(following)
    return min(way[way.index(following) :], key=sorted)


def get_folding() -> TopicMerger:
    """Return the folding by all synonyms; made anew only when one has changed."""
    rows = SynonymSnippet.objects.values_list("searched", "found_as", "both_ways")
    return _folding(tuple(rows.order_by("pk")))


@lru_cache(maxsize=2)
def _folding(rows: tuple[SynonymRow, ...]) -> TopicMerger:
    return TopicMerger(rows)
