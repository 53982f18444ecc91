"""Fixtures of the tests of what people cannot find."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.urls import reverse

from search.models import LoggedSearch

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
QUEUE = reverse("findability_report")
MAY_USE = (
    "access_admin",
    "view_enquiry",
    "view_findabilityaction",
    "add_findabilityaction",
)


@dataclass(frozen=True)
class Row:
    """A topic as the queue shows it."""

    label: str
    others: str
    numbers: tuple[int, ...]
    chart: str
    state: str
    address: str

    @property
    def people(self):
        return self.numbers[-1]


@pytest.fixture(autouse=True)
def clock(request):
    """Stop the clock, which tests move by `clock.shift`; not where time is measured."""
    if request.node.get_closest_marker("slow"):
        yield
        return
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def searched():
    """Return a function that logs searches: of words, so many, some days ago."""

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
def make_officer(django_user_model):
    """Return a function that makes somebody who may do these things and no more."""

    def make(name="officer", permissions=MAY_USE):
        user = django_user_model.objects.create_user(name, f"{name}@example.gov.uk")
        found = Permission.objects.filter(codename__in=permissions)
        assert found.count() == len(permissions)
        user.user_permissions.add(*found)
        return user

    return make


@pytest.fixture
def officer(client, make_officer):
    """Sign an officer in who may use the queue."""
    user = make_officer()
    client.force_login(user)
    return user


@pytest.fixture
def queue(home, client):
    """Return a function that reads the queue."""

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
        chart=cells[7].svg["aria-label"].partition(": ")[2],
        state=text[8],
        address=cells[0].a["href"],
    )
