"""The queue as a spreadsheet, and on the admin's home page."""

import csv
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from home.dashboard import get_tasks
from search.feedback.unsuccessful_searches import outcomes
from search.models import FindabilityAction
from tests.search.feedback.unsuccessful_searches.conftest import NOON, QUEUE

HEADINGS = [
    "Topic", "All wordings", "Found nothing", "Opened no result", "Enquiries",
    "Not useful", "People", "Over the period", "State",
]  # fmt: skip


def test_export_holds_all_topics_and_no_formulas(client, officer, searched):
    searched("=1+1 sums", times=2)
    for number in range(30):
        searched(f"thing{number}")
    response = client.get(QUEUE, {"export": "csv", "period": "7"})
    rows = list(csv.reader(StringIO(b"".join(response).decode())))
    assert rows[0] == HEADINGS
    assert len(rows) == 32
    assert rows[1] == [
        "'=1+1 sums", "'=1+1 sums", "0", "2", "0", "0", "2", "0, 0, 0, 0, 0, 2, 0",
        "Open",
    ]  # fmt: skip
    response = client.get(QUEUE, {"export": "xlsx"})
    cell = load_workbook(BytesIO(b"".join(response)))["Sheet1"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1 sums", "s")


@pytest.fixture
def told(officer):
    """Return a function that gives what the home page tells the officer of topics."""
    return lambda user=officer: [
        need.text for need in get_tasks(user, NOON) if "did not find" in need.text
    ]


def test_home_page_tells_of_what_several_could_not_find(told, searched):
    searched("parks", times=4)
    searched("bins", times=9, days_ago=8)
    searched("badges", times=9, opened=1)
    assert told() == []
    searched("parks", found=0)
    assert told() == ["1 topic that 5 or more searches this week did not find"]


def test_home_page_is_silent_about_what_was_dealt_with(told, searched, make_officer):
    searched("parks", times=5)
    FindabilityAction.objects.create(topic="park", label="x", kind="assigned", at=NOON)
    assert len(told()) == 1
    FindabilityAction.objects.create(topic="park", label="x", kind="ignored", at=NOON)
    assert told() == []
    FindabilityAction.objects.create(topic="park", label="x", kind="reopened", at=NOON)
    assert len(told()) == 1
    assert told(make_officer("other", ["access_admin"])) == []


def test_export_of_many_topics_that_are_done(client, officer, searched, monkeypatch):
    monkeypatch.setattr(outcomes, "BATCH", 2)
    for number in range(5):
        searched(f"thing{number}", opened=1, times=number)
        FindabilityAction.objects.create(
            topic=f"thing{number}", label="x", kind="promoted", at=NOON
        )
    response = client.get(QUEUE, {"export": "csv", "state": "done"})
    rows = list(csv.reader(StringIO(b"".join(response).decode())))
    assert len(rows) == 6
    assert all("nobody has searched for it yet" in row[-1] for row in rows[1:])
