"""Two texts side by side say what was taken out and what was added."""

import random

import pytest

from community.policies.comparison import MAX_TOKENS, diff_texts


def changed(spans):
    return [text for text, is_changed in spans if is_changed]


def whole(spans):
    return "".join(text for text, _ in spans)


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
    (hunk,) = diff_texts([before], [after])
    (line,) = hunk["lines"]
    assert (changed(line["before"]), changed(line["after"])) == (out, added)
    assert (whole(line["before"]), whole(line["after"])) == (before, after)


def test_lines_that_are_too_different_or_too_long_are_separate():
    words = " ".join(f"word{number}" for number in range(MAX_TOKENS))
    for before, after in (
        ("Bring a letter.", "Doors open at noon"),
        (words, f"{words} more"),
    ):
        (hunk,) = diff_texts([before], [after])
        assert hunk["lines"] == [
            {"before": [(before, True)], "after": []},
            {"before": [], "after": [(after, True)]},
        ]


def test_equal_new_and_lost_lines_keep_their_places():
    hunks = diff_texts(["One", "Two", "Three"], ["One", "Three", "Four"])
    assert [hunk.get("same", []) for hunk in hunks] == [["One"], [], ["Three"], []]
    assert [whole(line["before"]) for line in hunks[1]["lines"]] == ["Two"]
    assert [whole(line["after"]) for line in hunks[3]["lines"]] == ["Four"]
    assert diff_texts([], []) == []


def sides(hunks):
    both = [], []
    for hunk in hunks:
        for lines, side in zip(both, ("before", "after"), strict=True):
            lines += hunk.get("same", [])
            lines += [whole(line[side]) for line in hunk.get("lines", [])]
    return [[line for line in lines if line] for lines in both]


def random_lines(chance, words, count, length):
    return [" ".join(chance.choices(words, k=length)) for _ in range(count)]


def test_no_word_or_space_is_lost():
    chance = random.Random(1)
    words = ["a", "b", "the", "old  team,", "£5.", "x\t(y)"]
    for length in [1, 3, 60] * 10:
        before, after = (random_lines(chance, words, 8, length) for _ in range(2))
        assert sides(diff_texts(before, after)) == [before, after]


def test_very_frequent_words_and_lines_take_no_long_time():
    lines = ["w"] * 3_000 + ["x"] * 3_000
    assert sides(diff_texts(lines, lines[::-1])) == [lines, lines[::-1]]
    words = " ".join(["w"] * 900 + ["x"] * 900)
    line = [words + " same"], [words[::-1] + " same"]
    assert sides(diff_texts(*line)) == [*line]


def test_long_policy_with_a_change_in_each_paragraph_is_compared_word_by_word():
    before = random_lines(random.Random(1), [f"w{n}" for n in range(900)], 200, 100)
    after = [line.replace("w1", "v1") for line in before]
    (hunk,) = diff_texts(before, after)
    assert all(line["before"] and line["after"] for line in hunk["lines"])
