"""Unsuccessful searches as a spreadsheet and on the dashboard."""

import csv
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from home.dashboard import get_tasks
from search.feedback.unsuccessful_searches import outcomes
from search.models import FeedbackAction
from tests.search.feedback.unsuccessful_searches.conftest import NOON, QUEUE

HEADINGS = [
    "Topic", "All search terms", "No results", "No result opened", "Enquiries",
    "Page not useful", "People", "Over the period", "Status",
]  # fmt: skip


def test_export_holds_all_topics_and_no_formulas(client, staff_user, searched):
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
def tasks(staff_user):
    return lambda user=staff_user: [
        task.text for task in get_tasks(user, NOON) if "unsuccessful" in task.text
    ]


def test_dashboard_shows_frequent_unsuccessful_topics(tasks, searched):
    searched("parks", times=4)
    searched("bins", times=9, days_ago=8)
    searched("badges", times=9, opened=1)
    assert tasks() == []
    searched("parks", found=0)
    assert tasks() == ["1 topic with 5 or more unsuccessful searches this week"]


def test_dashboard_omits_what_was_dealt_with(tasks, searched, make_staff_user):
    searched("parks", times=5)
    FeedbackAction.objects.create(topic="park", label="x", kind="assigned", at=NOON)
    assert len(tasks()) == 1
    FeedbackAction.objects.create(topic="park", label="x", kind="nothing", at=NOON)
    assert tasks() == []
    FeedbackAction.objects.create(topic="park", label="x", kind="reopened", at=NOON)
    assert len(tasks()) == 1
    assert tasks(make_staff_user("other", ["access_admin"])) == []


def test_export_of_many_topics_that_are_done(client, staff_user, searched, monkeypatch):
    monkeypatch.setattr(outcomes, "BATCH", 2)
    for number in range(5):
        searched(f"thing{number}", opened=1, times=number)
        FeedbackAction.objects.create(
            topic=f"thing{number}", label="x", kind="promoted", at=NOON
        )
    response = client.get(QUEUE, {"export": "csv", "state": "done"})
    rows = list(csv.reader(StringIO(b"".join(response).decode())))
    assert len(rows) == 6
    assert all("No searches since" in row[-1] for row in rows[1:])
