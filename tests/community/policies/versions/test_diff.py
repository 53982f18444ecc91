"""Two texts side by side say what was taken out and what was added."""

import pytest

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
