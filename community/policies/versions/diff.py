"""Two texts side by side: what was taken out of the one and put into the other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest

# A word, number or address; what is between words; or one sign.
PIECES = re.compile(r"\w(?:[\w.,@:/%+'’-]*\w)?|\s+|.")
# Lines that have less in common are shown whole: word by word nobody could read them.
ALIKE = 0.4
# Longer lines are compared as wholes, which takes no time.
MAX_PIECES = 2_000


@dataclass(frozen=True)
class Span:
    """Some words, and whether the other text lacks them."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True)
class Row:
    """A line of each text that belong together; empty where one has none."""

    before: list[Span] = field(default_factory=list)
    after: list[Span] = field(default_factory=list)


@dataclass(frozen=True)
class DiffHunk:
    """Lines that follow each other and are the same in both, or are not."""

    same: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def compare(before: list[str], after: list[str]) -> list[DiffHunk]:
    """Return what two texts have in common and what not, in their order."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    stretches = []
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if tag == "equal":
            stretches.append(DiffHunk(same=before[start:end]))
        else:
            changed = before[start:end], after[other_start:other_end]
            stretches.append(DiffHunk(rows=list(_rows(*changed))))
    return stretches


def _rows(before: list[str], after: list[str]) -> Iterator[Row]:
    for old, new in zip_longest(before, after, fillvalue=""):
        row = _row(old, new)
        if row is None:
            yield Row(before=[Span(old, is_changed=True)])
            yield Row(after=[Span(new, is_changed=True)])
        else:
            yield row


def _row(old: str, new: str) -> Row | None:
    """Return two lines word by word; None where they are too different for that."""
    if not (old and new):
        return Row(
            *([Span(line, is_changed=True)] if line else [] for line in (old, new))
        )
    pieces, other_pieces = PIECES.findall(old), PIECES.findall(new)
    if len(pieces) + len(other_pieces) > MAX_PIECES:
        return None
    matcher = SequenceMatcher(None, pieces, other_pieces, autojunk=False)
    # The quick ones are never less than what the last works out at length.
    ratios = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
    if any(ratio() < ALIKE for ratio in ratios):
        return None
    row = Row()
    opcodes = matcher.get_opcodes()
    for number, (tag, start, end, other_start, other_end) in enumerate(opcodes):
        words = "".join(pieces[start:end])
        other_words = "".join(other_pieces[other_start:other_end])
        # A space between two changes is read as part of them.
        is_between = 0 < number < len(opcodes) - 1 and not words.strip()
        is_changed = tag != "equal" or is_between
        _add(row.before, words, is_changed)
        _add(row.after, other_words, is_changed)
    return row


def _add(runs: list[Span], words: str, is_changed: bool) -> None:
    """Add words to a line, to the last run where they are as changed as that."""
    if not words:
        return
    if runs and runs[-1].is_changed == is_changed:
        words = runs.pop().text + words
    runs.append(Span(words, is_changed))
