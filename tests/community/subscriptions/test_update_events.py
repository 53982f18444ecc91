"""Who gets which update: queued when publishing, once, by the closest subscription."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction
from wagtail.signals import page_published

from community.models import Frequency, Subscriber, UpdateEvent
from community.subscriptions.services import MONDAY, next_digest
from home.page_tree.visibility import publish_scheduled
from tests.community.subscriptions.conftest import ANN, BOB
from tests.community.subscriptions.people import change, queued, subscribe, updates
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
)

CAT = "cat@example.org"


def make_private(page):
    PageViewRestriction.objects.create(page=page, restriction_type="login")


def test_subscribers_of_a_page_get_its_changes_once(policy):
    subscribe(ANN, policy)
    subscribe(BOB, policy, confirmed=False)
    stopped = subscribe(CAT, policy).subscriber
    Subscriber.objects.filter(pk=stopped.pk).update(suppressed_at=timezone.now())
    change(policy, minor_edit=True)
    change(policy, note="")
    assert not UpdateEvent.objects.exists()
    change(policy).publish()
    assert queued() == [(ANN, "changed", "Food plan")]
    event = UpdateEvent.objects.get()
    assert (event.text, event.page_id) == ("More bread.", policy.pk)
    assert event.path == f"/stronger-communities/{policy.slug}/"


def test_first_publication_goes_to_subscribers_above_and_of_all_policies(section, home):
    for email, page in ((ANN, section), (BOB, home), (CAT, None)):
        subscribe(email, page)
    PolicyUpdatePageFactory(
        parent=section, title="New", live=False
    ).save_revision().publish()
    expected = [(each, "published", "New") for each in (ANN, BOB, CAT)]
    assert queued() == expected
    # Not to those of all policies: it is none.
    PartnershipPageFactory(
        parent=section, title="Other", live=False
    ).save_revision().publish()
    others = [row for row in queued() if row not in expected]
    assert others == [(each, "published", "Other") for each in (ANN, BOB)]


def test_one_delivery_to_a_subscriber_of_the_page_its_section_and_all(policy, section):
    subscribe(ANN, None, Frequency.WEEKLY)
    subscribe(ANN, section, Frequency.DAILY)
    closest = subscribe(ANN, policy, Frequency.AT_ONCE)
    change(policy)
    [row] = updates()
    assert row.subscription == closest
    assert row.due_at == row.event.created_at


def test_change_and_deliveries_are_saved_together_or_not_at_all(policy):
    subscribe(ANN, policy)

    def fail(**kwargs):
        raise RuntimeError("a later receiver fails")

    page_published.connect(fail)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            change(policy, title="Another title")
    finally:
        page_published.disconnect(fail)
    policy.refresh_from_db()
    assert (policy.title, queued()) == ("Food plan", [])


def test_copies_and_aliases_are_not_queued(policy, section, admin_client):
    subscribe(ANN, section)
    alias = policy.create_alias(parent=section, update_slug="alias")
    address = reverse("wagtailadmin_pages:copy", args=[policy.pk])
    values = {
        "new_title": "Food plan again",
        "new_slug": "again",
        "new_parent_page": section.pk,
        "publish_copies": "on",
    }
    assert admin_client.post(address, values).status_code == 302
    assert section.get_children().live().filter(slug="again").exists()
    assert queued() == []
    change(policy)
    alias.unpublish()
    assert len(queued()) == 1


def test_moved_pages_are_not_queued_unless_they_become_private(policy, section, home):
    subscribe(ANN, policy)
    subscribe(BOB, section)
    other = CommunityIndexPageFactory(parent=home, title="Other")
    policy.move(other, pos="last-child")
    assert queued() == []
    policy.move(section, pos="last-child")
    make_private(other)
    policy.move(other, pos="last-child")
    expected = [(each, "withdrawn", "Food plan") for each in (ANN, BOB)]
    assert queued() == expected
    # What is private or a draft is not announced.
    change(policy)
    policy.unpublish()
    PolicyUpdatePageFactory(parent=section, live=False).delete()
    assert queued() == expected
    # A section is announced once.
    subscribe(CAT, home)
    section.refresh_from_db()
    section.move(other, pos="last-child")
    assert (CAT, "withdrawn", section.title) in queued()


# Withdrawals


def unpublish(page):
    page.unpublish()


def expire(page):
    at = timezone.now()
    type(page).objects.filter(pk=page.pk).update(expire_at=at)
    publish_scheduled(at + timedelta(seconds=1))


def delete(page):
    page.delete()


def delete_as_bulk_actions_do(page):
    Page.objects.get(pk=page.pk).delete()


WAYS = [unpublish, expire, delete, delete_as_bulk_actions_do, make_private]
way = pytest.mark.parametrize("withdraw", WAYS, ids=lambda each: each.__name__)


@way
def test_withdrawal_is_queued_once(withdraw, policy, section):
    for email, page in ((ANN, policy), (BOB, section), (CAT, None)):
        subscribe(email, page)
    withdraw(policy)
    expected = [(each, "withdrawn", "Food plan") for each in (ANN, BOB, CAT)]
    assert queued() == expected
    for page in Page.objects.filter(pk=policy.pk):
        page.specific.unpublish()
        page.delete()
    assert queued() == expected


@way
def test_withdrawn_section_is_queued_once_and_not_for_each_page(
    withdraw, policy, section, home
):
    subscribe(ANN, home)
    subscribe(BOB, policy)
    PartnershipPageFactory(parent=section)
    withdraw(section)
    rows = [(ANN, "withdrawn", section.title)]
    if withdraw not in (unpublish, expire):
        # Else what is below stays.
        rows.append((BOB, "withdrawn", "Food plan"))
    assert queued() == rows


# When


@pytest.mark.parametrize(
    ("at", "morning", "monday"),
    [
        # 2027-01-04 is a Monday; in winter London's clock is UTC.
        ((2027, 1, 4, 7, 59), (2027, 1, 4, 8), (2027, 1, 4, 8)),
        ((2027, 1, 4, 8, 0), (2027, 1, 5, 8), (2027, 1, 11, 8)),
        # The clocks go forward on Sunday 28 March and back on Sunday 31 October 2027.
        ((2027, 3, 27, 12, 0), (2027, 3, 28, 7), (2027, 3, 29, 7)),
        ((2027, 10, 30, 12, 0), (2027, 10, 31, 8), (2027, 11, 1, 8)),
        # By the council's clock it is Monday already.
        ((2027, 7, 4, 23, 30), (2027, 7, 5, 7), (2027, 7, 5, 7)),
    ],
)
def test_digests_are_due_at_eight_by_the_councils_clock(at, morning, monday):
    now = datetime(*at, tzinfo=UTC)
    assert next_digest(now) == datetime(*morning, tzinfo=UTC)
    assert next_digest(now, MONDAY) == datetime(*monday, tzinfo=UTC)


def test_deliveries_are_due_by_frequency_and_cost_no_more_queries(policy):
    counts = []
    for number, frequencies in enumerate((Frequency, [Frequency.AT_ONCE] * 30)):
        for each, frequency in enumerate(frequencies):
            subscribe(f"{number}.{each}@example.org", policy, frequency)
        change(policy, "The first note, as later ones ask about it.")
        with CaptureQueriesContext(connection) as captured:
            change(policy, f"Note {number}.")
        counts.append(len(captured))
        if number == 0:
            at = UpdateEvent.objects.latest("pk").created_at
            due = [row.due_at for row in updates() if row.event.created_at == at]
            assert due == [at, next_digest(at), next_digest(at, MONDAY)]
    assert counts[0] == counts[1]
