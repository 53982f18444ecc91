"""Every page has a date by which someone reviews it."""

from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from home.content.dates import months_after
from home.editorial.reviews.models import PageReview, ReviewState, counts_for, queue_url
from tests.factories import PAGE_FACTORIES, StandardPageFactory
from tests.home.editorial.conftest import TODAY

DAY = timedelta(days=1)
QUESTION = "Enter the date when someone should check"


@pytest.mark.parametrize("factory", PAGE_FACTORIES)
def test_every_kind_of_page_is_reviewed(factory, make_page, review_of):
    page = make_page(factory, review_on=TODAY, owner_email="Ann@Example.gov.uk")
    review = review_of(page)
    assert (review.review_on, review.owner_email) == (TODAY, "ann@example.gov.uk")


def test_a_draft_changes_nothing_until_it_is_published(make_reviewed, review_of):
    page = make_reviewed()
    page.review_on = TODAY + DAY
    revision = page.save_revision()
    assert review_of(page).review_on == TODAY
    revision.publish()
    assert review_of(page).review_on == TODAY + DAY


def test_a_copy_has_a_review_of_its_own_and_a_move_keeps_it(
    make_reviewed, review_of, home
):
    page = make_reviewed()
    copy = page.copy(update_attrs={"slug": "copy"})
    Page.objects.get(pk=page.pk).specific.move(home, pos="last-child")
    assert review_of(copy).review_on == review_of(page).review_on == TODAY


def test_a_deleted_page_leaves_no_review(make_reviewed, section):
    make_reviewed()
    Page.objects.get(pk=section.pk).specific.delete()
    assert not PageReview.objects.exclude(page__depth=2).exists()


@pytest.mark.parametrize(
    "values",
    [
        {"live": False},
        {"expire_at": timezone.now() - DAY},
    ],
)
def test_a_page_that_readers_do_not_see_needs_no_review(values, make_reviewed):
    page = make_reviewed()
    in_force = PageReview.objects.on_live_pages(timezone.now())
    assert in_force.filter(pk=page.pk).exists()
    Page.objects.filter(pk=page.pk).update(**values)
    assert not in_force.filter(pk=page.pk).exists()


def test_an_alias_is_reviewed_with_its_original(make_reviewed, home):
    page = make_reviewed()
    alias = page.create_alias(parent=home)
    reviews = PageReview.objects.on_live_pages(timezone.now())
    assert {page.pk, alias.pk}.intersection(reviews.values_list("pk", flat=True)) == {
        page.pk
    }


@pytest.mark.parametrize(
    ("days", "states", "label"),
    [
        (-2, {ReviewState.DUE, ReviewState.OVERDUE}, "Overdue by 2 days"),
        (-1, {ReviewState.DUE, ReviewState.OVERDUE}, "Overdue by 1 day"),
        (0, {ReviewState.DUE}, "Due today"),
        (1, {ReviewState.SOON}, "Due in 1 day"),
        (28, {ReviewState.SOON}, "Due in 28 days"),
        (29, set(), "Due in 29 days"),
        (None, {ReviewState.UNDATED}, "No review date"),
    ],
)
def test_status_of_a_review(days, states, label, make_reviewed, admin_user):
    page = make_reviewed(None if days is None else TODAY + days * DAY)
    PageReview.objects.exclude(pk=page.pk).delete()
    review = PageReview.objects.get()
    assert review.status_label(TODAY) == label
    counts = counts_for(admin_user, TODAY)
    assert {state for state, count in counts.items() if count} == states
    assert PageReview.objects.needing_attention(TODAY).exists() == bool(states)
    due = PageReview.objects.due_for_review(TODAY)
    assert due.exists() == (ReviewState.DUE in states)


def test_counts_are_one_query_and_lead_to_the_list(
    make_reviewed, admin_user, admin_client, django_assert_num_queries
):
    make_reviewed(email="")
    with django_assert_num_queries(1):
        assert counts_for(admin_user, TODAY)[ReviewState.DUE] == 1
    with time_machine.travel("2026-03-03 12:00Z", tick=False):
        admin_client.force_login(admin_user)
        assert admin_client.get(queue_url(ReviewState.DUE)).status_code == 200


def test_counts_are_of_pages_that_an_editor_may_edit(
    make_reviewed, editor, may, section
):
    make_reviewed()
    assert not any(counts_for(editor.user, TODAY).values())
    assert not any(counts_for(AnonymousUser(), TODAY).values())
    may(section, "change")
    user = type(editor.user).objects.get(pk=editor.user.pk)
    assert counts_for(user, TODAY)[ReviewState.DUE] == 1


def test_publishing_without_a_review_date_is_refused(section, send_form):
    page = StandardPageFactory(parent=section, review_on=None)
    page.save_revision().publish()
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    response = send_form(address, title="Typed", minor_edit="on")
    assert QUESTION in response.content.decode()
    assert 'value="Typed"' in response.content.decode()
    assert send_form(address, button=None, title="Draft").status_code == 302
    response = send_form(address, minor_edit="on", review_on="03/03/2027")
    assert response.status_code == 302
    page.refresh_from_db()
    assert page.review_on == date(2027, 3, 3)


def test_a_date_that_cannot_be_read_has_one_error(section, send_form):
    page = StandardPageFactory(parent=section)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    html = send_form(address, minor_edit="on", review_on="soon").content.decode()
    assert QUESTION not in html


def test_a_new_page_is_to_be_reviewed_in_a_year(section, admin_form):
    address = reverse(
        "wagtailadmin_pages:add", args=["home", "standardpage", section.pk]
    )
    today = timezone.localdate()
    assert admin_form(address)["review_on"] == f"{months_after(today, 12):%d/%m/%Y}"


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
        (date(2026, 7, 15), 6, date(2027, 1, 15)),
    ],
)
def test_months_are_counted_by_the_calendar(day, months, expected):
    assert months_after(day, months) == expected
