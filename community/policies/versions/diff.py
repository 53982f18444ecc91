"""The differences between two texts, for display side by side."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest

# The space before a token, and a word, number, address or single character.
TOKENS = re.compile(r"(\s*)(\w(?:[\w.,@:/%+'’-]*\w)?|\S|$)")
# Lines with less in common are shown whole, as a word diff would be unreadable.
MIN_SIMILARITY = 0.3
# Longer lines are compared whole, which is quick.
MAX_TOKENS = 2_000
# Roughly how many pairs of equal words one comparison may look at; lines left over are
# compared whole.
MAX_PAIRS = 20_000_000


@dataclass(frozen=True)
class Span:
    """Some text, and whether it is missing from the other version."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True)
class DiffLine:
    """Matching lines of both texts; a side is empty if it has no such line."""

    before: list[Span] = field(default_factory=list)
    after: list[Span] = field(default_factory=list)


@dataclass(frozen=True)
class DiffHunk:
    """Consecutive lines that are all the same in both texts, or all different."""

    same: list[str] = field(default_factory=list)
    lines: list[DiffLine] = field(default_factory=list)


def diff_texts(before: list[str], after: list[str]) -> list[DiffHunk]:
    budget = CostBudget()
    # In long texts, lines that are very frequent are not matched.
    is_cheap = budget.allows(before, after)
    matcher = SequenceMatcher(None, before, after, autojunk=not is_cheap)
    hunks = []
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if tag == "equal":
            hunks.append(DiffHunk(same=before[start:end]))
        else:
            changed = before[start:end], after[other_start:other_end]
            hunks.append(DiffHunk(lines=list(_lines(*changed, budget))))
    return hunks


class CostBudget:
    """What a comparison may still cost, so that none keeps a process busy."""

    def __init__(self):
        self._left = MAX_PAIRS

    def allows(self, before: list[str], after: list[str]) -> bool:
        """Say whether these may be compared token by token, and deduct the cost.

        At worst, each pair of equal tokens is looked at for each token that differs.
        """
        counts = Counter(after)
        pairs = sum(counts[piece] for piece in before)
        cost = pairs * min(len(before), len(after))
        is_allowed = cost <= self._left
        self._left -= cost if is_allowed else 0
        return is_allowed


def _lines(
    before: list[str], after: list[str], budget: CostBudget
) -> Iterator[DiffLine]:
    for old, new in zip_longest(before, after, fillvalue=""):
        line = _diff_line(old, new, budget)
        if line is None:
            yield DiffLine(before=[Span(old, is_changed=True)])
            yield DiffLine(after=[Span(new, is_changed=True)])
        else:
            yield line


def _diff_line(old: str, new: str, budget: CostBudget) -> DiffLine | None:
    """Compare two lines word by word; None if they are too different."""
    if not (old and new):
        return DiffLine(
            *([Span(line, is_changed=True)] if line else [] for line in (old, new))
        )
    tokens, other_tokens = TOKENS.findall(old), TOKENS.findall(new)
    words = [word for _, word in tokens]
    other_words = [word for _, word in other_tokens]
    is_long = len(words) + len(other_words) > MAX_TOKENS
    if is_long or not budget.allows(words, other_words):
        return None
    matcher = SequenceMatcher(None, words, other_words, autojunk=False)
    # The quick ratios are upper bounds of the exact one.
    ratios = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
    if any(ratio() < MIN_SIMILARITY for ratio in ratios):
        return None
    line = DiffLine()
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        changed = tokens[start:end], other_tokens[other_start:other_end]
        # When one word replaces another, the space before it is unchanged.
        is_space_unchanged = tag == "replace" and changed[0][0][0] == changed[1][0][0]
        for spans, side in zip((line.before, line.after), changed, strict=True):
            space = side[0][0] if is_space_unchanged else ""
            text = "".join(map("".join, side)).removeprefix(space)
            _add(spans, space, is_changed=False)
            _add(spans, text, is_changed=tag != "equal")
    return line


def _add(spans: list[Span], text: str, is_changed: bool) -> None:
    """Append text to a line, joined to the last span if that has the same state."""
    if not text:
        return
    if spans and spans[-1].is_changed == is_changed:
        text = spans.pop().text + text
    spans.append(Span(text, is_changed))
