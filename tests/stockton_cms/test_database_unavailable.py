"""Pages that were kept go on while the database is unavailable, and stay right (A4)."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community.alerts.visibility import COOKIE_NAME
from community.models import AlertScope
from home.content_version import (
    SECONDS_BETWEEN_ATTEMPTS,
    ContentVersionTracker,
    content_version_tracker,
)
from tests.factories import AlertFactory, StandardPageFactory
from tests.stockton_cms.clock_changes import (
    CONSULTATIONS,
    DAY,
    EVERYTHING,
    HOUR,
    SECOND,
)
from tests.stockton_cms.test_error_pages import no_database
from tests.stockton_cms.test_time_boundaries import MOMENT, says_hit

AWAY = "StocktonCMS; hit; detail=database-unavailable"


@pytest.fixture(autouse=True)
def _attempts_wait_for_nobody(monkeypatch):
    """Let attempts to reach the database be made by the request that is due for one.

    In a thread they would not see what a test has not committed.
    """

    def read(clock, at):
        if clock._reading.acquire(blocking=False):
            clock._read(at)

    monkeypatch.setattr(ContentVersionTracker, "_read_in_background", read)


@pytest.fixture
def clock():
    with time_machine.travel(MOMENT - HOUR, tick=False) as clock:
        yield clock


def next_attempt():
    """Let the second pass after which the database is asked again."""
    content_version_tracker._asked_at -= SECONDS_BETWEEN_ATTEMPTS


@contextmanager
def database_away():
    """Take the database away for so long that it has been noticed."""
    with no_database():
        next_attempt()
        yield


def says_to_come_back(response):
    return response.status_code == 503 and int(response["Retry-After"]) > 0


def is_away(response):
    return response.status_code == 200 and response["Cache-Status"] == AWAY


def test_kept_page_goes_on_for_a_day_and_says_so(section, visitor, clock):
    before = visitor.get(section.url)
    with database_away():
        for _ in range(3):
            response = visitor.get(section.url)
            assert is_away(response)
            assert response.content == before.content
            assert response["ETag"] == before["ETag"]
        response = visitor.head(section.url)
        assert is_away(response)
        assert response.content == b""
        headers = {"If-None-Match": before["ETag"]}
        response = visitor.get(section.url, headers=headers)
        assert (response.status_code, response["Cache-Status"]) == (304, AWAY)
        clock.shift(DAY - SECOND)
        assert is_away(visitor.get(section.url))
        clock.shift(SECOND)
        assert says_to_come_back(visitor.get(section.url))


@pytest.mark.parametrize(
    "name", [name for name in EVERYTHING if name.startswith("alert")]
)
def test_alerts_start_and_end_to_the_second(name, section, visitor, clock):
    change = EVERYTHING[name](section, MOMENT)
    visitor.get(change.address)
    with database_away():
        for seconds in (-60, -1, 0, 1, 60):
            clock.move_to(MOMENT + seconds * SECOND)
            response = visitor.get(change.address)
            assert is_away(response)
            html = response.content.decode()
            assert change.is_seen_in(html) is (seconds >= 0)
            assert "public" not in response["Cache-Control"] or seconds == -60


def test_alert_for_chosen_pages_starts_nowhere_else(section, visitor, clock):
    page, other = StandardPageFactory.create_batch(2, parent=section)
    alert = AlertFactory(
        heading="Floods", scope="pages", starts_at=MOMENT, ends_at=MOMENT + DAY
    )
    AlertScope.objects.create(alert=alert, page=page)
    for each in (page, other):
        visitor.get(each.url)
    with database_away():
        clock.move_to(MOMENT)
        shown = [b"Floods" in visitor.get(each.url).content for each in (page, other)]
    assert shown == [True, False]


def test_alert_that_a_visitor_has_closed_stays_closed(section, visitor, clock):
    alert = AlertFactory(heading="Floods", ends_at=MOMENT + DAY)
    AlertFactory(heading="Storm", starts_at=MOMENT, ends_at=MOMENT + DAY)
    cookie = {"Cookie": f"{COOKIE_NAME}={alert.pk}.1"}
    variants = [cookie, {}]
    for headers in variants:
        visitor.get(section.url, headers=headers)
    visitor.get("/")
    with database_away():
        # Nor do pages that only others have read show it.
        response = visitor.get("/", headers=cookie)
        assert is_away(response)
        assert b"Floods" not in response.content
        clock.move_to(MOMENT)
        pages = [visitor.get(section.url, headers=headers) for headers in variants]
    assert all(is_away(response) for response in pages)
    assert [b"Floods" in response.content for response in pages] == [False, True]
    assert all(b"Storm" in response.content for response in pages)


@pytest.mark.parametrize("name", ["page expires", *CONSULTATIONS])
def test_page_that_is_no_longer_true_is_given_to_nobody(name, section, visitor, clock):
    change = EVERYTHING[name](section, MOMENT)
    visitor.get(change.address)
    with database_away():
        clock.move_to(MOMENT - SECOND)
        assert is_away(visitor.get(change.address))
        for seconds in (0, 1):
            clock.move_to(MOMENT + seconds * SECOND)
            response = visitor.get(change.address)
            assert says_to_come_back(response)
            assert change.sign not in response.content.decode()


@pytest.mark.parametrize("is_asked_for", [True, False])
@pytest.mark.parametrize("hide", ["unpublish", "delete", "restrict", "control"])
def test_hidden_page_does_not_come_back(section, visitor, hide, is_asked_for):
    page = StandardPageFactory(parent=section, title="quetzal")
    visitor.get(page.url)
    if hide == "restrict":
        PageViewRestriction.objects.create(page=page, restriction_type="login")
    elif hide != "control":
        getattr(page, hide)()
    if is_asked_for and hide != "control":
        assert visitor.get(page.url).status_code in (302, 404)
    with database_away():
        response = visitor.get(page.url)
    assert (b"quetzal" in response.content) is (hide == "control")


def test_what_was_not_kept_is_away_for_now(section, visitor, clock):
    page = StandardPageFactory(parent=section, slug="never-read")
    visitor.get(section.url)
    addresses = ["/", "/search/?query=bins", "/nowhere/", "/sitemap.xml", page.url]
    with database_away():
        for address in [*addresses, f"{section.url}a-to-z/"]:
            response = visitor.get(address)
            assert says_to_come_back(response)
            assert "public" not in response["Cache-Control"]
            next_attempt()


def test_site_is_itself_again_at_the_next_attempt(section, visitor, clock):
    visitor.get(section.url)
    with database_away():
        assert is_away(visitor.get(section.url))
    assert is_away(visitor.get(section.url))
    next_attempt()
    assert says_hit(visitor.get(section.url))
    assert visitor.get("/nowhere/").status_code == 404


def test_what_another_process_changed_meanwhile_is_seen_when_it_is_back(
    section, visitor, clock
):
    visitor.get(section.url)
    with database_away():
        clock.shift(timedelta(minutes=5))
        next_attempt()
        assert is_away(visitor.get(section.url))
    AlertFactory(heading="Floods", starts_at=timezone.now(), ends_at=MOMENT)
    next_attempt()
    assert b"Floods" in visitor.get(section.url).content


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_attempts_are_made_in_the_background(section, visitor, clock, monkeypatch):
    """Prove it with the thread that the other tests do without."""
    monkeypatch.undo()
    visitor.get(section.url)
    with database_away():
        assert is_away(visitor.get(section.url))
        next_attempt()
        assert is_away(visitor.get(section.url))
        with content_version_tracker._reading:
            assert content_version_tracker._is_unavailable
    next_attempt()
    visitor.get(section.url)
    with content_version_tracker._reading:
        assert not content_version_tracker._is_unavailable
    assert says_hit(visitor.get(section.url))
