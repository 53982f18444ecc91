"""A page of results costs the same queries however many pages and files it shows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import PageViewRestriction

from search.models import PromotionSnippet
from tests.factories import PartnershipPageFactory, StandardPageFactory
from tests.hiding import new_collection
from tests.search.indexing.files.offering import offer, offer_by_policy

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

pytestmark = pytest.mark.usefixtures("reader")


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
def make_files(section, upload):
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
