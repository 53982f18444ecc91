"""Merges topics that synonyms make the same."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from search.curation.synonyms import SynonymRow, SynonymSnippet, split_phrases
from search.tokens import topic_of

# Chains of synonyms are rare, and may be circular.
MAX_MERGES = 4
MAX_CACHED = 100_000

Stems = frozenset[str]


class TopicMerger:
    """Merges topics that mean the same by the synonyms of staff.

    A term with one target is merged with it. Terms with several targets are merged
    with each other.
    """

    def __init__(self, rows: Iterable[SynonymRow]):
        direct_targets = _direct_targets(rows)
        phrases = {*direct_targets, *direct_targets.values()}
        self._by_stem: dict[str, list[tuple[Stems, Stems]]] = defaultdict(list)
        for phrase in sorted(phrases, key=lambda each: (-len(each), sorted(each))):
            self._by_stem[min(phrase)].append(
                (phrase, _last_target(phrase, direct_targets))
            )
        self._cached: dict[str, str] = {}

    def cache(self, topic: str) -> None:
        """Cache the canonical topic until a synonym changes.

        Of searches only: the words of enquiries must be nowhere but in their rows.
        """
        if topic not in self._cached:
            if len(self._cached) >= MAX_CACHED:
                self._cached.clear()
            self._cached[topic] = self.canonical(topic)

    def canonical(self, topic: str) -> str:
        if topic in self._cached:
            return self._cached[topic]
        for _ in range(MAX_MERGES):
            merged = self._merge_once(topic)
            if merged == topic:
                break
            topic = merged
        return topic

    def _merge_once(self, topic: str) -> str:
        stems = topic.split(" ")
        known = [pair for stem in stems for pair in self._by_stem.get(stem, ())]
        if not known:
            return topic
        left, put_in = set(stems), set()
        # Of overlapping phrases the longest counts.
        for phrase, other in sorted(known, key=lambda pair: -len(pair[0])):
            if phrase <= left:
                left -= phrase
                put_in |= other
        return " ".join(sorted(left | put_in))


def _direct_targets(rows: Iterable[SynonymRow]) -> dict[Stems, Stems]:
    """Map each phrase to its target; none for a phrase in two rows."""
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


def _last_target(phrase: Stems, direct_targets: dict[Stems, Stems]) -> Stems:
    """Follow the targets to the end; of a circle, take the first alphabetically."""
    chain = [phrase]
    while (target := direct_targets.get(chain[-1], chain[-1])) not in chain:
        chain.append(target)
    return min(chain[chain.index(target) :], key=sorted)


def get_topic_merger() -> TopicMerger:
    """Rebuilt only when a synonym has changed."""
    rows = SynonymSnippet.objects.values_list("searched", "found_as", "both_ways")
    return _merger_for(tuple(rows.order_by("pk")))


@lru_cache(maxsize=2)
def _merger_for(rows: tuple[SynonymRow, ...]) -> TopicMerger:
    return TopicMerger(rows)
