"""Nothing that someone types or sends brings the search down, or makes it slow."""

import logging
import random
import time
from collections import Counter
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from search.engine import results
from search.models import PromotionSnippet
from search.tokens import MAX_CHARACTERS, clean_query
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)
from tests.search.indexing.files.offering import block

HOSTILE = {
    "nothing but a NUL": "\0",
    "NUL inside": "allot\0ment",
    "ten kilobytes of a word": "a" * 10_240,
    "1,250 different words": " ".join(f"word{number}" for number in range(1_250)),
    "an inch sign": '5" pipe',
    "operators": "AND OR NOT allotment -garden +(",
    "operators of Tantivy": 'title:allotment^4 AND body:[a TO z] "x"~2 *',
    "operators of PostgreSQL": "allotment & | ! <-> :* (garden",
    "brackets": "((((([[[[{{{{",
    "percent signs": "% %% %s %(x)s",
    "braces": "{} {0} {x.__class__} {{ 7*7 }} {% debug %}",
    "lone surrogate": "allotment \ud800 \udfff",
    "emoji": "🥕🧑‍🌾👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "right to left": "\u202eallotment\u202c \u200f\u2066x\u2069",
    "combining signs": "a" + "\u0301" * 500,
    "SQL": "'; DROP TABLE wagtailcore_page; --",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "line breaks": "a\r\nSet-Cookie: x=1\r\n\r\n<html>",
    "control signs": "".join(map(chr, range(32))) + "\x7f\x80\x9f",
    "expansion when folded": "ﷺ" * 300,
    "words without letters": "--- ... ___ !!!",
    "underscores": "_allotment_ __init__",
    "not a character": "\ufffe\uffff\U0010ffff",
    "one very long word": "x" * 299,
    "upper case that grows": "ẞİŉ" * 100,
}


RAW = [
    "query=%ff",
    "query=%ff%fe%00allotment",
    "query=%ed%a0%80",
    "query=%c0%af",
    "query=%",
    "query=%zz",
    "query=%u0061",
    "query",
    "query=&query=&query=allotment",
    "query[]=allotment",
    "%ff=%ff&query=allotment",
    "&&&&===",
    "query=allotment;page=2",
    "query=a%0d%0aSet-Cookie:%20x=1",
    "query=allotment&page=1&page=x",
]
# How many of two pages each finds: no character has a special meaning.
FOUND = {
    '5" pipe': 1,
    "pipe\\": 1,
    "(pipe": 1,
    "pipe AND": 1,
    "pipe*": 1,
    '"pipe': 1,
    "pipe\0": 1,
    "title:allotment": 1,
    "-allotment": 1,
    "xyz* OR allotment": 1,
    "al*": 0,
    # Words after the limit cost nothing and find nothing.
    "x " * MAX_CHARACTERS + "allotment": 0,
    "allotment " + "x " * MAX_CHARACTERS: 1,
}


def test_hostile_search_gives_a_page_of_results(publish, client):
    publish("Allotment garden")
    address = reverse("search")
    for name, query in HOSTILE.items():
        sent = query.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        response = client.get(address, {"query": sent})
        assert response.status_code == 200, name
        html = response.content.decode()
        assert "<script>alert" not in html
        assert "onerror=alert(1)>" not in html
        assert "\0" not in html, name
        response = client.get(address, {"query": "allotment", "page": sent})
        assert response.status_code == 404, name
        response = client.get(address, {sent: sent, "query": "allotment"})
        assert response.status_code == 200, name


def test_raw_query_string_gives_results_or_not_found(home, client):
    for raw in RAW:
        response = client.get(reverse("search"), QUERY_STRING=raw)
        assert response.status_code in (200, 404), raw
        assert not response.cookies, raw
    raw = "&".join(f"query{number}=x" for number in range(10_001))
    response = client.get(reverse("search"), QUERY_STRING=raw)
    assert response.status_code in (200, 400)


def test_words_beside_hostile_characters_still_find(publish, search_for):
    publish("Pipe 5 inches", "Allotment")
    assert {query: search_for(query).count for query in FOUND} == FOUND
    assert clean_query("  blue \r\n\t bin\0s ") == "blue bin s"


SEARCHES = 10_000
MAX_SECONDS = 1.0
WORDS = """
allotment bin badge blue bus carer child childcare community council crime debt
disability fire food fuel garden grant health hedgehog help home housing job library
licence money noise pantry park parking partnership permit plan planning police policy
pothole recycling rent road school skip strategy street tax tip tree volunteer waste
""".split()  # noqa: SIM905 - read as a text
PARAMETERS = {
    "type": ["information", "partnership", "policy-update", "document", "x", ""],
    "section": ["food", "stronger-communities", "nowhere", ""],
    "updated": ["week", "month", "year", "decade", ""],
    "sort": ["newest", "oldest", ""],
    "exact": ["1", "0", ""],
    "page": ["1", "1", "1", "2", "3", "7", "100", "101", "0", "-1", "x", "٣", "9" * 50],
    "found": ["AAAAAAAAAAAA.1", "x"],
}


@pytest.fixture
def visitor(home, section, reader, upload, caplog):
    """Return a visitor of a site with pages of each type, a file and promotions."""
    chance = random.Random(7)
    food = CommunityIndexPageFactory(parent=home, title="Food and warmth", slug="food")
    plan = upload("Waste plan")
    factories = (StandardPageFactory, PartnershipPageFactory, PolicyUpdatePageFactory)
    for number in range(57):
        text = " ".join(chance.choices(WORDS, k=150))
        page = factories[number % 3](
            parent=(section, food)[number % 2],
            title=" ".join(chance.sample(WORDS, k=3)).title(),
            summary=" ".join(chance.choices(WORDS, k=12)),
            body=[{"type": "text", "value": f"<p>{text}</p>"}, *block(plan)],
        )
        if number % 20 == 0:
            PromotionSnippet.objects.create(searched=WORDS[number], page=page)
    # A thousand lines of "Not Found" would hide what matters.
    caplog.set_level(logging.ERROR, "django.request")
    return Client(raise_request_exception=False)


def misspell(chance, word):
    """Return a word with a character too few, too many or wrong."""
    place = chance.randrange(len(word))
    put_in = chance.choice(["", *"aeiou'-*:%\u00ad\u0301٣"])
    return word[:place] + put_in + word[place + chance.randint(0, 1) :]


def make_address(chance):
    """Return the query string of one search: words, wrong words and hostile texts."""
    words = chance.choices(WORDS, k=chance.choice([2, 4, 9, 32, 1_250]))
    wrong = [misspell(chance, misspell(chance, word)) for word in words]
    odd = chance.choice([*HOSTILE.values()]).encode("utf-8", "replace").decode()
    parts = [*chance.choice([words, wrong]), odd] if chance.random() < 0.5 else wrong
    query = chance.choice(["", " ", " ", " OR "]).join(parts)
    asked = {
        name: chance.choice(values)
        for name, values in PARAMETERS.items()
        if chance.random() < 0.12
    }
    return urlencode({"query": query, **asked})


def ask(visitor, address):
    started = time.perf_counter()
    response = visitor.get(reverse("search"), QUERY_STRING=address)
    return response, time.perf_counter() - started


def search_often(visitor, number):
    """Send made-up searches; return statuses, server errors and the slowest five."""
    chance = random.Random(4)
    statuses, errors, times = Counter(), [], []
    for _ in range(number):
        address = make_address(chance)
        response, seconds = ask(visitor, address)
        statuses[response.status_code] += 1
        wrong = (b"<script>alert", b"Search is not fully working")
        if response.status_code >= 500 or any(w in response.content for w in wrong):
            errors.append((response.status_code, address[:500]))
        times = sorted([*times, (seconds, address)], reverse=True)[:5]
    return statuses, errors, times


@pytest.mark.slow
def test_ten_thousand_hostile_searches_are_answered_each_within_a_second(visitor):
    statuses, errors, slowest = search_often(visitor, SEARCHES)
    assert errors == []
    # Searches of each kind are answered with results, and wrong pages refused.
    assert statuses[200] > 6_500
    assert statuses[404] > 100
    # Asked again, as the machine may have been busy with something else.
    for seconds, address in slowest:
        if seconds > MAX_SECONDS:
            again = min(ask(visitor, address)[1] for _ in range(3))
            assert again <= MAX_SECONDS, address


@pytest.mark.slow
def test_an_error_and_a_slow_search_would_be_seen(visitor, monkeypatch):
    get_results = results.get_results

    def seldom_slow_or_wrong(asked, root, at):
        if len(asked.query) > 290:
            time.sleep(MAX_SECONDS)
        if "🥕" in asked.query:
            raise RuntimeError("an emoji")
        return get_results(asked, root, at)

    monkeypatch.setattr("search.views.get_results", seldom_slow_or_wrong)
    _, errors, slowest = search_often(visitor, 200)
    assert errors
    assert slowest[0][0] > MAX_SECONDS
