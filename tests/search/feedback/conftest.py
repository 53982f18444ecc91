"""Fixtures of the tests of enquiries and of unsuccessful searches."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.urls import reverse

from search.feedback.forms import SIGNER
from search.models import LoggedSearch
from tests.home.notifications.emails import mail_errors  # noqa: F401

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
QUEUE = reverse("unsuccessful_searches_report")
MAY_USE = ("view_enquiry", "change_enquiry")
PROMOTE = reverse("wagtailsnippets_search_promotionsnippet:add")
PROMOTION = {"title": "Bins", "link": "https://example.com", "searched": "red bin"}


def shown_seconds_ago(seconds):
    return SIGNER.sign(str(time.time() - seconds))


def page_of(enquiry):
    return reverse("search_enquiry_modeladmin_inspect", args=[enquiry.pk])


def parse(response):
    return BeautifulSoup(response.content, "html.parser")


def text_of(response):
    return parse(response).get_text(" ", strip=True)


def history(enquiry):
    return [(each.by.username, str(each)) for each in enquiry.actions.all()]


def may(user, *codenames):
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


# An answer, as Wagtail's editor sends it.


def entity(data, kind="LINK"):
    return {"0": {"type": kind, "mutability": "MUTABLE", "data": data}}


def typed(text, link=None, kind="unstyled", entities=None):
    link = [{"offset": 0, "length": len(text), "key": 0}] if link else []
    block = {"key": "aaaaa", "text": text, "type": kind, "depth": 0, "data": {}}
    block |= {"inlineStyleRanges": [], "entityRanges": link}
    return json.dumps({"blocks": [block], "entityMap": entities or {}})


def linked(**data):
    return typed("Here", link=True, entities=entity(data))


@pytest.fixture
def send(home, client):

    def post(**values):
        data = {"message": "A blue bin", "shown_at": shown_seconds_ago(60), **values}
        sent = {name: value for name, value in data.items() if value is not None}
        return client.post(reverse("enquiry"), sent)

    return post


@pytest.fixture
def handler(enter_admin):
    return enter_admin(*MAY_USE, name="hannah")


@pytest.fixture
def act(client, handler):

    def send(action, enquiry, **values):
        last = enquiry.last_action
        data = {"action": action, "last": last.pk if last else "", **values}
        response = client.post(page_of(enquiry), data, follow=True)
        enquiry.refresh_from_db()
        return response

    return send


# Unsuccessful searches


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


@pytest.fixture
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
def queue(home, client):

    def read(**query):
        response = client.get(QUEUE, query)
        assert response.status_code == 200
        rows = parse(response).select("#listing-results tbody tr")
        return [_row(row.find_all(["td", "th"])) for row in rows]

    return read


def _row(cells):
    text = [" ".join(cell.get_text(" ").split()) for cell in cells]
    numbers = tuple(int(each) for each in text[2:7])
    return Row(text[0], text[1], numbers, text[7], cells[0].a["href"])
