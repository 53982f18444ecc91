"""Two texts side by side say what was taken out and what was added."""

import random

import pytest

from community.policies.versions import diff
from community.policies.versions.diff import MAX_PIECES, DiffHunk, Row, Span, compare


def changed(runs):
    return [run.text for run in runs if run.is_changed]


def whole(runs):
    return "".join(run.text for run in runs)


def only_row(before, after):
    (stretch,) = compare([before], [after])
    (row,) = stretch.rows
    return row


def test_same_texts_have_nothing_but_the_same():
    assert compare(["One", "Two"], ["One", "Two"]) == [DiffHunk(same=["One", "Two"])]
    assert compare([], []) == []


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
    row = only_row(before, after)
    assert (changed(row.before), changed(row.after)) == (out, added)
    assert (whole(row.before), whole(row.after)) == (before, after)


def test_lines_that_are_too_different_stand_alone():
    (stretch,) = compare(["Bring a letter."], ["Doors open at noon"])
    assert stretch.rows == [
        Row(before=[Span("Bring a letter.", is_changed=True)]),
        Row(after=[Span("Doors open at noon", is_changed=True)]),
    ]


def test_new_and_lost_lines_keep_their_places():
    stretches = compare(["One", "Two", "Three"], ["One", "Three", "Four"])
    assert [stretch.same for stretch in stretches] == [["One"], [], ["Three"], []]
    assert [whole(row.before) for row in stretches[1].rows] == ["Two"]
    assert [whole(row.after) for row in stretches[3].rows] == ["Four"]


def test_very_long_lines_are_compared_as_wholes():
    words = " ".join(f"word{number}" for number in range(MAX_PIECES))
    (stretch,) = compare([words], [f"{words} more"])
    assert [changed(row.before) for row in stretch.rows] == [[words], []]


def sides(stretches):
    """Return both texts as a comparison holds them."""
    both = [], []
    for stretch in stretches:
        for lines, side in zip(both, ("before", "after"), strict=True):
            lines += stretch.same
            lines += [whole(getattr(row, side)) for row in stretch.rows]
    return [[line for line in lines if line] for lines in both]


def wholly_changed(stretches):
    rows = [row for stretch in stretches for row in stretch.rows]
    return sum(not (row.before and row.after) for row in rows)


def random_lines(chance, words, count, length):
    return [" ".join(chance.choices(words, k=length)) for _ in range(count)]


@pytest.mark.parametrize("length", [1, 3, 60])
def test_no_word_or_space_is_lost(length):
    chance = random.Random(length)
    words = ["a", "b", "the", "old  team,", "£5.", "x\t(y)"]
    for _ in range(30):
        before, after = (random_lines(chance, words, 8, length) for _ in range(2))
        assert sides(compare(before, after)) == [before, after]


@pytest.mark.parametrize(("bound", "is_bounded"), [(1_000, True), (10**9, False)])
def test_what_would_take_long_is_compared_as_wholes(bound, is_bounded, monkeypatch):
    monkeypatch.setattr(diff, "MAX_PAIRS", bound)
    before = random_lines(random.Random(1), [f"w{n}" for n in range(500)], 40, 50)
    after = [line.replace("w1", "v1") for line in before]
    assert (wholly_changed(compare(before, after)) > 0) is is_bounded
    lines = ["w"] * 300 + ["x"] * 300
    found = compare(lines, lines[::-1])
    assert any(stretch.same for stretch in found) is not is_bounded
    assert sides(found) == [lines, lines[::-1]]


def test_long_policy_with_a_change_in_each_paragraph_is_compared_word_by_word():
    before = random_lines(random.Random(1), [f"w{n}" for n in range(900)], 200, 100)
    after = [line.replace("w1", "v1") for line in before]
    assert wholly_changed(compare(before, after)) == 0
