"""Editors see which pages are due for review, and can export the list."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from wagtail.models import Page

from home.editorial.models import PageReview
from tests.home.editorial.conftest import TODAY

DAY = timedelta(days=1)


@pytest.fixture
def listed(home, section, ask):
    """Return a function that gives the titles in the queue."""
    PageReview.objects.filter(pk__in=[home.pk, section.pk]).update(
        owner_email="team@example.gov.uk"
    )
    with time_machine.travel(f"{TODAY} 12:00Z", tick=False):
        yield lambda *args, **query: [row[0] for row in ask("reviews", *args, **query)]


@pytest.fixture
def pages(make_reviewed):
    return [
        make_reviewed(TODAY + DAY, title="Soon"),
        make_reviewed(TODAY - DAY, title="Overdue"),
        make_reviewed(TODAY, title="Today"),
        make_reviewed(None, title="Undated"),
        make_reviewed(TODAY + 99 * DAY, email="", title="Ownerless"),
        make_reviewed(TODAY + 99 * DAY, title="Later"),
        make_reviewed(TODAY, title="Draft", live=False),
    ]


def test_queue_lists_what_needs_attention_the_oldest_first(pages, listed, home):
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


def test_each_row_leads_to_the_editor(pages, listed, admin_client, admin_user):
    admin_client.force_login(admin_user)
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
