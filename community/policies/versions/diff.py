"""The differences between two texts, for display side by side."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest

# A space, a word, number or address, or any other character.
TOKENS = re.compile(r"\s+|\w(?:[\w.,@:/%+'’-]*\w)?|\S")
# Lines with less in common are shown whole, as a word diff would be unreadable.
MIN_SIMILARITY = 0.3
# Longer lines are compared whole, which is quick.
MAX_TOKENS = 4_000


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
    """Compare texts by line and word.

    `SequenceMatcher` does not start a match at what is very frequent in a long text, so
    that the time it takes stays short.
    """
    hunks = []
    matcher = SequenceMatcher(None, before, after)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if tag == "equal":
            hunks.append(DiffHunk(same=before[start:end]))
        else:
            pairs = zip_longest(before[start:end], after[other_start:other_end])
            lines = [line for old, new in pairs for line in _diff_line(old, new)]
            hunks.append(DiffHunk(lines=lines))
    return hunks


def _diff_line(old: str | None, new: str | None) -> Iterator[DiffLine]:
    """Compare two lines word by word; apart if they are too different."""
    tokens, other_tokens = TOKENS.findall(old or ""), TOKENS.findall(new or "")
    matcher = SequenceMatcher(str.isspace, tokens, other_tokens)
    # The quick ratios are upper bounds of the exact one.
    ratios = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
    is_long = len(tokens) + len(other_tokens) > MAX_TOKENS
    if is_long or any(ratio() < MIN_SIMILARITY for ratio in ratios):
        if old:
            yield DiffLine(before=[Span(old, is_changed=True)])
        if new:
            yield DiffLine(after=[Span(new, is_changed=True)])
        return
    line = DiffLine()
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        is_changed = tag != "equal"
        if start < end:
            line.before.append(Span("".join(tokens[start:end]), is_changed))
        if other_start < other_end:
            text = "".join(other_tokens[other_start:other_end])
            line.after.append(Span(text, is_changed))
    yield line
