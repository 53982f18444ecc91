"""What a visitor sees on the page of results."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from home.models import SiteSettings
from search.engine import results
from search.indexing.documents import SearchDocument
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)


@pytest.fixture
def make_pages(section):
    """Return a function that makes pages which all answer "allotment"."""

    def make(number):
        for place in range(number):
            StandardPageFactory(parent=section, title=f"Allotment {place}", summary="")

    return make


def links(answer):
    found = answer.html.select(".pagination a")
    return {link["rel"][0]: link["href"] for link in found}


def test_empty_search_shows_the_form_and_nothing_else(home, search_for):
    for empty in ("", "   ", "\t\n"):
        answer = search_for(empty)
        field = answer.html.select_one("main input[name=query]")
        assert field["value"] == ""
        assert answer.html.select(".results, .pagination") == []
        assert "No results" not in answer.html.main.get_text()
        assert answer.html.title.get_text().startswith("Search")


def test_one_result_is_said_in_the_singular(make_pages, search_for):
    make_pages(1)
    text = search_for("allotment").html.main.get_text()
    assert "1 result for allotment" in text


def test_pages_of_results_hold_each_result_once_in_numbered_order(
    make_pages, search_for
):
    make_pages(23)
    first = search_for("allotment")
    second = search_for("allotment", page=2)
    third = search_for("allotment", page="3")
    pages = (first, second, third)
    assert [len(page.titles) for page in pages] == [10, 10, 3]
    assert [page.count for page in pages] == [23, 23, 23]
    assert len({title for page in pages for title in page.titles}) == 23
    assert [page.html.select_one("ol.results")["start"] for page in pages] == [
        "1",
        "11",
        "21",
    ]
    assert [set(links(page)) for page in pages] == [
        {"next"},
        {"prev", "next"},
        {"prev"},
    ]
    assert "Page 2 of 3" in second.html.select_one(".pagination").get_text()


def test_links_between_pages_of_results_lead_where_they_say(
    make_pages, search_for, read
):
    make_pages(11)
    query = 'allotment & <plots> "50%" + é'
    link = links(search_for(query))["next"]
    assert parse_qs(urlsplit(link).query) == {"query": [query], "page": ["2"]}
    second = read(reverse("search") + link)
    assert len(second.select(".result")) == 1
    assert second.select_one("main input[name=query]")["value"] == query


@pytest.mark.parametrize(
    "number",
    ["0", "-1", "abc", "1e9", "²", "", "1.0", " 1", "+1", "99999999999999999999", "٣"],
)
def test_wrong_page_number_is_not_found(make_pages, client, number):
    make_pages(11)
    address = reverse("search")
    response = client.get(address, {"query": "allotment", "page": number})
    assert response.status_code == 404
    assert "Page not found" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "number"), [("allotment", 3), ("nothing", 2), ("", 2)]
)
def test_page_after_the_last_is_not_found(make_pages, client, query, number):
    make_pages(11)
    response = client.get(reverse("search"), {"query": query, "page": number})
    assert response.status_code == 404


def test_last_page_that_is_offered_can_be_opened(
    make_pages, search_for, read, monkeypatch
):
    monkeypatch.setattr(results, "LAST_PAGE", 2)
    make_pages(21)
    answer = search_for("allotment")
    assert answer.count == 21
    assert "Page 1 of 2" in answer.html.select_one(".pagination").get_text()
    last = search_for("allotment", page=2)
    assert set(links(last)) == {"prev"}
    read(reverse("search") + "?query=allotment&page=3", status=404)


def test_nothing_found_is_said_with_sections_and_the_form_filled_in(
    home, section, search_for
):
    answer = search_for("xylophone")
    assert answer.titles == []
    assert "No results for xylophone" in answer.html.main.get_text()
    links = [link.get_text() for link in answer.html.main.select("ul a")]
    assert "Home page" in links
    form = answer.html.select_one("main form.form")
    assert form["action"] == reverse("enquiry")
    assert form.select_one("[name=query]")["value"] == "xylophone"
    assert form.select_one("[name=from_path]")["value"] == reverse("search")
    assert "I searched for: xylophone" in form.textarea.get_text()


def test_search_is_carried_to_the_form_from_everywhere_on_the_page(
    make_pages, search_for
):
    make_pages(1)
    found = search_for("allotment").html.select(f"a[href^='{reverse('enquiry')}']")
    assert len(found) == 2
    for link in found:
        carried = parse_qs(urlsplit(link["href"]).query)
        assert carried == {"query": ["allotment"], "from": [reverse("search")]}


def test_result_says_its_kind_its_section_and_its_date(home, search_for):
    section = CommunityIndexPageFactory(parent=home, title="Food and warmth")
    page = PartnershipPageFactory(parent=section, title="Allotment partnership")
    page.save_revision().publish()
    page.refresh_from_db()
    facts = search_for("partnership").html.select_one(".result__facts")
    text = " ".join(facts.get_text().split())
    assert text.startswith("Partnership in Food and warmth, updated ")
    assert facts.time["datetime"].startswith(
        page.last_published_at.date().isoformat()[:7]
    )


def test_kinds_are_those_that_readers_know(home, section, search_for):
    PolicyUpdatePageFactory(parent=section, title="Hedgehog policy")
    StandardPageFactory(parent=section, title="Hedgehog page")
    CommunityIndexPageFactory(parent=section, title="Hedgehog section")
    facts = search_for("hedgehog").html.select("ol .result__facts")
    for fact in facts:
        if fact.select_one(".label"):
            fact.select_one(".label").decompose()
    kinds = {fact.get_text().split(" in ")[0].strip() for fact in facts}
    assert len(kinds) == 3
    assert {"Policy update", "Section"} <= kinds


def test_matched_words_are_marked_in_the_part_that_answers(home, search_for):
    before = "<p>" + "Something else entirely. " * 60 + "</p>"
    body = [
        {"type": "text", "value": before},
        {"type": "text", "value": "<p>Bring the pantries’ blue card £5 with you.</p>"},
    ]
    StandardPageFactory(parent=home, title="Shopping", summary="", body=body)
    (extract,) = search_for("pantry card").extracts
    assert "<mark>pantries</mark>" in extract
    assert "<mark>card</mark>" in extract
    assert len(extract) < 600


def test_marks_fit_words_after_characters_of_several_bytes(home, search_for):
    summary = "Café – £5 😀 naïve “quoted” allotment, and allotments."
    StandardPageFactory(parent=home, title="Signs", summary=summary)
    (extract,) = search_for("allotment").extracts
    assert extract.count("<mark>") == 2
    assert "<mark>allotment</mark>" in extract
    assert "<mark>allotments</mark>" in extract


def test_text_of_a_page_is_escaped_in_results(home, search_for, client):
    evil = "<script>alert(1)</script>"
    body = [{"type": "quotation", "value": {"text": f"allotment {evil}"}}]
    StandardPageFactory(parent=home, title=f"Title {evil}", summary=evil, body=body)
    CommunityIndexPageFactory(parent=home, title=f"Allotment {evil}", summary=evil)
    assert search_for("allotment").count == 2
    for query in ("allotment", "script", "alert"):
        html = client.get(reverse("search"), {"query": query}).content.decode()
        assert "<script>alert" not in html
        assert "&lt;" in html


def test_search_itself_is_escaped_wherever_it_is_repeated(home, client):
    evil = "\"'><script>alert(1)</script>"
    html = client.get(reverse("search"), {"query": evil}).content.decode()
    assert "<script>alert" not in html
    assert "\"'><" not in html
    assert "&lt;script&gt;" in html


def test_number_of_queries_does_not_grow_with_results(make_pages, client):
    make_pages(1)
    address = reverse("search") + "?query=allotment"

    def queries():
        # The very first visit makes the site settings, which counts as a change.
        client.get(address)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        found = [each["sql"] for each in captured.captured_queries]
        # The content version is read a few times a second.
        return len([sql for sql in found if "home_contentversion" not in sql])

    with_one = queries()
    make_pages(9)
    # A page that is short is filled with related ones.
    assert queries() == with_one - 1


def test_database_has_the_last_word_if_the_index_is_wrong(
    home, section, search_for, monkeypatch
):
    """The index is told that a draft is public; the search still does not show it."""
    draft = StandardPageFactory(parent=section, title="Budget cuts", live=False)
    SearchDocument.objects.create(
        pk=draft.pk, title="Budget cuts", is_public=True, version=0
    )
    assert search_for("budget").titles == []


def test_results_are_not_for_search_engines(home, search_for):
    robots = search_for("allotment").html.find("meta", attrs={"name": "robots"})
    assert robots["content"] == "noindex"


def test_search_does_not_take_posts(home, client):
    assert client.post(reverse("search"), {"query": "allotment"}).status_code == 405


def test_search_before_there_is_a_site_is_not_found(db, client):
    from wagtail.models import Site

    Site.objects.all().delete()
    assert SiteSettings.objects.count() == 0
    assert client.get(reverse("search"), {"query": "allotment"}).status_code == 404
