"""Every page has a date by which someone reviews it; editors see what is due."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from home.content.dates import months_after
from home.editorial.models import PageReview
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


def test_publishing_without_a_review_date_is_refused(section, send_form, admin_form):
    page = StandardPageFactory(parent=section, review_on=None)
    page.save_revision().publish()
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    html = send_form(address, title="Typed", minor_edit="on").content.decode()
    assert QUESTION in html
    assert 'value="Typed"' in html
    html = send_form(address, minor_edit="on", review_on="soon").content.decode()
    assert QUESTION not in html
    assert send_form(address, button=None, title="Draft").status_code == 302
    send_form(address, minor_edit="on", review_on="03/03/2027")
    page.refresh_from_db()
    assert page.review_on == date(2027, 3, 3)
    # A new page is to be reviewed in a year.
    parts = ["home", "standardpage", section.pk]
    form = admin_form(reverse("wagtailadmin_pages:add", args=parts))
    assert form["review_on"] == f"{months_after(timezone.localdate(), 12):%d/%m/%Y}"


# The review queue


@pytest.fixture
def listed(home, section, ask):
    """Return a function that gives the titles in the queue."""
    PageReview.objects.filter(pk__in=[home.pk, section.pk]).update(
        owner_email="team@example.gov.uk"
    )
    with time_machine.travel(f"{TODAY} 12:00Z", tick=False):
        yield lambda *args, **query: [row[0] for row in ask("reviews", *args, **query)]


@pytest.fixture
def pages(make_reviewed, home):
    expired = make_reviewed(TODAY, title="Expired")
    Page.objects.filter(pk=expired.pk).update(expire_at="2026-03-03 11:00Z")
    pages = [
        make_reviewed(TODAY + 28 * DAY, title="Soon"),
        make_reviewed(TODAY - DAY, title="Overdue"),
        make_reviewed(TODAY, title="Today"),
        make_reviewed(None, title="Undated"),
        make_reviewed(TODAY + 99 * DAY, email="", title="Ownerless"),
        make_reviewed(TODAY + 29 * DAY, title="Later"),
        make_reviewed(TODAY, title="Draft", live=False),
    ]
    pages[0].create_alias(parent=home)
    return pages


def test_queue_lists_what_needs_attention_the_oldest_first(
    pages, listed, home, ask, admin_client
):
    assert listed() == ["Overdue", "Today", "Soon", "Ownerless", "Undated"]
    assert listed(state="due") == ["Overdue", "Today"]
    assert listed(state="overdue") == ["Overdue"]
    assert listed(state="soon") == ["Soon"]
    assert listed(state="undated") == ["Undated"]
    assert listed(state="ownerless") == ["Ownerless"]
    titles = listed(state="all")
    assert {"Later", home.title}.issubset(titles)
    assert "Draft" not in titles
    assert titles[-1] == "Undated"
    assert listed(state="all", ordering="-review_on")[-1] == "Undated"
    assert listed(ordering="-page__title")[0] == "Undated"
    assert [row[2] for row in ask("reviews")] == [
        *("Overdue by 1 day", "Due today", "Due in 28 days"),
        *("Due in 99 days", "No review date"),
    ]
    html = admin_client.get(reverse("reviews_report")).content.decode()
    assert reverse("wagtailadmin_pages:edit", args=[pages[0].pk]) in html
    assert "6 months until the next review of Overdue" in html


def test_an_author_sees_own_pages_only(make_reviewed, section, listed, editor, may):
    own = make_reviewed(title="Own")
    make_reviewed(title="Someone else's")
    Page.objects.filter(pk=own.pk).update(owner=editor.user)
    may(section, "add")
    editor.force_login(editor.user)
    assert listed(editor) == ["Own"]


def test_export_has_all_columns(pages, listed, export, admin_client, admin_user):
    admin_client.force_login(admin_user)
    assert export("reviews", state="overdue") == [
        {
            "Page": "Overdue",
            "Web address": pages[1].full_url,
            "Page type": "Standard page",
            "Next review": "2026-03-02",
            "Status": "Overdue by 1 day",
            "Content owner": "Ann",
            "Content owner email address": "ann@example.gov.uk",
        }
    ]
