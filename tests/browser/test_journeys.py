"""What residents come to do, with the keyboard alone, with and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.states import JOURNEY, MANY, SECTION

MAX_PRESSES = 150
# A form that is sent faster than this is taken for a program's.
SECONDS_OF_A_PERSON = 3
HAS_FOCUS = "each => each === document.activeElement"


@pytest.fixture(params=[True, False], ids=["JavaScript", "no JavaScript"])
def resident(request, new_page):
    """Return the page of a resident who has just started the browser."""
    return new_page(java_script_enabled=request.param)


def go_to(page, target):
    """Press Tab until the target has the keyboard."""
    for _ in range(MAX_PRESSES):
        page.keyboard.press("Tab")
        if target.evaluate(HAS_FOCUS):
            return
    pytest.fail(f"The keyboard does not come to {target}")


def follow(page, name, role="link", within=None):
    """Go to a link or button and press Enter; wait for the next page."""
    target = (within or page).get_by_role(role, name=name, exact=True).first
    go_to(page, target)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def say(page, label, text):
    """Go to a field and write."""
    go_to(page, page.get_by_label(label))
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def heading(page):
    return page.get_by_role("heading", level=1)


def test_policy_is_found_from_the_home_page(resident):
    resident.goto("/")
    main = resident.get_by_role("main")
    follow(resident, "Stronger communities", within=main)
    expect(heading(resident)).to_have_text("Stronger communities")
    title = "Tackling poverty framework, adopted"
    follow(resident, title, within=resident.get_by_role("main"))
    expect(heading(resident)).to_have_text(title)
    expect(resident.get_by_role("main")).to_contain_text("Adopted")


def test_search_from_a_wrong_address_leads_to_a_page(resident):
    resident.goto("/no/such/page/")
    expect(heading(resident)).to_have_text("Page not found")
    say(resident, "Search this site", "recycling")
    with resident.expect_navigation():
        resident.keyboard.press("Enter")
    assert resident.get_by_role("main").get_by_role("listitem").count() >= 10
    follow(resident, "Next page")
    expect(resident.get_by_role("main")).to_contain_text("Page 2 of")
    say(resident, "Search this site", "comunity grants")
    with resident.expect_navigation():
        resident.keyboard.press("Enter")
    expect(resident).to_have_title(re.compile("grants"))
    follow(resident, "Community grants", within=resident.get_by_role("main"))
    expect(heading(resident)).to_have_text("Community grants")


def test_resident_who_finds_nothing_can_say_so(resident):
    resident.goto("/search/")
    say(resident, "Search this site", "xylophonezzz")
    with resident.expect_navigation():
        resident.keyboard.press("Enter")
    expect(resident.get_by_role("main")).to_contain_text("No results")
    message = resident.get_by_label("What were you looking for?")
    expect(message).to_have_value("")
    expect(message.locator("xpath=ancestor::form")).to_contain_text("xylophonezzz")
    say(resident, "Email address", "nobody")
    with resident.expect_navigation():
        resident.keyboard.press("Enter")
    assert resident.title().startswith("Error: ")
    wrong = resident.get_by_role("main").get_by_role("link", name="Enter what")
    go_to(resident, wrong)
    resident.keyboard.press("Enter")
    message = resident.get_by_label("What were you looking for?")
    expect(message).to_be_focused()
    assert message.get_attribute("aria-invalid") == "true"
    email = resident.get_by_label("Email address")
    expect(email).to_have_value("nobody")

    resident.keyboard.type("Where can I get a xylophone?")
    say(resident, "Email address", "somebody@example.org")
    resident.wait_for_timeout(SECONDS_OF_A_PERSON * 1000)
    follow(resident, "Send", role="button")
    expect(resident).to_have_url(re.compile(r"/cant-find-it/thanks/[-A-Z0-9]{14}/$"))
    reference = resident.url.split("/")[-2]
    expect(resident.get_by_role("main")).to_contain_text(reference)
    assert not resident.context.cookies()


def test_closed_alert_stays_away(resident):
    resident.goto(JOURNEY)
    assert not resident.context.cookies()
    alert = resident.get_by_role("heading", name="Phones are down")
    expect(alert).to_be_visible()
    go_to(resident, resident.get_by_role("button", name="Phones are down"))
    with resident.expect_response("**/close/"):
        resident.keyboard.press("Enter")
    expect(alert).to_have_count(0)
    assert resident.url.endswith(JOURNEY)
    [cookie] = resident.context.cookies()
    assert (cookie["name"], cookie["path"]) == ("closed_alerts", "/")
    resident.wait_for_load_state()
    # The keyboard goes on from somewhere on the page.
    resident.keyboard.press("Tab")
    assert resident.evaluate("document.activeElement !== document.body")
    resident.goto(f"{JOURNEY}schools/")
    expect(alert).to_have_count(0)
    assert [each["name"] for each in resident.context.cookies()] == ["closed_alerts"]


def test_alert_that_could_not_be_closed_stays(new_page):
    page = new_page()
    page.route("**/close/", lambda route: route.fulfill(status=500, body="No"))
    page.goto(JOURNEY)
    with page.expect_navigation():
        page.get_by_role("button", name="Phones are down").click()
    expect(page.get_by_text("No", exact=True)).to_be_visible()
    page.goto(JOURNEY)
    expect(page.get_by_role("heading", name="Phones are down")).to_be_visible()


@pytest.mark.parametrize("is_on", [True, False], ids=["JavaScript", "no JavaScript"])
def test_menu_opens_on_a_phone(is_on, new_page):
    page = new_page(java_script_enabled=is_on, **PHONE)
    page.goto(SECTION)
    navigation = page.get_by_role("navigation", name="Main")
    link = navigation.get_by_role("link", name="Recycling and waste")
    opener = navigation.locator("summary, button").first
    if opener.is_visible():
        assert not link.is_visible()
        go_to(page, opener)
        page.keyboard.press("Enter")
    expect(link).to_be_visible()
    go_to(page, link)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(MANY)
