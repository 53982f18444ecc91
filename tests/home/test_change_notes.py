from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from home.models import ChangeNote
from tests.factories import PolicyUpdatePageFactory, StandardPageFactory

# In the past, so that the officer's session has not ended.
DAY = datetime(2025, 3, 4, 23, 30, tzinfo=ZoneInfo("Europe/London"))
NOTE = "Added the new opening hours"
QUESTION = "Say what changed for readers"


@pytest.fixture
def page(section):
    page = StandardPageFactory(parent=section, title="Grants")
    page.save_revision().publish()
    page.refresh_from_db()
    return page


def edit_address(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def notes_on(html):
    items = html.select(".page-history__notes li")
    return [item.get_text(" ", strip=True) for item in items]


def test_publication_is_shown_with_its_date_and_note(section, send_form, read):
    with time_machine.travel(DAY, tick=False):
        page = PolicyUpdatePageFactory(parent=section, live=False)
        page.save_revision().publish()
    note = f"<script>alert(1)</script> {NOTE}"
    with time_machine.travel(DAY + timedelta(days=1), tick=False):
        send_form(edit_address(page), change_note=note)
    html = read(page.url)
    text = html.select_one(".page-history").get_text(" ", strip=True)
    assert "First published 4 March 2025" in text
    assert "Last updated 5 March 2025" in text
    assert notes_on(html) == [f"5 March 2025 {note}"]
    time = html.select_one(".page-history__notes time")
    assert time["datetime"].startswith("2025-03-05")
    copy = page.copy(update_attrs={"slug": "copy"})
    assert not copy.change_notes.exists()
    # Made once for a revision that is published twice.
    page.get_latest_revision().publish()
    assert page.change_notes.count() == 1


def test_next_edit_begins_with_an_empty_form(page, send_form, admin_form, read):
    for fields in ({"minor_edit": "on"}, {"change_note": NOTE}):
        send_form(edit_address(page), title=str(fields), **fields)
        assert read(page.url).h1.get_text() == str(fields)
        assert ChangeNote.objects.exists() == ("change_note" in fields)
        form = admin_form(edit_address(page))
        assert form["change_note"] == ""
        assert "minor_edit" not in form


def test_publishing_again_without_either_is_refused_and_loses_nothing(page, send_form):
    count = page.revisions.count()
    for button in ("action-publish", "action-submit"):
        typed = {"title": "Typed", "change_note": "   "}
        response = send_form(edit_address(page), button=button, **typed)
        assert response.status_code == 200
        html = response.content.decode()
        assert QUESTION in html
        assert 'value="Typed"' in html
        page.refresh_from_db()
        assert page.title == "Grants"
        assert page.revisions.count() == count
        assert page.current_workflow_state is None


def test_draft_needs_neither_and_its_note_waits_to_be_published(
    page, send_form, admin_form, read
):
    address = edit_address(page)
    assert send_form(address, button=None, title="A draft").status_code == 302
    page.refresh_from_db()
    assert page.draft_title == "A draft"
    send_form(address, button=None, change_note=NOTE)
    assert notes_on(read(page.url)) == []
    assert admin_form(address)["change_note"] == NOTE
    send_form(address)
    (note,) = notes_on(read(page.url))
    assert NOTE in note


def test_scheduled_publication_carries_its_note(page, send_form, read):
    with time_machine.travel(DAY, tick=False):
        send_form(
            edit_address(page),
            title="Grants for 2025",
            change_note=NOTE,
            go_live_at="2025-03-05 09:00",
        )
        call_command("publish_scheduled")
        assert notes_on(read(page.url)) == []
    with time_machine.travel(DAY + timedelta(hours=12), tick=False):
        call_command("publish_scheduled")
        call_command("publish_scheduled")
        html = read(page.url)
    assert html.h1.get_text() == "Grants for 2025"
    assert notes_on(html) == [f"5 March 2025 {NOTE}"]


def test_publishing_in_bulk_asks_what_changed_also_below_and_carries_the_notes(
    page, section, admin_client, read
):
    def publish_in_bulk(*pages, **fields):
        ids = "&".join(f"id={page.pk}" for page in pages)
        names = ["wagtailcore", "page", "publish"]
        address = reverse("wagtail_bulk_action", args=names)
        return admin_client.post(f"{address}?{ids}&next=/admin/", fields, follow=True)

    page.unpublish()
    section.title, section.minor_edit = "Typed", True
    section.save_revision()
    new = StandardPageFactory(parent=section, live=False)
    for fields in ({}, {"include_descendants": "on"}):
        chosen = [section] if fields else [section, page]
        html = publish_in_bulk(*chosen, **fields).content.decode()
        assert "&#x27;Grants&#x27; cannot be published yet" in html
        assert QUESTION in html
        for each, is_live in ((section, True), (page, False), (new, False)):
            each.refresh_from_db()
            assert each.live is is_live
        assert section.title != "Typed"
    page.title, page.change_note = "Grants for 2025", NOTE
    page.save_revision()
    publish_in_bulk(page, new)
    html = read(page.url)
    assert html.h1.get_text() == "Grants for 2025"
    assert len(notes_on(html)) == 1
    read(new.url)


def test_approval_publishes_the_note_which_nobody_takes_out_meanwhile(
    page, send_form, admin_form, admin_client, read
):
    address = edit_address(page)
    send_form(address, button="action-submit", title="Typed", change_note=NOTE)
    response = send_form(address, button=None, change_note="")
    assert QUESTION in response.content.decode()
    assert admin_form(address)["change_note"] == NOTE
    response = send_form(address, button=None, change_note="Better words")
    assert response.status_code == 302
    assert notes_on(read(page.url)) == []
    page.refresh_from_db()
    task = page.current_workflow_state.current_task_state
    names = [page.pk, "approve", task.pk]
    admin_client.post(reverse("wagtailadmin_pages:workflow_action", args=names))
    html = read(page.url)
    assert html.h1.get_text() == "Typed"
    (note,) = notes_on(html)
    assert "Better words" in note
