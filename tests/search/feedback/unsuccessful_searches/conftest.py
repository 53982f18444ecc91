"""Fixtures of the tests of unsuccessful searches."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from search.models import LoggedSearch

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
QUEUE = reverse("unsuccessful_searches_report")
MAY_USE = ("view_enquiry", "change_enquiry")


@dataclass(frozen=True)
class Row:
    label: str
    others: str
    numbers: tuple[int, ...]
    state: str
    address: str

    @property
    def people(self):
        return self.numbers[-1]


@pytest.fixture(autouse=True)
def clock():
    """Stop the clock, which tests move by `clock.shift`."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def searched():

    def log(query, times=1, days_ago=1, found=3, opened=None, **values):
        for _ in range(times):
            LoggedSearch.objects.create(
                query=query,
                result_count=found,
                clicked_position=opened,
                searched_at=datetime.now(UTC) - timedelta(days=days_ago),
                **values,
            )

    return log


@pytest.fixture
def staff_user(enter_admin):
    return enter_admin(*MAY_USE, name="staff_user")


@pytest.fixture
def queue(home, client):

    def read(**query):
        response = client.get(QUEUE, query)
        assert response.status_code == 200
        html = BeautifulSoup(response.content, "html.parser")
        rows = html.select("#listing-results tbody tr")
        return [_row(row.find_all(["td", "th"])) for row in rows]

    return read


def _row(cells):
    text = [" ".join(cell.get_text(" ").split()) for cell in cells]
    return Row(
        label=text[0],
        others=text[1],
        numbers=tuple(int(each) for each in text[2:7]),
        state=text[7],
        address=cells[0].a["href"],
    )
