"""Every page has a date by which someone reviews it."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from home.content.dates import months_after
from home.editorial.models import PageReview, ReviewState
from tests.factories import PAGE_FACTORIES, StandardPageFactory
from tests.home.editorial.conftest import TODAY

DAY = timedelta(days=1)
QUESTION = "Enter the date when someone should check"


def test_every_kind_of_page_is_reviewed(make_page, review_of):
    for factory in PAGE_FACTORIES:
        page = make_page(factory, review_on=TODAY, owner_email="Ann@Example.gov.uk")
        review = review_of(page)
        assert (review.review_on, review.owner_email) == (TODAY, "ann@example.gov.uk")


def test_a_review_follows_the_published_page(make_reviewed, review_of, section, home):
    page = make_reviewed()
    page.review_on = TODAY + DAY
    revision = page.save_revision()
    assert review_of(page).review_on == TODAY
    revision.publish()
    assert review_of(page).review_on == TODAY + DAY
    copy = page.copy(update_attrs={"slug": "copy"})
    Page.objects.get(pk=page.pk).specific.move(home, pos="last-child")
    assert review_of(copy).review_on == review_of(page).review_on == TODAY + DAY
    Page.objects.get(pk=section.pk).specific.delete()
    assert not PageReview.objects.filter(pk=copy.pk).exists()


def test_only_originals_that_readers_see_are_reviewed(make_reviewed, home):
    page, unpublished, expired = (make_reviewed() for _ in range(3))
    alias = page.create_alias(parent=home)
    Page.objects.filter(pk=unpublished.pk).update(live=False)
    Page.objects.filter(pk=expired.pk).update(expire_at=timezone.now() - DAY)
    reviews = PageReview.objects.on_live_pages(timezone.now())
    listed = reviews.filter(page__in=[page, unpublished, expired, alias])
    assert [review.pk for review in listed] == [page.pk]


def test_status_of_a_review(make_reviewed):
    reviews = PageReview.objects.filter(pk=make_reviewed().pk)
    for days, states, label in (
        (-2, {ReviewState.DUE, ReviewState.OVERDUE}, "Overdue by 2 days"),
        (-1, {ReviewState.DUE, ReviewState.OVERDUE}, "Overdue by 1 day"),
        (0, {ReviewState.DUE}, "Due today"),
        (1, {ReviewState.SOON}, "Due in 1 day"),
        (28, {ReviewState.SOON}, "Due in 28 days"),
        (29, set(), "Due in 29 days"),
        (None, {ReviewState.UNDATED}, "No review date"),
    ):
        reviews.update(review_on=None if days is None else TODAY + days * DAY)
        assert reviews.get().status_label(TODAY) == label
        found = {s for s in ReviewState if reviews.filter(s.as_filter(TODAY)).exists()}
        assert found == states
        assert reviews.needing_attention(TODAY).exists() == bool(states)


def test_publishing_without_a_review_date_is_refused(section, send_form):
    page = StandardPageFactory(parent=section, review_on=None)
    page.save_revision().publish()
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    response = send_form(address, title="Typed", minor_edit="on")
    assert QUESTION in response.content.decode()
    assert 'value="Typed"' in response.content.decode()
    html = send_form(address, minor_edit="on", review_on="soon").content.decode()
    assert QUESTION not in html
    assert send_form(address, button=None, title="Draft").status_code == 302
    response = send_form(address, minor_edit="on", review_on="03/03/2027")
    assert response.status_code == 302
    page.refresh_from_db()
    assert page.review_on == date(2027, 3, 3)


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
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_months_are_counted_by_the_calendar(day, months, expected):
    assert months_after(day, months) == expected
