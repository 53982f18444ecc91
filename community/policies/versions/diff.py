"""Two texts side by side: what was taken out of the one and put into the other."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest

# The space before it, and a word, number or address, or one sign.
TOKENS = re.compile(r"(\s*)(\w(?:[\w.,@:/%+'’-]*\w)?|\S|$)")
# Lines that have less in common are shown whole: word by word nobody could read them.
MIN_SIMILARITY = 0.3
# Longer lines are compared as wholes, which takes no time.
MAX_TOKENS = 2_000
# How many pairs of equal words may be looked at in one comparison, about; the lines
# that are left then are compared as wholes.
MAX_PAIRS = 20_000_000


@dataclass(frozen=True)
class Span:
    """Some words, and whether the other text lacks them."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True)
class DiffLine:
    """A line of each text that belong together; empty where one has none."""

    before: list[Span] = field(default_factory=list)
    after: list[Span] = field(default_factory=list)


@dataclass(frozen=True)
class DiffHunk:
    """Lines that follow each other and are the same in both, or are not."""

    same: list[str] = field(default_factory=list)
    lines: list[DiffLine] = field(default_factory=list)


def diff_texts(before: list[str], after: list[str]) -> list[DiffHunk]:
    """Return what two texts have in common and what not, in their order."""
    budget = CostBudget()
    # Of very many equal lines, those that come too often are not matched.
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
    """What a comparison may still cost, so that no two versions keep a process busy."""

    def __init__(self):
        self._left = MAX_PAIRS

    def allows(self, before: list[str], after: list[str]) -> bool:
        """Say whether these may be compared piece by piece, and count what that costs.

        At worst, each pair of equal tokens is looked at for each piece that differs.
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
    """Return two lines word by word; None where they are too different for that."""
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
    # The quick ones are never less than what the last works out at length.
    ratios = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
    if any(ratio() < MIN_SIMILARITY for ratio in ratios):
        return None
    line = DiffLine()
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        changed = tokens[start:end], other_tokens[other_start:other_end]
        # Where one word takes the place of another, the space before it stays.
        is_space_unchanged = tag == "replace" and changed[0][0][0] == changed[1][0][0]
        for spans, side in zip((line.before, line.after), changed, strict=True):
            space = side[0][0] if is_space_unchanged else ""
            text = "".join(map("".join, side)).removeprefix(space)
            _add(spans, space, is_changed=False)
            _add(spans, text, is_changed=tag != "equal")
    return line


def _add(spans: list[Span], words: str, is_changed: bool) -> None:
    """Add words to a line, to the last run where they are as changed as that."""
    if not words:
        return
    if spans and spans[-1].is_changed == is_changed:
        words = spans.pop().text + words
    spans.append(Span(words, is_changed))
