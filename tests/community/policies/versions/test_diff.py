"""Two texts side by side say what was taken out and what was added."""

import random

import pytest

from community.policies.versions import diff
from community.policies.versions.diff import (
    MAX_TOKENS,
    DiffHunk,
    DiffLine,
    Span,
    diff_texts,
)


def changed(spans):
    return [span.text for span in spans if span.is_changed]


def whole(spans):
    return "".join(span.text for span in spans)


def only_line(before, after):
    (hunk,) = diff_texts([before], [after])
    (line,) = hunk.lines
    return line


def test_same_texts_have_nothing_but_the_same():
    assert diff_texts(["One", "Two"], ["One", "Two"]) == [DiffHunk(same=["One", "Two"])]
    assert diff_texts([], []) == []


@pytest.mark.parametrize(
    ("before", "after", "out", "added"),
    [
        ("Open on Monday.", "Open on Friday.", ["Monday"], ["Friday"]),
        ("Open on Monday.", "Open on Monday at 9am.", [], [" at 9am"]),
        # Each change once, with the space between its words.
        ("Ask the old team first.", "Ask a new team first.", ["the old"], ["a new"]),
        ("Ask ann@a.uk today.", "Ask ann@b.uk today.", ["ann@a.uk"], ["ann@b.uk"]),
        ("A grant of £1,500.", "A grant of £2,500.", ["1,500"], ["2,500"]),
    ],
)
def test_changed_words_of_a_line_are_marked(before, after, out, added):
    line = only_line(before, after)
    assert (changed(line.before), changed(line.after)) == (out, added)
    assert (whole(line.before), whole(line.after)) == (before, after)


def test_lines_that_are_too_different_are_separate():
    (hunk,) = diff_texts(["Bring a letter."], ["Doors open at noon"])
    assert hunk.lines == [
        DiffLine(before=[Span("Bring a letter.", is_changed=True)]),
        DiffLine(after=[Span("Doors open at noon", is_changed=True)]),
    ]


def test_new_and_lost_lines_keep_their_places():
    hunks = diff_texts(["One", "Two", "Three"], ["One", "Three", "Four"])
    assert [hunk.same for hunk in hunks] == [["One"], [], ["Three"], []]
    assert [whole(line.before) for line in hunks[1].lines] == ["Two"]
    assert [whole(line.after) for line in hunks[3].lines] == ["Four"]


def test_very_long_lines_are_compared_as_wholes():
    words = " ".join(f"word{number}" for number in range(MAX_TOKENS))
    (hunk,) = diff_texts([words], [f"{words} more"])
    assert [changed(line.before) for line in hunk.lines] == [[words], []]


def sides(hunks):
    """Return both texts as a comparison holds them."""
    both = [], []
    for hunk in hunks:
        for lines, side in zip(both, ("before", "after"), strict=True):
            lines += hunk.same
            lines += [whole(getattr(line, side)) for line in hunk.lines]
    return [[line for line in lines if line] for lines in both]


def wholly_changed(hunks):
    lines = [line for hunk in hunks for line in hunk.lines]
    return sum(not (line.before and line.after) for line in lines)


def random_lines(chance, words, count, length):
    return [" ".join(chance.choices(words, k=length)) for _ in range(count)]


@pytest.mark.parametrize("length", [1, 3, 60])
def test_no_word_or_space_is_lost(length):
    chance = random.Random(length)
    words = ["a", "b", "the", "old  team,", "£5.", "x\t(y)"]
    for _ in range(30):
        before, after = (random_lines(chance, words, 8, length) for _ in range(2))
        assert sides(diff_texts(before, after)) == [before, after]


@pytest.mark.parametrize(("bound", "is_bounded"), [(1_000, True), (10**9, False)])
def test_what_would_take_long_is_compared_as_wholes(bound, is_bounded, monkeypatch):
    monkeypatch.setattr(diff, "MAX_PAIRS", bound)
    before = random_lines(random.Random(1), [f"w{n}" for n in range(500)], 40, 50)
    after = [line.replace("w1", "v1") for line in before]
    assert (wholly_changed(diff_texts(before, after)) > 0) is is_bounded
    lines = ["w"] * 300 + ["x"] * 300
    found = diff_texts(lines, lines[::-1])
    assert any(hunk.same for hunk in found) is not is_bounded
    assert sides(found) == [lines, lines[::-1]]


def test_long_policy_with_a_change_in_each_paragraph_is_compared_word_by_word():
    before = random_lines(random.Random(1), [f"w{n}" for n in range(900)], 200, 100)
    after = [line.replace("w1", "v1") for line in before]
    assert wholly_changed(diff_texts(before, after)) == 0
