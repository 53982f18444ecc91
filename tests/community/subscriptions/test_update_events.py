"""Who is told of what: in the publishing transaction, once, by the closest wish."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction
from wagtail.signals import page_published

from community.models import Delivery, Frequency, Notice, Subscriber
from community.subscriptions.outbox import next_monday, next_morning
from home.page_tree.scheduled_publishing import publish_scheduled
from tests.community.subscriptions.people import change, follow, published_policy, told
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
)

ANN, BOB, CAT = "ann@example.org", "bob@example.org", "cat@example.org"


@pytest.fixture
def policy(section):
    """Return a policy that was published long ago, of which nobody was told."""
    return published_policy(section)


def test_followers_of_a_page_read_what_has_changed(policy):
    follow(ANN, policy)
    change(policy)
    assert told() == [(ANN, "changed", "Food plan")]
    notice = Notice.objects.get()
    assert (notice.text, notice.page_id) == ("More bread.", policy.pk)
    assert notice.path == "/stronger-communities/" + policy.slug + "/"


def test_first_publication_is_told_to_those_above_and_of_all_policies(section, home):
    for email, page in ((ANN, section), (BOB, home), (CAT, None)):
        follow(email, page)
    page = PolicyUpdatePageFactory(parent=section, title="New", live=False)
    page.save_revision().publish()
    assert told() == [(each, "published", "New") for each in (ANN, BOB, CAT)]


def test_all_policy_updates_are_not_about_other_pages(section):
    follow(ANN, None)
    page = PartnershipPageFactory(parent=section, live=False)
    page.save_revision().publish()
    assert told() == []


def test_one_row_for_whoever_follows_the_page_its_section_and_all(policy, section):
    follow(ANN, None, Frequency.WEEKLY)
    follow(ANN, section, Frequency.DAILY)
    closest = follow(ANN, policy, Frequency.AT_ONCE)
    change(policy)
    [row] = Delivery.objects.all()
    assert row.subscription == closest
    assert row.due_at == row.notice.created_at


@pytest.mark.parametrize(
    "values", [{"minor_edit": True}, {"note": ""}], ids=["minor edit", "no note"]
)
def test_nobody_is_told_of_what_readers_need_not_know(policy, values):
    follow(ANN, policy)
    change(policy, **values)
    assert not Notice.objects.exists()


def test_only_those_who_confirmed_and_were_not_stopped_are_told(policy):
    follow(ANN, policy, confirmed=False)
    stopped = follow(BOB, policy).subscriber
    Subscriber.objects.filter(pk=stopped.pk).update(suppressed_at=timezone.now())
    change(policy)
    assert told() == []


def test_same_version_published_twice_is_told_once(policy):
    follow(ANN, policy)
    change(policy).publish()
    assert len(told()) == 1


def test_change_and_rows_are_kept_together_or_not_at_all(policy):
    follow(ANN, policy)

    def fail(**kwargs):
        raise RuntimeError("the last to hear of it fails")

    page_published.connect(fail)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            change(policy, title="Another title")
    finally:
        page_published.disconnect(fail)
    policy.refresh_from_db()
    assert (policy.title, told()) == ("Food plan", [])


def test_publishing_opens_the_transaction_itself(policy, monkeypatch):
    """Nobody need remember to: the signal comes within one of Wagtail's callers."""
    seen = []

    def look(instance, **kwargs):
        seen.append(len(transaction.get_connection().savepoint_ids))

    page_published.connect(look)
    try:
        before = len(transaction.get_connection().savepoint_ids)
        change(policy)
    finally:
        page_published.disconnect(look)
    assert seen[0] > before


def test_private_pages_tell_nobody(policy, section):
    follow(ANN, policy)
    PageViewRestriction.objects.create(page=section, restriction_type="login")
    Notice.objects.all().delete()
    change(policy)
    assert not Notice.objects.exists()


def test_copies_and_aliases_tell_nobody(policy, section):
    follow(ANN, section)
    policy.copy(to=section, update_attrs={"slug": "copy"}, keep_live=True)
    alias = policy.create_alias(parent=section, update_slug="alias")
    assert told() == []
    change(policy)
    assert len(told()) == 1
    alias.unpublish()
    assert len(told()) == 1


def test_copies_that_an_officer_publishes_at_once_tell_nobody(
    policy, section, admin_client
):
    follow(ANN, section)
    address = reverse("wagtailadmin_pages:copy", args=[policy.pk])
    values = {
        "new_title": "Food plan again",
        "new_slug": "again",
        "new_parent_page": section.pk,
        "publish_copies": "on",
    }
    assert admin_client.post(address, values).status_code == 302
    assert section.get_children().live().filter(slug="again").exists()
    assert told() == []


def test_section_that_is_moved_below_a_private_one_is_told_once(policy, section, home):
    private = CommunityIndexPageFactory(parent=home, title="Private")
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    follow(ANN, home)
    section.refresh_from_db()
    section.move(private, pos="last-child")
    assert told() == [(ANN, "withdrawn", section.title)]


def test_moved_pages_tell_nobody_unless_they_become_private(policy, section, home):
    follow(ANN, policy)
    follow(BOB, section)
    other = CommunityIndexPageFactory(parent=home, title="Other")
    policy.move(other, pos="last-child")
    assert told() == []
    policy.move(section, pos="last-child")
    PageViewRestriction.objects.create(page=other, restriction_type="login")
    policy.move(other, pos="last-child")
    assert told() == [(each, "withdrawn", "Food plan") for each in (ANN, BOB)]


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


def make_private(page):
    PageViewRestriction.objects.create(page=page, restriction_type="login")


WAYS = [unpublish, expire, delete, delete_as_bulk_actions_do, make_private]
way = pytest.mark.parametrize("withdraw", WAYS, ids=lambda each: each.__name__)


@way
def test_withdrawal_is_told_once(withdraw, policy, section):
    for email, page in ((ANN, policy), (BOB, section), (CAT, None)):
        follow(email, page)
    withdraw(policy)
    expected = [(each, "withdrawn", "Food plan") for each in (ANN, BOB, CAT)]
    assert told() == expected
    for page in Page.objects.filter(pk=policy.pk):
        page.specific.unpublish()
        page.delete()
    assert told() == expected


@way
def test_section_that_goes_is_told_once_and_not_for_each_page(
    withdraw, policy, section, home
):
    follow(ANN, home)
    follow(BOB, policy)
    for _ in range(3):
        PartnershipPageFactory(parent=section)
    withdraw(section)
    rows = [(ANN, "withdrawn", section.title)]
    if withdraw not in (unpublish, expire):
        # Else what is below stays.
        rows.append((BOB, "withdrawn", "Food plan"))
    assert told() == rows


def test_draft_or_private_page_that_goes_tells_nobody(policy, section):
    follow(ANN, section)
    draft = PolicyUpdatePageFactory(parent=section, live=False)
    draft.delete()
    make_private(policy)
    Notice.objects.all().delete()
    PageViewRestriction.objects.create(page=section, restriction_type="login")
    Notice.objects.filter(title=section.title).delete()
    policy.unpublish()
    assert told() == []


# When


@pytest.mark.parametrize(
    ("at", "morning", "monday"),
    [
        # 2027-01-04 is a Monday; in winter London's clock is UTC.
        ((2027, 1, 4, 7, 59), (2027, 1, 4, 8), (2027, 1, 4, 8)),
        ((2027, 1, 4, 8, 0), (2027, 1, 5, 8), (2027, 1, 11, 8)),
        ((2027, 1, 10, 23, 30), (2027, 1, 11, 8), (2027, 1, 11, 8)),
        # The clocks go forward on Sunday 28 March and back on Sunday 31 October 2027.
        ((2027, 3, 27, 12, 0), (2027, 3, 28, 7), (2027, 3, 29, 7)),
        ((2027, 10, 30, 12, 0), (2027, 10, 31, 8), (2027, 11, 1, 8)),
        # By the council's clock it is Monday already.
        ((2027, 7, 4, 23, 30), (2027, 7, 5, 7), (2027, 7, 5, 7)),
    ],
)
def test_digests_are_due_at_eight_by_the_councils_clock(at, morning, monday):
    moment = datetime(*at, tzinfo=UTC)
    assert next_morning(moment) == datetime(*morning, tzinfo=UTC)
    assert next_monday(moment) == datetime(*monday, tzinfo=UTC)


def test_rows_are_due_as_people_wish(policy):
    for email, frequency in zip((ANN, BOB, CAT), Frequency, strict=True):
        follow(email, policy, frequency)
    change(policy)
    at = Notice.objects.get().created_at
    rows = Delivery.objects.order_by("subscriber__email")
    assert [row.due_at for row in rows] == [at, next_morning(at), next_monday(at)]


def test_number_of_statements_does_not_grow_with_the_people(policy):
    follow(ANN, policy)
    change(policy, "The first note, as later ones ask about it.")
    counts = []
    for people in (0, 30):
        for each in range(people):
            follow(f"p{each}@example.org", policy)
        with CaptureQueriesContext(connection) as captured:
            change(policy, f"A note for {people}.")
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert Delivery.objects.count() == 1 + 1 + 31
