"""What people search for is logged without who they are, and without harm to them."""

from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from search.engine import results
from search.engine.index import page_index
from search.log.models import LOG_LIMIT
from search.models import LoggedSearch, PromotionSnippet
from tests.factories import PartnershipPageFactory, StandardPageFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
REPORT = reverse("searches_report")


@pytest.fixture
def allotments(section, monkeypatch):
    monkeypatch.setattr(results, "PER_PAGE", 3)
    for number in range(4):
        factory = PartnershipPageFactory if number == 3 else StandardPageFactory
        factory(parent=section, title=f"Allotment {number}", summary="")


def stored():
    names = ("query", "corrected", "filters", "page_number", "result_count")
    return list(LoggedSearch.objects.order_by("pk").values_list(*names))


def test_query_correction_filters_page_and_count_are_logged(allotments, search_for):
    with time_machine.travel(NOON, tick=False):
        search_for("  alotment\tgarden ", page=2)
        search_for("allotment", type="partnership", section="stronger-communities")
        search_for("xylophone")
    assert stored() == [
        ("alotment garden", "allotment garden", "", 2, 4),
        (
            "allotment",
            "",
            "type=partnership&section=stronger-communities",
            1,
            1,
        ),
        ("xylophone", "", "", 1, 0),
    ]
    assert set(LoggedSearch.objects.values_list("searched_at", flat=True)) == {NOON}
    # Promoted results do not count as found.
    link = "https://www.example.org/"
    PromotionSnippet.objects.create(searched="skip hire", link=link, title="Skips")
    assert "Skips" in search_for("skip hire").titles
    assert stored()[-1] == ("skip hire", "", "", 1, 0)


def test_search_without_an_answer_or_with_made_up_filters_is_no_way_into_the_log(
    allotments, client, search_for, monkeypatch
):
    for query in ("", "\t\n", "\0"):
        search_for(query)
    assert client.get(reverse("search"), {"query": "x", "page": 9}).status_code == 404
    assert client.head(reverse("search"), {"query": "allotment"}).status_code == 200
    assert client.post(reverse("search"), {"query": "allotment"}).status_code == 405
    with monkeypatch.context() as degraded:
        degraded.setattr(page_index, "search", None)
        assert search_for("allotment").count == 4
    assert stored() == []
    for filters in (
        {"section": "joe.bloggs@example.com"},
        {"section": "TS18 5AB", "type": "01642 393939"},
        {"section": "é" * 255, "type": "🥕" * 50},
    ):
        search_for("allotment", **filters)
    assert stored() == [("allotment", "", "", 1, 4)] * 3


@pytest.fixture
def answer_to():
    """Return a function that gives an answer as a server has it, not yet closed."""

    def ask(query):
        address = {"PATH_INFO": reverse("search"), "QUERY_STRING": f"query={query}"}
        environ = RequestFactory()._base_environ(**address)
        response = WSGIHandler()(environ, lambda *arguments: None)
        assert b"allotment" in b"".join(response)
        return response

    # The test's own transaction needs the connection to stay.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield ask
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_search_is_logged_after_its_answer_and_harmed_by_no_fault_of_the_log(
    allotments, answer_to, monkeypatch, caplog
):
    response = answer_to("allotment")
    assert stored() == []
    response.close()
    assert len(stored()) == 1

    def fail(self, *arguments, **values):
        raise OperationalError("the disk is full")

    monkeypatch.setattr(LoggedSearch, "save", fail)
    ended = Mock()
    request_finished.connect(ended)
    try:
        answer_to("allotment").close()
    finally:
        request_finished.disconnect(ended)
    # Else the request would keep its connection to the database for ever.
    assert ended.called
    assert "could not be logged" in caplog.text


# The report


def rows(client):
    """Return the searches that the report lists, each with how it was opened."""
    response = client.get(REPORT)
    assert response.status_code == 200
    html = BeautifulSoup(response.content, "html.parser")
    return [
        [cell.get_text(" ", strip=True) for cell in row.select("td")][:4]
        for row in html.select("main table.listing tbody tr")
    ]


def note(query, **values):
    values = {"result_count": 3, **values}
    return LoggedSearch.objects.create(query=query, **values)


def test_report_lists_searches_newest_first_with_what_became_of_them(
    client, enter_admin
):
    at = timezone.now()
    for minutes, (query, values) in enumerate(
        [
            ("bins", {"clicked_position": 2}),
            ("binz", {"corrected": "bins", "clicked_position": 0}),
            ("skips", {"result_count": 0}),
            ("bins again", {"page_number": 2}),
            ("<script>alert(1)</script>", {"clicked_position": 1}),
        ]
    ):
        note(query, searched_at=at + timedelta(minutes=minutes), **values)
    enter_admin("view_loggedsearch")
    assert REPORT in client.get(reverse("wagtailadmin_home")).content.decode()
    assert b"<script>alert" not in client.get(REPORT).content
    assert rows(client) == [
        ["<script>alert(1)</script>", "", "3", "Result 1"],
        ["skips", "", "0", "None"],
        ["binz", "bins", "3", "Promoted result"],
        ["bins", "", "3", "Result 2"],
    ]


def test_flood_of_searches_is_answered_and_not_stored(home):
    def search(times, network="192.0.2.1"):
        for _ in range(times):
            client = Client(REMOTE_ADDR=network)
            response = client.get(reverse("search"), {"query": "bins"})
            assert response.status_code == 200
        return LoggedSearch.objects.count()

    most = LOG_LIMIT.per_address
    with time_machine.travel(NOON, tick=False) as clock:
        assert search(most + 5) == most
        assert search(1, network="192.0.2.2") == most + 1
        clock.shift(LOG_LIMIT.period + timedelta(seconds=1))
        assert search(1) == most + 2
