"""No pattern takes more than four times as long for four times the text."""

import re
from collections import deque

import pytest

from stockton_cms.operations.erasure.matching import pattern_of
from tests.security.costs import MAX_GROWTH, SHORT, TIMES, growth
from tests.security.patterns import (
    ROOT,
    held_patterns,
    hostile_texts,
    modules,
    written_patterns,
)

# What a function puts together as it runs: what it makes of something hostile.
PUT_TOGETHER = {
    "stockton_cms/operations/erasure/matching.py": pattern_of(
        "o'neil.o-neil+a&b@a-a.example.org"
    )
}
# Wagtail's own, which Django tries for staff and visitors alike. Its literal beginning
# keeps it quick for what fits into the longest address that gunicorn takes.
NOT_OURS = {"history/(?P<pk>.+)/revisions/compare/"}


def slow_texts(pattern, depth):
    """Yield the beginnings of the texts that a pattern takes too long over."""
    ways = (lambda text: deque(pattern.finditer(text), 0), pattern.match)
    short_and_long = zip(
        hostile_texts(pattern, SHORT, depth),
        hostile_texts(pattern, SHORT * TIMES, depth),
        strict=True,
    )
    for short, long in short_and_long:
        for way in (*ways, pattern.fullmatch):
            if growth(way, short, long) >= MAX_GROWTH:
                yield f"{long[:20]!r} … {long[-20:]!r}"


def slow_patterns(patterns, depth):
    return [
        (place, pattern.pattern, slow)
        for pattern, place in patterns.items()
        if (slow := next(slow_texts(pattern, depth), None))
    ]


@pytest.fixture(scope="module")
def patterns():
    found = {pattern: place for place, pattern in held_patterns()}
    for path in modules():
        name = str(path.relative_to(ROOT))
        for place, pattern in written_patterns(path.read_text(), name):
            pattern = pattern or PUT_TOGETHER.get(name)
            assert pattern, f"Write the pattern where the module begins: {place}"
            found[pattern] = place
    return {
        pattern: place
        for pattern, place in found.items()
        if not pattern.pattern.startswith(tuple(NOT_OURS))
    }


def test_no_pattern_is_slow(patterns):
    assert slow_patterns(patterns, depth=1) == []


@pytest.mark.security
def test_no_pattern_is_slow_for_texts_of_two_parts(patterns, record_property):
    assert slow_patterns(patterns, depth=2) == []
    record_property("measured", f"{len(patterns)} patterns, none slow")


def test_patterns_are_found_wherever_they_stand(patterns):
    places = " ".join(patterns.values())
    for part in (
        "redaction",
        "dated_statements.DATES",
        "tokens.py",
        "phone",
        "/a-to-z/",
    ):
        assert part in places
    for source, flags in (
        ("def a(text):\n re.sub('x+', '', text, flags=re.I)", re.I),
        ("re.compile('x' '+', re.A | re.I)", re.A | re.I),
    ):
        ((_, pattern),) = written_patterns(f"import re\n{source}", "here")
        assert pattern == re.compile("x+", flags)
    for source in ("def a(b): re.compile(b)", "from re import sub"):
        assert list(written_patterns(source, "here")) == [("here:1", None)]


@pytest.mark.parametrize(
    ("slow", "depth"),
    [
        (r"[^\s@]+\s?@\s?[^\s@/]+", 1),
        (r"[\s-]*may", 1),
        (r"<a[^>]*>", 2),
        *(
            pytest.param(slow, 1, marks=pytest.mark.security)
            for slow in (
                r"[(+]*\d(?:[\s().\-–/]{0,4}\d){8,}",
                r"\w+(?:-\w+)+",
                r"(?:https?://|www\.)\S+|[\w-]+(?:\.[\w-]+)+/\S*",
                r",?\s*(?:to|and|until)\s*",
                r"^(?:\w+,?)+$",
            )
        ),
    ],
)
def test_slow_pattern_is_caught(slow, depth):
    assert next(slow_texts(re.compile(slow, re.IGNORECASE), depth), None)
