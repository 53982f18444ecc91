"""What outsiders send is read in a time that grows with its length."""

import ast
import json
import logging
import unicodedata
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
from tests.security.costs import MAX_GROWTH, TIMES, growth
from tests.security.patterns import ROOT, modules

LENGTH = 1_500
FIRST_PRIVATE = 0xF0000
PIECES = [
    *("a", "1", " ", "\n", "-", ".", "@", "(", "+", "<", "&", "%", "\\", '"', ",", "?"),
    *(
        "é",
        "[",
        "{",
        "/",
        ";",
        "a-",
        "a.",
        "a@",
        "1 ",
        "<a>",
        "<!--",
        "&#",
        "TS1 ",
        "AB",
    ),
    *(
        "https://a.",
        "=?utf-8?q?",
        "\u0300",
        "\uff9e\u0300",
        "\u3316",
        "\ufdfa",
        "'a",
        "\r",
    ),
    *(
        "a b ",
        "until 3 to ",
        "Action: failed\n",
        "\n\n",
        "a,",
        "\u0300\u0316",
        "\ufb1d",
    ),
]


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


def slow_texts(read):
    pairs = zip(texts(LENGTH), texts(LENGTH * TIMES), strict=True)
    return (
        long[:20] for short, long in pairs if growth(read, short, long) >= MAX_GROWTH
    )


@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
def test_is_read_in_a_time_that_grows_with_its_length(read):
    assert list(slow_texts(read)) == []


def by_growing_lists(text):
    return [word for word in text.split(",") if text.split(",").count(word) > 1]


def in_normal_form(text):
    return unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("read", [by_growing_lists, in_normal_form])
def test_reading_that_grows_with_the_square_is_caught(read):
    assert next(slow_texts(read), None)


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
