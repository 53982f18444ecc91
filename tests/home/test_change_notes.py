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


def test_note_is_shown_with_its_date_after_publishing(page, send_form, read):
    with time_machine.travel(DAY, tick=False):
        send_form(edit_address(page), change_note=NOTE)
    (item,) = read(page.url).select(".page-history__notes li")
    assert item.get_text(" ", strip=True) == f"4 March 2025 {NOTE}"
    assert item.time["datetime"].startswith("2025-03-04")


def test_first_and_last_publication_are_shown(section, send_form, read):
    with time_machine.travel(DAY, tick=False):
        page = PolicyUpdatePageFactory(parent=section, live=False)
        page.save_revision().publish()
    with time_machine.travel(DAY + timedelta(days=1), tick=False):
        send_form(edit_address(page), minor_edit="on")
    text = read(page.url).select_one(".page-history").get_text(" ", strip=True)
    assert "First published 4 March 2025" in text
    assert "Last updated 5 March 2025" in text


def test_minor_edit_makes_no_note(page, send_form, read):
    send_form(edit_address(page), title="Grant", minor_edit="on")
    assert read(page.url).h1.get_text() == "Grant"
    assert not ChangeNote.objects.exists()


@pytest.mark.parametrize("fields", [{"change_note": NOTE}, {"minor_edit": "on"}])
def test_next_edit_begins_with_an_empty_form(fields, page, send_form, admin_form):
    send_form(edit_address(page), **fields)
    form = admin_form(edit_address(page))
    assert form["change_note"] == ""
    assert "minor_edit" not in form


@pytest.mark.parametrize("note", ["", "   "])
def test_publishing_again_without_either_is_refused_and_keeps_what_was_typed(
    note, page, send_form
):
    response = send_form(edit_address(page), title="Typed", change_note=note)
    assert response.status_code == 200
    html = response.content.decode()
    assert QUESTION in html
    assert 'value="Typed"' in html
    page.refresh_from_db()
    assert page.title == "Grants"
    assert page.revisions.count() == 1


def test_saving_a_draft_needs_neither(page, send_form):
    response = send_form(edit_address(page), button=None, title="A draft")
    assert response.status_code == 302
    page.refresh_from_db()
    assert page.draft_title == "A draft"
    assert not ChangeNote.objects.exists()


def test_note_typed_in_a_draft_is_kept_until_it_is_published(
    page, send_form, admin_form, read
):
    send_form(edit_address(page), button=None, change_note=NOTE)
    assert NOTE not in read(page.url).get_text()
    assert admin_form(edit_address(page))["change_note"] == NOTE
    send_form(edit_address(page))
    assert NOTE in read(page.url).get_text()
    assert ChangeNote.objects.count() == 1


def test_first_publication_needs_neither(section, send_form, read):
    address = reverse(
        "wagtailadmin_pages:add", args=["home", "standardpage", section.pk]
    )
    response = send_form(address, title="New", slug="new")
    assert response.status_code == 302
    assert read(f"{section.url}new/").h1.get_text() == "New"
    assert not ChangeNote.objects.exists()


def test_page_published_again_after_being_taken_down_asks_again(page, send_form):
    page.unpublish()
    response = send_form(edit_address(page))
    assert QUESTION in response.content.decode()


def test_scheduled_publication_carries_its_note(page, send_form, read):
    with time_machine.travel(DAY, tick=False):
        send_form(
            edit_address(page),
            title="Grants for 2025",
            change_note=NOTE,
            go_live_at="2025-03-05 09:00",
        )
        call_command("publish_scheduled")
        assert NOTE not in read(page.url).get_text()
        assert not ChangeNote.objects.exists()
    with time_machine.travel(DAY + timedelta(hours=12), tick=False):
        call_command("publish_scheduled")
        call_command("publish_scheduled")
        html = read(page.url)
    assert html.h1.get_text() == "Grants for 2025"
    (item,) = html.select(".page-history__notes li")
    assert item.get_text(" ", strip=True) == f"5 March 2025 {NOTE}"


def test_note_is_made_once_for_a_revision_published_twice(page):
    page.change_note = NOTE
    revision = page.save_revision()
    revision.publish()
    revision.publish()
    assert ChangeNote.objects.count() == 1


def test_note_is_not_made_when_publishing_fails(page, monkeypatch, send_form):
    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("wagtail.models.PageLogEntry.objects.log_action", fail)
    with pytest.raises(ZeroDivisionError):
        send_form(edit_address(page), change_note=NOTE)
    assert not ChangeNote.objects.exists()


def test_copy_of_a_page_has_no_history_of_the_original(page, section, send_form):
    send_form(edit_address(page), change_note=NOTE)
    page.refresh_from_db()
    copy = page.copy(update_attrs={"slug": "copy"})
    assert not copy.change_notes.exists()
    assert page.change_notes.count() == 1


def test_script_in_a_note_is_shown_as_text(page, send_form, client):
    send_form(edit_address(page), change_note="<script>alert(1)</script>")
    html = client.get(page.url).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


@pytest.fixture
def publish_in_bulk(admin_client):
    def publish(*pages, **fields):
        ids = "&".join(f"id={page.pk}" for page in pages)
        address = reverse(
            "wagtail_bulk_action", args=["wagtailcore", "page", "publish"]
        )
        return admin_client.post(f"{address}?{ids}&next=/admin/", fields, follow=True)

    return publish


def test_publishing_in_bulk_needs_a_word_for_readers(page, section, publish_in_bulk):
    silent = StandardPageFactory(parent=section, title="Silent")
    silent.save_revision().publish()
    page.title, page.minor_edit = "Typed", True
    page.save_revision()
    silent.title = "Changed"
    silent.save_revision()
    response = publish_in_bulk(page, silent)
    reason = "because &#x27;Changed&#x27; does not say what changed"
    assert reason in response.content.decode()
    for each, title in ((page, "Grants"), (silent, "Silent")):
        each.refresh_from_db()
        assert each.title == title


def test_publishing_in_bulk_carries_the_notes(page, section, publish_in_bulk, read):
    page.title, page.change_note = "Grants for 2025", NOTE
    page.save_revision()
    new = StandardPageFactory(parent=section, live=False)
    publish_in_bulk(page, new)
    html = read(page.url)
    assert html.h1.get_text() == "Grants for 2025"
    assert NOTE in html.get_text()
    read(new.url)


def test_publishing_a_section_in_bulk_asks_for_what_comes_back_below(
    page, section, publish_in_bulk
):
    page.unpublish()
    section.minor_edit = True
    section.save_revision()
    new = StandardPageFactory(parent=section, live=False)
    response = publish_in_bulk(section, include_descendants="on")
    assert "&#x27;Grants&#x27; does not say" in response.content.decode()
    page.refresh_from_db()
    new.refresh_from_db()
    assert not page.live
    assert not new.live


def test_sending_a_page_for_approval_asks_what_changed(page, send_form):
    response = send_form(edit_address(page), button="action-submit", title="Typed")
    assert QUESTION in response.content.decode()
    page.refresh_from_db()
    assert page.current_workflow_state is None


def test_approval_publishes_the_note(page, send_form, admin_client, read):
    send_form(
        edit_address(page), button="action-submit", title="Typed", change_note=NOTE
    )
    page.refresh_from_db()
    assert NOTE not in read(page.url).get_text()
    task = page.current_workflow_state.current_task_state
    admin_client.post(
        reverse(
            "wagtailadmin_pages:workflow_action", args=[page.pk, "approve", task.pk]
        )
    )
    html = read(page.url)
    assert html.h1.get_text() == "Typed"
    (item,) = html.select(".page-history__notes li")
    assert NOTE in item.get_text()


def test_note_is_not_taken_out_while_the_page_waits_for_approval(
    page, send_form, admin_form
):
    send_form(
        edit_address(page), button="action-submit", title="Typed", change_note=NOTE
    )
    response = send_form(edit_address(page), button=None, change_note="")
    assert QUESTION in response.content.decode()
    assert admin_form(edit_address(page))["change_note"] == NOTE
    response = send_form(edit_address(page), button=None, change_note="Better words")
    assert response.status_code == 302
    assert admin_form(edit_address(page))["change_note"] == "Better words"
