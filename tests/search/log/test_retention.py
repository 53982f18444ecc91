"""What residents send in is stored for as long as the settings say, to the day (O4)."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from threading import Barrier, Thread

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry, ReferenceIndex

from home.content_version import get_content_version, start_of_day
from search.log import retention
from search.log.retention import purge
from search.models import (
    Enquiry,
    FeedbackAction,
    LoggedSearch,
    PageFeedbackComment,
)
from tests.factories import EnquiryFactory

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
# Both Sundays on which the clocks change, and two days like any other.
DAYS = [date(2026, 10, 25), date(2026, 3, 29), date(2026, 6, 1), date(2026, 12, 31)]


# What each setting is about, its values, and the times that the days count from.
KINDS = {
    "SEARCH_LOG_DAYS": (LoggedSearch, {"result_count": 0}, "searched_at"),
    "PAGE_FEEDBACK_COMMENT_DAYS": (
        PageFeedbackComment,
        {"was_useful": True},
        "created_at",
    ),
    "ENQUIRY_OPEN_DAYS": (Enquiry, {}, "created_at"),
    "ENQUIRY_CLOSED_DAYS": (Enquiry, {"status": "closed"}, "closed_at"),
}


def make(setting, at, page):
    model, values, since = KINDS[setting]
    if model is PageFeedbackComment:
        values = {**values, "page": page}
    row = model.objects.create(**values)
    # However long a closed one was open before.
    old = {"created_at": at - 5_000 * DAY} if since == "closed_at" else {}
    model.objects.update(**{since: at, **old})
    return row


@pytest.mark.parametrize("setting", KINDS)
def test_a_row_goes_as_its_day_begins_by_the_councils_clock(home, settings, setting):
    for day, days, hours in product(DAYS, [1, 30, 365], [0, 2, 23]):
        setattr(settings, setting, days)
        due = start_of_day(day)
        since = start_of_day(day - days * DAY) + hours * HOUR
        row = make(setting, since, home)
        assert purge(due - SECOND) == 0, (day, days, hours)
        assert purge(due) == 1, (day, days, hours)
        assert not type(row).objects.exists()


@pytest.mark.parametrize("setting", KINDS)
def test_what_is_from_the_next_day_stays(home, settings, setting):
    setattr(settings, setting, 30)
    for day in DAYS:
        row = make(setting, start_of_day(day - 29 * DAY), home)
        assert purge(start_of_day(day + DAY) - SECOND) == 0
        row.delete()


def test_address_goes_in_time_whatever_became_of_the_enquiry(db, settings):
    settings.ENQUIRY_EMAIL_DAYS = 90
    at, version = datetime(2026, 1, 1, 12, tzinfo=UTC), get_content_version()
    for status, closed_at in (("open", None), ("closed", at)):
        EnquiryFactory(email="jo@example.org", status=status, closed_at=closed_at)
    Enquiry.objects.update(created_at=at)
    purge(start_of_day(date(2026, 4, 1)) - SECOND)
    assert Enquiry.objects.exclude(email="").count() == 2
    purge(start_of_day(date(2026, 4, 1)))
    assert [(row.email, bool(row.message)) for row in Enquiry.objects.all()] == [
        ("", True),
        ("", True),
    ]
    assert get_content_version() == version
    # One that was opened again counts as an open one.
    EnquiryFactory(status="open", closed_at=datetime(2000, 1, 1, tzinfo=UTC))
    assert purge(datetime.now(UTC)) == 0


def test_with_an_enquiry_goes_all_that_is_logged_of_it(db):
    officer = get_user_model().objects.create_user("ann")
    gone, kept = EnquiryFactory(assigned_to=officer), EnquiryFactory()
    for each in (gone, kept):
        each.actions.create(at=each.created_at, kind="assigned")
        log(each, "wagtail.edit", user=officer)
    Enquiry.objects.filter(pk=gone.pk).update(
        created_at=datetime(2000, 1, 1, tzinfo=UTC)
    )
    assert purge(datetime.now(UTC)) == 1
    assert [action.enquiry for action in FeedbackAction.objects.all()] == [kept]
    assert [entry.object_id for entry in ModelLogEntry.objects.all()] == [str(kept.pk)]
    assert not ReferenceIndex.objects.filter(
        object_id=str(gone.pk), base_content_type__model="enquiry"
    ).exists()


def test_many_go_in_small_batches(db, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 10)
    old = datetime(2000, 1, 1, tzinfo=UTC)
    LoggedSearch.objects.bulk_create(
        LoggedSearch(query="x", searched_at=old, result_count=0) for _ in range(25)
    )
    with CaptureQueriesContext(connection) as queries:
        assert purge(datetime.now(UTC)) == 25
    deletes = [each["sql"] for each in queries if each["sql"].startswith("DELETE")]
    assert len([sql for sql in deletes if "loggedsearch" in sql]) == 3
    assert not LoggedSearch.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_processes_at_once_do_no_harm(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 5)
    old = datetime(2000, 1, 1, tzinfo=UTC)
    EnquiryFactory.create_batch(40, email="jo@example.org")
    EnquiryFactory(message="New")
    Enquiry.objects.exclude(message="New").update(created_at=old)
    start, failed = Barrier(2), []

    def run():
        try:
            start.wait()
            purge(datetime.now(UTC))
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [enquiry.message for enquiry in Enquiry.objects.all()] == ["New"]
