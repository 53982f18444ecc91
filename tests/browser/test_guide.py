"""Each task of docs/editors.md, done by typing and clicking as the guide tells it."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import ADMIN
from tests.browser.officers import get_app_code
from tests.browser.sites import PASSWORD, SECTION, serve
from tests.browser.tasks import Task

pytestmark = pytest.mark.guide

DAY = timedelta(days=1)


@pytest.fixture
def task(request):
    """Return a function that begins a task of the guide."""
    begun = []

    def begin(title):
        begun.append(Task(title, takes_pictures=request.config.option.guide_pictures))
        return begun[-1]

    return begin


def typed(moment):
    """Return a moment as officers type it."""
    return timezone.localtime(moment).strftime("%d/%m/%Y %H:%M")


def said(page):
    """Return what the admin says at the top after something has been done."""
    return page.locator(".messages")


def open_partnership(page, title):
    page.goto("/admin/partnerships/")
    page.get_by_role("link", name=title, exact=True).click()
    page.wait_for_url("**/edit/")


def make_partnership(page, title):
    """Save the draft of a page, as quickly as can be."""
    page.goto(f"/admin/pages/add/community/partnershippage/{SECTION}/")
    page.get_by_role("textbox", name="Title").fill(title)
    page.keyboard.press("Tab")
    # Wagtail makes the page's address a moment later.
    expect(page.locator("#id_slug")).not_to_have_value("")
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url("**/edit/")


def test_officer_signs_in_with_a_second_step(task, new_context, office):
    doing = task("Sign in")
    environment = {**office.environment, "SECOND_STEP_REQUIRED": "true"}
    with serve(environment, "/") as address:
        page = new_context(base_url=address, viewport=ADMIN).new_page()

        def give_password():
            page.goto("/admin/")
            doing.fill(page, "Username or email address", "editor")
            doing.fill(page, "Password", PASSWORD)
            doing.choose(page, "Sign in")

        give_password()
        doing.choose(page, "Set up an app")
        key = page.locator("code").inner_text()
        doing.fill(page, "Authentication code", get_app_code(key))
        doing.choose(page, "Set up")
        expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
        recovery_code = page.locator("code").first.inner_text()
        doing.choose(page, "Go to the admin")
        expect(page.get_by_role("link", name="Dashboard")).to_be_visible()

        page.context.clear_cookies()
        give_password()
        doing.take_picture(page, "sign-in.webp")
        doing.fill(page, "Authentication code", recovery_code)
        doing.choose(page, "Sign in")
        expect(page.get_by_role("link", name="Dashboard")).to_be_visible()
    doing.done()


def test_partnership_page_is_made(task, officer):
    doing, page = task("Make a partnership page"), officer("author")
    doing.choose(page, "Pages")
    doing.choose(page, "Stronger communities")
    doing.choose(page, "Add child page")
    doing.choose(page, "Partnership page")
    doing.fill(page, "Title", "Thornaby repair café")
    doing.fill(page, "Summary", "Neighbours who mend what is broken, for nothing.")
    body = page.get_by_role("region", name=doing.use("Body"))
    doing.choose(body, "Insert a block")
    doing.take_picture(page, "blocks.webp")
    doing.choose_block(page, "Heading")
    page.keyboard.type("When it is open")
    body.get_by_role("button", name=doing.use("Insert a block")).last.click()
    doing.choose_block(page, "Text")
    body.get_by_role("textbox").last.click()
    page.keyboard.type("Every first Saturday, from ten to one.")
    doing.take_picture(page, "new-page.webp")
    picture = page.get_by_role("region", name=doing.use("Image"))
    doing.choose(picture, "Choose an image")
    chooser = page.get_by_role("dialog")
    doing.choose(chooser, "Upload")
    photo = BytesIO()
    Image.new("RGB", (1600, 900), "teal").save(photo, "PNG")
    file = {"name": "mending.png", "mimeType": "image/png", "buffer": photo.getvalue()}
    chooser.get_by_label("File").set_input_files(file)
    chooser.get_by_role("textbox", name="Title").fill("Mending a lamp")
    chooser.get_by_role("button", name="Upload").click()
    expect(picture).to_contain_text("Mending a lamp")
    doing.choose(page, "Save draft")
    expect(said(page)).to_contain_text("Thornaby repair café")
    doing.done()


def test_page_is_sent_for_approval_and_approved(task, officer):
    doing, author = task("Send a page for approval"), officer("author")
    make_partnership(author, "Norton seed library")
    doing.open_more(author, "Save draft")
    doing.take_picture(author, "submit.webp")
    doing.choose(author, "Submit to Section approval")
    expect(said(author)).to_contain_text("submitted for approval")
    doing.done()

    doing, moderator = task("Approve a page"), officer("moderator")
    doing.take_picture(moderator, "approve.webp")
    moderator.get_by_role("link", name="Norton seed library").first.click()
    moderator.get_by_role("button", name="More actions").last.click()
    doing.choose(moderator, "Request changes")
    question = moderator.get_by_role("dialog").filter(visible=True)
    question.get_by_role("textbox").fill("Say when it is open.")
    question.get_by_role("button", name="Request changes").click()
    expect(said(moderator)).to_contain_text("You asked for changes")

    changing = task("Make the changes a moderator asked for")
    author.goto("/admin/")
    expect(author.get_by_role("main")).to_contain_text("Say when it is open.")
    author.get_by_role("link", name="Norton seed library").first.click()
    expect(author.get_by_role("main")).to_contain_text("Say when it is open.")
    changing.open_more(author, "Save draft")
    changing.choose(author, "Resubmit to Section approval")
    expect(said(author)).to_contain_text("Norton seed library")
    changing.done()

    moderator.goto("/admin/")
    moderator.get_by_role("link", name="Norton seed library").first.click()
    moderator.get_by_role("button", name="More actions").last.click()
    doing.choose(moderator, "Approve and Publish")
    expect(said(moderator)).to_contain_text("Norton seed library")
    doing.done()
    moderator.goto("/stronger-communities/norton-seed-library/")
    heading = moderator.get_by_role("heading", level=1)
    expect(heading).to_have_text("Norton seed library")


def test_change_is_published_with_a_note(task, officer):
    doing, page = task("Publish a change"), officer("moderator")
    doing.choose(page, "Policies and partnerships")
    doing.choose(page, "Partnerships")
    page.get_by_role("link", name="Catalyst Stockton", exact=True).click()
    doing.fill(page, "Summary", "How charities and the council work together.")
    doing.fill(page, "What changed for readers?", "Said more plainly what it is for")
    note = page.get_by_role("region", name="What changed for readers?")
    note.evaluate("note => note.scrollIntoView({ block: 'center' })")
    doing.take_picture(page, "change-note.webp")
    doing.open_more(page, "Save draft")
    doing.choose(page, "Publish")
    expect(said(page)).to_contain_text("published")
    doing.done()
    page.goto("/stronger-communities/catalyst-stockton/")
    expect(page.get_by_role("main")).to_contain_text("Said more plainly what it is for")


def test_page_is_scheduled(task, officer):
    doing, page = task("Schedule a page"), officer("moderator")
    open_partnership(page, "Stockton Local Strategic Partnership")
    doing.choose(page, "Toggle status")
    doing.choose(page, "Set schedule")
    now = timezone.now()
    dialog = page.get_by_role("dialog")
    doing.fill(dialog, "Go live date/time", typed(now + DAY))
    doing.fill(dialog, "Expiry date/time", typed(now + 9 * DAY))
    # The calendar of the first one goes away only now.
    dialog.get_by_role("heading").click()
    doing.take_picture(page, "schedule.webp")
    doing.choose(dialog, "Save schedule")
    doing.choose(page, "Minor edit")
    doing.open_more(page, "Save draft")
    doing.choose(page, "Schedule to publish")
    expect(said(page)).to_contain_text("scheduled")
    doing.done()

    doing = task("Cancel a schedule")
    open_partnership(page, "Stockton Local Strategic Partnership")
    doing.choose(page, "Cancel scheduled publish")
    expect(said(page)).to_contain_text("has been cancelled")
    doing.open_more(page, "Save draft")
    expect(page.get_by_role("button", name=doing.use("Publish"))).to_be_visible()
    doing.done()


def test_alert_is_put_live_and_ended(task, officer, new_page, office):
    doing, page = task("Put an alert live"), officer("alert publisher")
    doing.choose(page, "Alerts")
    doing.choose(page, "Add alert")
    doing.fill(page, "Severity", "Disruption")
    heading = "The bridge in Yarm is closed"
    doing.fill(page, "Heading", heading)
    doing.write(page, "Text", "Please go by the A19.")
    doing.fill(page, "Expected end", typed(timezone.now() + DAY))
    doing.fill(page, "Where it appears", "On every page of the site")
    doing.open_more(page, "Save draft")
    doing.choose(page, "Publish")
    title = page.get_by_role("heading", level=1)
    expect(title).to_contain_text("Check before publishing")
    resident = new_page()
    resident.goto(office.address)
    alert = resident.get_by_role("heading", name=heading)
    expect(alert).to_have_count(0)
    doing.take_picture(page, "alert-check.webp")
    doing.choose(page, "Publish now")
    expect(said(page)).to_contain_text("has been published")
    doing.done()
    resident.reload()
    expect(alert).to_be_visible()

    doing, page = task("End an alert"), officer("alert publisher")
    doing.choose(page, "Alerts")
    doing.take_picture(page, "alerts.webp")
    doing.choose(page, "End now", name=f"End now: {heading}")
    expect(page.get_by_role("row", name=heading)).to_contain_text("Ended")
    doing.done()
    resident.reload()
    expect(alert).to_have_count(0)


def test_draft_is_shared_with_a_preview_link(task, officer, new_page):
    doing, page = task("Share a draft"), officer("author")
    make_partnership(page, "Billingham history group")
    page.get_by_role("button", name="Actions", exact=True).first.click()
    doing.choose(page, "Preview links")
    doing.fill(page, "Who is it for?", "Cllr Smith")
    doing.choose(page, "2 weeks")
    doing.choose(page, "Create link")
    link = page.get_by_role("row", name="Cllr Smith").get_by_role("link")
    doing.take_picture(page, "preview-link.webp")
    reader = new_page()
    assert reader.goto(link.inner_text()).status == 200
    title = reader.get_by_role("heading", level=1)
    expect(title).to_have_text("Billingham history group")
    doing.choose(page, "Revoke", name="Revoke the link for Cllr Smith")
    expect(said(page)).to_contain_text("no longer works")
    doing.done()
    assert reader.reload().status == 404


def test_enquiry_is_dealt_with(task, officer):
    doing, page = task("Deal with an enquiry"), officer("enquiry handler")
    doing.choose(page, "Enquiries and feedback")
    doing.choose(page, "Enquiries")
    doing.take_picture(page, "enquiries.webp")
    row = page.get_by_role("row").filter(has_text="wheelchair")
    doing.choose(row, "Open")
    expect(page.get_by_role("main")).to_contain_text("wheelchair")
    doing.choose(page, "Assign to me")
    page.get_by_role("main").get_by_role("textbox").first.click()
    page.keyboard.type("The Red Cross lends wheelchairs.")
    doing.choose(page.get_by_role("main"), "Answer")
    expect(said(page)).to_contain_text(": Answered")
    doing.choose(page, "A page was written or updated")
    doing.choose(page.get_by_role("main"), "Close")
    expect(said(page)).to_contain_text(": Closed")
    doing.done()
