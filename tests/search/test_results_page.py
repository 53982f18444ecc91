"""What a visitor sees on the page of results."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import PageViewRestriction, Site

from home.models import SiteSettings
from search.engine import results
from search.indexing.documents import SearchDocument
from search.models import PromotionSnippet
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)
from tests.hiding import new_collection
from tests.search.indexing.files.offering import offer, offer_by_policy

NUMBERS = ["0", "-1", "abc", "1e9", "²", "", "1.0", " 1", "+1", "9" * 20, "٣", "4"]


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


def test_pages_of_results_hold_each_result_once_in_numbered_order(
    section, search_for, read, client, monkeypatch
):
    for place in range(21):
        StandardPageFactory(parent=section, title=f"Allotment {place}", summary="")
    pages = [search_for("allotment", page=number) for number in (1, 2, 3)]
    assert [len(page.titles) for page in pages] == [10, 10, 1]
    assert [page.count for page in pages] == [21, 21, 21]
    assert len({title for page in pages for title in page.titles}) == 21
    starts = [page.html.select_one("ol.results")["start"] for page in pages]
    assert starts == ["1", "11", "21"]
    rels = [set(links(page)) for page in pages]
    assert rels == [{"next"}, {"prev", "next"}, {"prev"}]
    assert "Page 2 of 3" in pages[1].html.select_one(".pagination").get_text()
    query = 'allotment & <plots> "50%" + é'
    link = links(search_for(query))["next"]
    assert parse_qs(urlsplit(link).query) == {"query": [query], "page": ["2"]}
    second = read(reverse("search") + link)
    assert second.select_one("main input[name=query]")["value"] == query
    form = f"a[href^='{reverse('enquiry')}']"
    carried = [parse_qs(urlsplit(a["href"]).query) for a in second.select(form)]
    assert carried == [{"query": [query], "from": [reverse("search")]}] * 2
    robots = second.find("meta", attrs={"name": "robots"})
    assert robots["content"] == "noindex"
    address = reverse("search")
    for number in NUMBERS:
        response = client.get(address, {"query": "allotment", "page": number})
        assert response.status_code == 404, number
        assert "Page not found" in response.content.decode()
    for query in ("nothing", ""):
        response = client.get(address, {"query": query, "page": "2"})
        assert response.status_code == 404
    assert client.post(address, {"query": "allotment"}).status_code == 405
    # The last page that is offered can be opened.
    monkeypatch.setattr(results, "LAST_PAGE", 2)
    answer = search_for("allotment")
    assert answer.count == 21
    assert "Page 1 of 2" in answer.html.select_one(".pagination").get_text()
    assert set(links(search_for("allotment", page=2))) == {"prev"}
    read(f"{address}?query=allotment&page=3", status=404)


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
    section = CommunityIndexPageFactory(parent=home, title="Food and warmth")
    summary = "Café – £5 😀 naïve “quoted” allotment, and allotments."
    page = PartnershipPageFactory(parent=section, title="Signs", summary=summary)
    page.save_revision().publish()
    answer = search_for("allotment")
    assert "<mark>allotment</mark>, and <mark>allotments</mark>." in answer.extracts[0]
    facts = answer.html.select_one(".result__facts")
    text = " ".join(facts.get_text().split())
    assert text.startswith("Partnership in Food and warmth, updated ")
    page.refresh_from_db()
    assert facts.time["datetime"] == f"{page.last_published_at:%Y-%m-%d}"


def test_text_of_a_page_is_escaped_in_results(home, search_for, client):
    evil = "<script>alert(1)</script>"
    body = [{"type": "quotation", "value": {"text": f"allotment {evil}"}}]
    StandardPageFactory(parent=home, title=f"Title {evil}", summary=evil, body=body)
    CommunityIndexPageFactory(parent=home, title=f"Allotment {evil}", summary=evil)
    assert search_for("allotment").count == 2
    for query in ("allotment", "script", "alert", f"\"'>{evil}"):
        html = client.get(reverse("search"), {"query": query}).content.decode()
        assert "<script>alert" not in html
        assert "&lt;" in html


def test_database_has_the_last_word_if_the_index_is_wrong(
    home, section, search_for, monkeypatch
):
    """The index is told that a draft is public; the search still does not show it."""
    draft = StandardPageFactory(parent=section, title="Budget cuts", live=False)
    SearchDocument.objects.create(
        pk=draft.pk, title="Budget cuts", is_public=True, version=0
    )
    assert search_for("budget").titles == []


def test_search_before_there_is_a_site_is_not_found(db, client):
    Site.objects.all().delete()
    assert SiteSettings.objects.count() == 0
    assert client.get(reverse("search"), {"query": "allotment"}).status_code == 404


# A page costs the same queries however many pages and files it shows

MANY = 10

# The site and one each for settings, alerts and navigation, as on every page; then the
# content version, the sections to narrow to, the pages, those above them, their texts.
RESULTS = 4 + 5
# Restrictions of collections, the collections below them, the files, their texts.
FILES = 4
# The pages of promotions, and the summaries of those.
PROMOTED = 2
# The text of the best result and the content version; pages, those above, their texts.
RELATED = 2 + 3


@pytest.fixture
def queries_of(client, monkeypatch):
    """Return a function that gives the queries of a search, once all is warm.

    Without logging the search and counting it against its limit, which happens when
    the visitor has the page, and without the content version, which is read a few
    times a second.
    """
    monkeypatch.setattr("search.log.models.log_search", lambda search, request: None)

    def queries(query="hedgehogs", **parameters):
        values = {"query": query, **parameters}
        # The very first visit makes the site settings, which counts as a change.
        for _ in range(2):
            client.get(reverse("search"), values)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("search"), values).status_code == 200
        found = [each["sql"] for each in captured.captured_queries]
        return [sql for sql in found if "home_contentversion" not in sql]

    return queries


@pytest.fixture
def make_files(section, reader, upload):
    """Return a function that makes files, each with two pages of its own."""

    def make(number, start=0):
        for place in range(start, start + number):
            document = upload("Nature", f"Hedgehogs, part {place}".encode())
            offer(document, section, title=f"Papers {place}")
            offer_by_policy(document, section)

    return make


def make_private(section, number):
    """Make pages and collections that are private."""
    for _ in range(number):
        page = PartnershipPageFactory(parent=section)
        PageViewRestriction.objects.create(page=page, restriction_type="login")
        new_collection(private=True)


def test_queries_do_not_grow_with_files_nor_with_what_is_private(
    section, make_files, queries_of, search_for
):
    make_files(1)
    make_private(section, 1)
    few = queries_of()
    make_files(MANY - 1, start=1)
    make_private(section, 3)
    assert len(search_for("hedgehogs").titles) == MANY
    assert len(queries_of()) == len(few) <= RESULTS + FILES


def test_whole_page_with_files_promotions_and_filters_keeps_to_its_budget(
    section, make_files, queries_of
):
    for place in range(MANY):
        StandardPageFactory(parent=section, title=f"Hedgehogs {place}", summary="")
    queries = queries_of()
    assert len(queries) <= RESULTS
    assert not any("document" in sql and "searchdocument" not in sql for sql in queries)
    make_files(5)
    for page in section.get_children()[:3]:
        PromotionSnippet.objects.create(searched="hedgehogs", page=page)
    assert len(queries_of()) <= RESULTS + FILES + PROMOTED
    narrowed = queries_of(type="document", section=section.slug, updated="year")
    assert len(narrowed) <= RESULTS + FILES + PROMOTED


def test_related_pages_keep_to_their_budget(section, queries_of):
    PartnershipPageFactory(parent=section, title="Hedgehogs", summary="Otters sleep.")
    for _ in range(MANY):
        StandardPageFactory(parent=section, title="Otters", summary="")
    assert len(queries_of()) <= RESULTS + RELATED
