import threading
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
import time_machine
import wagtail_factories
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents import get_document_model
from wagtail.models import PageViewRestriction, Site

from community.models import AlertScope, PolicyDocument
from home.content_version import (
    ContentVersionTracker,
    bump_content_version,
    get_content_version,
    get_next_scheduled_change,
    start_of_day,
)
from home.models import SiteSettings, StandardPage
from search.indexing.documents import LinkedDocument
from tests.factories import (
    PAGE_FACTORIES,
    AlertFactory,
    CommunityIndexPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)

NOON = datetime(2027, 3, 10, 12, tzinfo=ZoneInfo("Europe/London"))
LATER = NOON + timedelta(hours=3)
LATEST = NOON + timedelta(days=40)
SECOND = timedelta(seconds=1)
POLICY_DATES = (
    "outcome_published_on",
    "adopted_on",
    "review_started_on",
    "replaced_on",
    "withdrawn_on",
)
in_real_transactions = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section)


@pytest.fixture
def rises(db):
    """Return a function that says whether the version rose since it was last asked."""
    known = [get_content_version()]

    def ask():
        known.append(get_content_version())
        return known[-1] > known[-2]

    return ask


def publish(instance, **values):
    for name, value in values.items():
        setattr(instance, name, value)
    instance.save_revision().publish()


def test_version_rises_with_each_change_that_visitors_can_see(
    section, page, rises, admin_client
):
    draft = StandardPageFactory(parent=section, live=False)
    target = CommunityIndexPageFactory(parent=section)
    alert = AlertFactory(scope="pages")
    settings = SiteSettings.for_site(Site.objects.get())
    rises()
    position = reverse("wagtailadmin_pages:set_page_position", args=[draft.pk])
    changes = [
        lambda: publish(page, title="Another title"),
        lambda: publish(page, slug="renamed"),
        lambda: publish(draft),
        lambda: admin_client.post(f"{position}?position=0"),
        lambda: page.move(target, "last-child"),
        lambda: PageViewRestriction.objects.create(page=page, restriction_type="login"),
        lambda: PageViewRestriction.objects.get().delete(),
        page.unpublish,
        draft.delete,
        lambda: AlertScope.objects.create(alert=alert, page=page),
        lambda: publish(alert, heading="Another heading"),
        alert.unpublish,
        alert.delete,
        settings.save,
        lambda: Redirect.objects.create(old_path="/old", redirect_link="/"),
    ]
    for number, change in enumerate(changes):
        change()
        assert rises(), number
    for factory in (wagtail_factories.ImageFactory, wagtail_factories.DocumentFactory):
        file = factory()
        rises()
        file.title = file.description = "A food bank"
        file.save()
        assert rises()


def test_version_stays_with_drafts_and_what_visitors_do_not_see(
    section, page, send_form, rises
):
    alert, draft = AlertFactory(), StandardPageFactory(parent=section, live=False)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    rises()
    send_form(address, button=None, title="A draft")
    assert page.revisions.latest("pk").content["title"] == "A draft"
    draft.title = "Still a draft"
    draft.save()
    alert.heading = "A draft"
    alert.save_revision()
    Group.objects.create(name="Editors of one section")
    assert not rises()


def test_version_stays_when_a_page_or_a_file_of_unknown_size_is_read(
    section, make_page, client, rises
):
    picture = wagtail_factories.ImageFactory()
    SiteSettings.for_site(Site.objects.get())
    for factory in PAGE_FACTORIES:
        page = make_page(factory, picture=picture)
        # Makes the picture, which comes with the upload otherwise.
        client.get(page.url)
        rises()
        assert Client().get(page.url).status_code == 200
        assert not rises()
    page = PolicyUpdatePageFactory(parent=section)
    document = wagtail_factories.DocumentFactory()
    LinkedDocument.objects.create(page_id=page.pk, document_id=document.pk)
    get_document_model().objects.update(file_size=None, file_hash="")
    PolicyDocument.objects.create(page=page, document=document)
    rises()
    for address in (page.url, document.url):
        assert client.get(address).status_code == 200
    assert not rises()


def test_version_is_rolled_back_with_its_transaction(page):
    before = get_content_version()
    with transaction.atomic():
        publish(page, title="Another title")
        assert get_content_version() > before
        transaction.set_rollback(True)
    assert get_content_version() == before
    assert StandardPage.objects.get(pk=page.pk).title != "Another title"


# Scheduled changes


def changes_after(at):
    """Return all scheduled changes after a time."""
    while at := get_next_scheduled_change(at):
        yield at


def test_start_and_end_of_alerts_consultations_and_pages_in_their_order(section):
    AlertFactory(starts_at=NOON - timedelta(days=1), ends_at=LATEST)
    StandardPageFactory(parent=section, expire_at=LATER)
    StandardPageFactory(parent=section, expire_at=LATER + SECOND)
    PolicyUpdatePageFactory(parent=section, adopted_on=date(2027, 3, 11))
    PolicyUpdatePageFactory(
        parent=section,
        consultation_opens_at=LATER + 2 * SECOND,
        consultation_closes_at=LATEST + SECOND,
    )
    AlertFactory(starts_at=LATER + 3 * SECOND, ends_at=LATEST)
    # Neither is a draft's.
    PolicyUpdatePageFactory(parent=section, adopted_on=date(2027, 7, 1), live=False)
    draft = StandardPageFactory(parent=section, live=False)
    draft.go_live_at = LATER
    draft.save_revision()
    assert list(changes_after(NOON)) == [
        *(LATER + number * SECOND for number in range(4)),
        datetime(2027, 3, 11, tzinfo=UTC),
        LATEST,
        LATEST + SECOND,
    ]


def test_scheduled_publication_until_its_job_had_two_minutes(section):
    with time_machine.travel(NOON, tick=False):
        page = StandardPageFactory(parent=section, live=False)
        page.go_live_at = LATER
        page.save_revision().publish()
    assert get_next_scheduled_change(NOON) == LATER
    # It is published as soon as the job gets to it, if the job runs at all.
    assert get_next_scheduled_change(LATER) == LATER + SECOND
    assert get_next_scheduled_change(LATER + timedelta(minutes=2)) is None


def test_each_date_of_a_policy_begins_at_midnight_in_london(section):
    midnights = {
        date(2027, 1, 5): datetime(2027, 1, 5, 0, tzinfo=UTC),
        # The clocks go forward on 28 March and back on 31 October.
        date(2027, 3, 28): datetime(2027, 3, 28, 0, tzinfo=UTC),
        date(2027, 3, 29): datetime(2027, 3, 28, 23, tzinfo=UTC),
        date(2027, 7, 1): datetime(2027, 6, 30, 23, tzinfo=UTC),
        date(2027, 10, 31): datetime(2027, 10, 30, 23, tzinfo=UTC),
    }
    days = dict(zip(POLICY_DATES, midnights, strict=True))
    PolicyUpdatePageFactory(parent=section, withdrawn_reason="Out of date", **days)
    assert [start_of_day(day) for day in midnights] == [*midnights.values()]
    before = midnights[date(2027, 1, 5)] - SECOND
    assert list(changes_after(before)) == list(midnights.values())


# How a process follows the version


@in_real_transactions
def test_version_is_not_followed_within_a_transaction():
    """A transaction may be rolled back."""
    tracker = ContentVersionTracker()
    before, _ = tracker.get(timezone.now())
    with transaction.atomic():
        bump_content_version()
        tracker.invalidate()
        assert tracker.get(timezone.now()) == (None, False)
    after, is_current = tracker.get(timezone.now())
    assert is_current
    assert after.version == before.version + 1


def test_failing_database_is_noticed_once(db, caplog):
    tracker = ContentVersionTracker()
    tracker.get(timezone.now())
    error = OperationalError("x")
    with patch("home.content_version.get_content_versions", side_effect=error):
        tracker.invalidate()
        tracker.get(timezone.now())
        _, is_current = tracker.get(timezone.now())
    assert not is_current
    assert caplog.text.count("The content version could not be read") == 1


@in_real_transactions
def test_visitors_after_a_quiet_hour_wait_for_what_is_true_now():
    tracker = ContentVersionTracker()
    before, _ = tracker.get(timezone.now())
    tracker._read_at -= 3600
    tracker._asked_at -= 3600
    bump_content_version()
    begun, go, answers = threading.Event(), threading.Event(), []

    def read_slowly():
        begun.set()
        go.wait(5)
        return before.version + 1, 0

    def visit():
        answers.append(tracker.get(timezone.now()))
        connection.close()

    with (
        patch("home.content_version.get_content_versions", read_slowly),
        # On a busy machine a reading may take its time.
        patch("home.content_version.WAIT", 30),
    ):
        visitors = [threading.Thread(target=visit) for _ in range(4)]
        visitors[0].start()
        begun.wait(5)
        for visitor in visitors[1:]:
            visitor.start()
        go.set()
        for visitor in visitors:
            visitor.join(30)
    assert [is_current for _, is_current in answers] == [True] * 4
    assert {state.version for state, _ in answers} == {before.version + 1}


def test_only_the_first_visitors_wait_for_a_database_that_hangs(db):
    tracker = ContentVersionTracker()
    # A reading of another thread that does not end.
    tracker._reading.acquire()
    with patch("home.content_version.WAIT", 0.01):
        assert tracker.get(timezone.now()) == (None, False)
    with patch.object(tracker, "_reading") as lock:
        lock.acquire.return_value = False
        assert tracker.get(timezone.now()) == (None, False)
    lock.acquire.assert_called_once_with(blocking=False)
