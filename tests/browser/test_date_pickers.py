"""Date pickers of the admin do not get in the way of those who use the keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ADMIN
from tests.browser.office import PARTNERSHIP


@pytest.fixture
def editor(browser, office):
    """Return a page that is signed in as a communications lead."""
    context = browser.new_context(base_url=office.address, viewport=ADMIN)
    session = office.sessions["communications-lead"]
    cookie = {"name": "sessionid", "value": session, "url": office.address}
    context.add_cookies([cookie])
    yield context.new_page()
    context.close()


@pytest.fixture
def pickers(editor):
    return editor.locator(".xdsoft_datetimepicker").filter(visible=True)


def test_escape_closes_the_picker_and_the_field_stays(editor, pickers):
    editor.goto("/admin/snippets/community/alertsnippet/add/")
    field = editor.locator("#id_ends_at")
    field.click()
    expect(pickers).to_have_count(1)
    field.press("Escape")
    expect(pickers).to_have_count(0)
    expect(field).to_be_focused()


def test_picker_of_a_field_that_was_passed_by_does_not_open(editor, pickers):
    editor.goto("/admin/snippets/community/alertsnippet/add/")
    # Quicker than the picker, which waits for a tenth of a second.
    editor.evaluate(
        """() => {
          document.querySelector("#id_ends_at").focus();
          document.querySelector("#id_heading").focus();
        }"""
    )
    editor.wait_for_timeout(600)
    expect(pickers).to_have_count(0)


def test_escape_closes_the_picker_before_the_schedule(editor, pickers):
    editor.goto(f"/admin/pages/{PARTNERSHIP}/edit/")
    editor.get_by_role("button", name="Toggle status").click()
    editor.get_by_role("button", name="Set schedule").or_(
        editor.get_by_role("button", name="Edit schedule")
    ).click()
    dialog = editor.get_by_role("dialog").filter(visible=True)
    field = dialog.locator("input[name=go_live_at]")
    field.click()
    expect(pickers).to_have_count(1)
    field.press("Escape")
    expect(pickers).to_have_count(0)
    expect(dialog).to_be_visible()
    field.press("Escape")
    expect(dialog).to_be_hidden()
