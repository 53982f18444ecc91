"""The same results at the same address for programs, as JSON."""

import re
from datetime import datetime
from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from wagtail.documents import get_document_model

from search.engine import results
from search.engine.index import page_index
from search.models import LoggedSearch, PromotionSnippet
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)

JSON = "application/json"
ORIGIN = "http://localhost"


@pytest.fixture
def ask(client):
    """Return a function that asks for JSON at the search's own address."""

    def get(status=200, **parameters):
        response = client.get(reverse("search"), parameters, headers={"accept": JSON})
        assert response.status_code == status
        if status != 200:
            return response
        assert response["Content-Type"] == JSON
        return response.json()

    return get


@pytest.fixture
def allotments(section, monkeypatch):
    """Make five pages of two types that answer "allotment", shown three at a time."""
    monkeypatch.setattr(results, "PER_PAGE", 3)
    for number in range(5):
        factory = PartnershipPageFactory if number % 3 else StandardPageFactory
        factory(parent=section, title=f"Allotment {number}", summary="Grow food.")


def kind_of_answer(client, headers):
    response = client.get(reverse("search"), {"query": "allotment"}, headers=headers)
    assert response.status_code == 200
    assert "Accept" in response["Vary"]
    return response["Content-Type"].partition(";")[0]


PROGRAMS = [
    "application/json",
    "Application/JSON",
    "application/json, */*;q=0.1",
    "application/json;q=0.9, text/html;q=0.5",
    "text/html;q=0.1, application/json",
    "application/*",
    "image/png, application/json",
]


def test_programs_that_prefer_json_get_it(home, client):
    for accept in PROGRAMS:
        assert kind_of_answer(client, {"accept": accept}) == JSON, accept


BROWSERS = [
    # Firefox, Chrome, Safari, Edge of old, Internet Explorer, Lynx and curl.
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "*/*;q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "text/html, application/xhtml+xml, image/jxr, */*",
    "image/gif, image/jpeg, image/pjpeg, */*",
    "text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01",
    "*/*",
    "",
    "text/html",
    "text/*",
    "text/html, application/json;q=0.9",
    "application/json;q=0",
    "image/png",
    "application/xml",
    "nonsense",
    ";;;,,,===",
    "json " * 2_000,
    "\xff\xfe",
]


def test_browsers_and_the_undecided_get_the_page(home, client):
    for accept in BROWSERS:
        assert kind_of_answer(client, {"accept": accept}) == "text/html", accept


ODD = [
    "application/json;q=-1, text/html;q=nan",
    "text/html;q=1e999, application/json;q=x",
    "application/json;charset=utf-8",
    "application/json," * 3_000,
]


def test_odd_wish_is_answered_one_way_or_the_other(home, client):
    for accept in ODD:
        assert kind_of_answer(client, {"accept": accept}) in {"text/html", JSON}


def results_of_page(html):
    """Return what the page says of each result, as far as the JSON says it too."""
    found = []
    for item in html.select("ol.results > .result"):
        link = item.select_one("h2 a, h4 a")
        found.append(
            {
                "title": link.get_text(),
                "url": ORIGIN + link["href"].partition("?")[0],
                "extract": item.find_all("p")[-1].get_text(),
            }
        )
    return found


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": "allotment"},
        {"query": "allotment", "page": "2"},
        {"query": "allotment", "type": "partnership"},
        {"query": "allotment", "sort": "newest", "type": "information"},
        {"query": "alotment"},
        {"query": "alotment", "exact": "1"},
        {"query": "allotmentologically"},
        {"query": "xylophone"},
    ],
)
def test_json_has_the_results_and_counts_of_the_page(
    allotments, ask, search_for, parameters
):
    page = search_for(**parameters)
    data = ask(**parameters)
    of_page = results_of_page(page.html)
    # The page that found nothing has the closest matches in the place of results.
    shown = data["results"] or data["closest"]
    assert len(shown) == len(of_page)
    for each, on_page in zip(shown, of_page, strict=True):
        assert on_page.items() <= each.items()
    assert data["count"] == page.count
    assert data["query"] == parameters["query"]
    assert data["page"] == int(parameters.get("page", 1))
    assert data["pages"] == max(1, -(-page.count // 3))
    said = re.search(r"Showing results for (\w+)\.", page.html.main.get_text())
    assert data["corrected"] == (said[1] if said else "")
    assert data["degraded"] is False
    for name, choices in data["filters"].items():
        nav = page.html.select_one(f"nav[aria-label={name.title()}]")
        for choice in choices:
            link = nav.find("a", string=choice["label"])
            said = f"({choice['count']})"
            assert said in link.parent.get_text()
            assert choice["selected"] == (link.get("aria-current") == "true")
            assert choice["url"] == ORIGIN + reverse("search") + link["href"]


def test_filter_addresses_give_as_many_results_as_they_say(allotments, ask, client):
    choices = ask(query="allotment")["filters"]["type"]
    assert {choice["label"] for choice in choices} == {"Information", "Partnership"}
    for choice in choices:
        parts = urlsplit(choice["url"])
        path = f"{parts.path}?{parts.query}"
        data = client.get(path, headers={"accept": JSON}).json()
        assert data["count"] == choice["count"] > 0


def test_result_has_its_facts_and_a_whole_address(home, ask):
    section = CommunityIndexPageFactory(parent=home, title="Food & warmth", slug="food")
    page = PartnershipPageFactory(parent=section, title="Pantry", slug="pantry")
    page.save_revision().publish()
    page.refresh_from_db()
    (result,) = ask(query="pantry")["results"]
    assert result["type"] == "Partnership"
    assert result["section"] == "Food & warmth"
    assert result["url"] == f"{ORIGIN}/food/pantry/"
    updated = datetime.fromisoformat(result["updated"])
    assert abs((updated - page.last_published_at).total_seconds()) < 0.01


def test_file_and_promotions_have_whole_addresses_too(section, ask):
    file = ContentFile(b"%PDF-1.4", name="plan.pdf")
    plan = get_document_model().objects.create(title="Hedgehog plan", file=file)
    body = [{"type": "documents", "value": {"documents": [plan.pk]}}]
    page = StandardPageFactory(parent=section, title="Wildlife", body=body)
    PromotionSnippet.objects.create(searched="hedgehog", page=page)
    outside = "https://www.example.org/hedgehogs?a=1&b=2"
    PromotionSnippet.objects.create(searched="hedgehog", link=outside, title="Charity")
    data = ask(query="hedgehog plan")
    assert data["results"][0]["url"] == ORIGIN + plan.url
    promoted = ask(query="hedgehog")["promoted"]
    assert {each["url"] for each in promoted} == {ORIGIN + page.url, outside}


@pytest.mark.parametrize(
    "text",
    [
        "allotment & more < less > 5 \"quoted\" 'single'",
        "<b>allotment</b> <script>alert(1)</script>",
        "allotment &amp; &lt;b&gt; &#39; &quot; &nbsp;",
        "allotment <mark>allotment</mark> </p>",
        "a < b allotment c > d <",
        "Café – £5 😀 “quoted” allotment’s",
        "allotment <!-- hidden --> <![CDATA[x]]> <?php x ?>",
    ],
)
def test_extract_is_the_text_as_written_without_marks_or_entities(home, ask, text):
    StandardPageFactory(parent=home, title="Growing", summary=text)
    (result,) = ask(query="allotment")["results"]
    assert result["extract"].startswith(text.rstrip("<").strip())
    assert result["title"] == "Growing"


def test_without_taking_the_marks_out_they_would_be_in_the_extract(
    home, ask, monkeypatch
):
    """Prove that the extract of these tests has something to take out."""
    StandardPageFactory(parent=home, title="Growing", summary="An allotment & more")
    monkeypatch.setattr("search.views.strip_tags", str)
    monkeypatch.setattr("search.views.unescape", str)
    (result,) = ask(query="allotment")["results"]
    assert result["extract"].startswith("An <mark>allotment</mark> &amp; more")


def test_asking_for_json_is_not_logged_and_leaves_no_marks(allotments, ask, search_for):
    assert "found=" not in str(ask(query="allotment"))
    assert LoggedSearch.objects.count() == 0
    search_for("allotment")
    assert LoggedSearch.objects.count() == 1


@pytest.mark.parametrize("empty", [{}, {"query": ""}, {"query": " \t\0 "}])
def test_empty_search_is_an_empty_answer(allotments, ask, empty):
    data = ask(**empty)
    assert (data["query"], data["count"], data["results"]) == ("", 0, [])
    assert (data["promoted"], data["closest"], data["filters"]) == ([], [], {})


def test_second_page_has_the_rest(allotments, ask):
    first, second = ask(query="allotment"), ask(query="allotment", page="2")
    assert (len(first["results"]), len(second["results"])) == (3, 2)
    urls = {each["url"] for each in [*first["results"], *second["results"]]}
    assert len(urls) == first["count"] == second["count"] == 5


@pytest.mark.parametrize(
    "query",
    [
        "</script><script>alert(1)</script>",
        '"}],"x":["',
        "allotment \0 \u202e \ud7ff 🥕",
        "a" * 10_240,
        "'; DROP TABLE wagtailcore_page; --",
        "\u2028\u2029allotment",
    ],
)
def test_hostile_search_is_repeated_as_data_and_as_nothing_else(
    allotments, client, query
):
    response = client.get(reverse("search"), {"query": query}, headers={"accept": JSON})
    assert response.status_code == 200
    assert response["Content-Type"] == JSON
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.json()["query"] == " ".join(
        "".join(sign if sign.isprintable() else " " for sign in query[:300]).split()
    )


def test_degraded_answer_says_so(allotments, ask, monkeypatch):
    def fail(*arguments, **values):
        raise RuntimeError("the index is gone")

    monkeypatch.setattr(page_index, "search", fail)
    data = ask(query="allotment")
    assert data["degraded"] is True
    assert (data["count"], len(data["results"])) == (5, 3)
    monkeypatch.delattr(page_index, "search")
    assert ask(query="allotment")["degraded"] is False
