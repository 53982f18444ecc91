"""What outsiders send is read in a time that grows with its length, not its square.

By every pattern of the project, and by every function that reads what they send.
"""

import ast
import json
import logging
import re
import signal
import time
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from email import message_from_bytes
from smtplib import SMTPDataError

import pytest

from community.subscriptions.bounces import MESSAGE_ID, reports_failure
from community.subscriptions.emails import MANAGE
from home.content.fields import (
    EmailAddressFormField,
    mailbox_key,
    phone_link,
    validate_phone_number,
    validate_web_address,
)
from home.content.text import (
    NormalisedLengthValidator,
    cut,
    normalise,
    without_control_characters,
)
from home.editorial.dated_statements import find_dated_statements
from home.editorial.link_checker import _checked
from home.notifications.outbox import in_one_line
from home.notifications.sending import classify_smtp_error, describe_smtp_error
from home.page_tree.addresses import page_number
from home.reports import as_safe_cell
from search.curation import split_phrases
from search.engine.query import _replace_words
from search.indexing.extraction import clean_text
from search.log.redaction import redact
from search.tokens import clean_query, fold, strip_hyphens, tokenise, topic_of
from stockton_cms.operations.erasure.matching import may_hold, pattern_of, without
from stockton_cms.operations.importer.sources import _columns, as_html
from tests.security.patterns import (
    ROOT,
    held_patterns,
    hostile_texts,
    modules,
    written_patterns,
)

SHORT, TIMES = 1_000, 4
# What grows with its length takes 4 times as long for 4 times the text; what grows
# with the square of it, 16 times.
MAX_GROWTH = 8
TRIES = 4
# What takes no longer than this is no more than what surrounds it.
NOISE_SECONDS = 50e-6
# What is not over by now will never be.
FOREVER_SECONDS = 3


class ForeverError(Exception):
    """Reading a text takes so long that no one waits for its end."""


def growth(read: Callable[[str], object], short: str, long: str) -> float:
    """Return how many times as long the long text takes; the least of several tries."""
    least = float("inf")
    for _ in range(TRIES):
        try:
            taken = cost(read, long, 2)
        except ForeverError:
            break
        least = min(least, taken / max(cost(read, short, 3), NOISE_SECONDS))
        if least < MAX_GROWTH:
            break
    return least


def cost(read: Callable[[str], object], text: str, times: int) -> float:
    """Return the least CPU time that it takes to read a text, whatever comes of it."""
    least = float("inf")
    with _ended_one_day():
        for _ in range(times):
            start = time.thread_time()
            try:
                read(text)
            except ForeverError:
                raise
            except Exception:  # noqa: S110 - to refuse a text is fine
                pass
            least = min(least, time.thread_time() - start)
    return least


@contextmanager
def _ended_one_day() -> Iterator[None]:
    def end(*_):
        raise ForeverError

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, FOREVER_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


# Patterns

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
        "respond_url",
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


# What reads what outsiders send

LENGTH = 1_500
FIRST_PRIVATE = 0xF0000
# fmt: off
PIECES = [
    "a", "1", " ", "\n", "-", ".", "@", "(", "+", "<", "&", "%", "\\", '"', ",", "?",
    "é", "[", "{", "/", ";", "a-", "a.", "a@", "1 ", "<a>", "<!--", "&#", "TS1 ", "AB",
    "https://a.", "=?utf-8?q?", "\u0300", "\uff9e\u0300", "\u3316", "\ufdfa", "'a",
    "\r", "a b ", "until 3 to ", "Action: failed\n", "\n\n", "a,", "\u0300\u0316",
    "\ufb1d",
]
# fmt: on


def texts(length):
    yield from (piece * (length // len(piece)) for piece in PIECES)
    half = length // 2
    yield "a" + "\u0300" * half + "\u0316" * half
    yield "1 " * half + "@" * half
    # No character is there twice.
    yield "".join(map(chr, range(FIRST_PRIVATE, FIRST_PRIVATE + length)))
    yield ",".join(map(str, range(length // 5)))


def format_line(text):
    record = logging.LogRecord("x", 40, "x", 1, "%s", (text,), None)
    record.correlation_id, record.detail = None, text
    return logging.getLogger("django").handlers[0].formatter.format(record)


def read_headings(text):
    return _columns(["title", *text.split(",")])


def read_bounce(text):
    head = b"Content-Type: multipart/report; boundary=x\n\n--x\n"
    kind = b"Content-Type: message/delivery-status\n\n"
    report = head + kind + text.encode() + b"\n--x--\n"
    return reports_failure(message_from_bytes(report))


READERS = {
    "lines of the log": format_line,
    "plain text of the importer": as_html,
    "bounces": read_bounce,
    "cells": lambda text: as_safe_cell(text, is_csv=True),
    "claims": lambda text: list(find_dated_statements(text, date(2027, 1, 1))),
    "control characters": without_control_characters,
    "cut": lambda text: cut(text, 1_000_000),
    "email addresses": EmailAddressFormField().clean,
    "mailboxes": mailbox_key,
    "erasure": lambda text: without(text, pattern_of("o'neil+a@a-a.example.org")),
    "erased addresses": lambda text: may_hold(text, "a@example.org"),
    "files": clean_text,
    "folded words": fold,
    "headings": read_headings,
    "hyphens": strip_hyphens,
    "lengths": NormalisedLengthValidator(1_000_000),
    "links of emails": MANAGE.read,
    "links to check": _checked,
    "mail servers' answers": lambda text: classify_smtp_error(
        SMTPDataError(550, text.encode())
    ),
    "mail servers' errors": lambda text: describe_smtp_error(
        SMTPDataError(550, text.encode())
    ),
    "Message-IDs": MESSAGE_ID.findall,
    "normal form": normalise,
    "one line": in_one_line,
    "pages": page_number,
    "personal data": redact,
    "phone links": phone_link,
    "phone numbers": validate_phone_number,
    "phrases": split_phrases,
    "queries": lambda text: clean_query(text, 1_000_000),
    "spelling": lambda text: _replace_words(text, {"b": ["a"]}),
    "topics": topic_of,
    "web addresses": validate_web_address,
    "words": tokenise,
}


def texts_read_slowly(read):
    pairs = zip(texts(LENGTH), texts(LENGTH * TIMES), strict=True)
    return (
        long[:20] for short, long in pairs if growth(read, short, long) >= MAX_GROWTH
    )


@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
def test_is_read_in_a_time_that_grows_with_its_length(read):
    assert list(texts_read_slowly(read)) == []


def by_growing_lists(text):
    return [word for word in text.split(",") if text.split(",").count(word) > 1]


def in_normal_form(text):
    return unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("read", [by_growing_lists, in_normal_form])
def test_reading_that_grows_with_the_square_is_caught(read):
    assert next(texts_read_slowly(read), None)


def test_texts_are_brought_to_the_normal_form_in_one_place_only():
    """Python takes the time of the square for it, where nothing bounds the marks."""
    used = {
        str(path.relative_to(ROOT))
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "normalize"
    }
    assert used == {"home/content/text.py"}


def test_normal_form_loses_no_mark_of_a_word():
    for text in ("Éire", "Chợ Lớn", "שָׁלוֹם", "e\u0301" * 100, "ｶﾞ", "ﷺ"):
        assert normalise(normalise(text)) == normalise(text)
        assert json.dumps(normalise(text)) == json.dumps(in_normal_form(text))
