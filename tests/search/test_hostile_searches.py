"""Nothing that someone types or sends brings the search down."""

from django.urls import reverse

from search.tokens import MAX_CHARACTERS, clean_query

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


def test_what_was_typed_is_cut_and_made_one_line():
    assert clean_query("  blue \r\n\t bin\0s ") == "blue bin s"
    assert len(clean_query("x" * 10_000)) == MAX_CHARACTERS
    assert clean_query("\ud800\0\x1f\u200b") == ""
