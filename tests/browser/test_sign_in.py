"""Officers sign in with a second step; its pages are as good as residents' (O5)."""

from shutil import which

import pytest
from playwright.sync_api import expect

from tests.browser.checks import structure
from tests.browser.checks.accessibility import check_axe
from tests.browser.chromium import OPTIONS
from tests.browser.conftest import NARROW
from tests.browser.officers import PASSWORD, get_app_code, get_recovery_codes

SECOND_STEP = "/account/two-factor/"
LOGIN = f"/account/login/?next={SECOND_STEP}"
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def officer(new_page, site):
    """Return the page of an officer; what the browser refuses fails the test."""
    page = new_page(
        base_url=site.address.replace("127.0.0.1", "localhost"),
        reduced_motion="reduce",
    )
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    assert not [text for text in said if "Failed to load resource" not in text]


def plug_in_key(page):
    """Give the officer's computer a key, or a fingerprint reader."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})


def press(page, name):
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def give_password(page, name, address=LOGIN):
    page.goto(address)
    page.get_by_label("Username or email address").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")


def give_code(page, code):
    page.get_by_label("Authentication code").fill(code)
    press(page, "Sign in")


def expect_heading(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def expect_signed_in(page):
    assert page.url.endswith(SECOND_STEP)
    expect(page.get_by_role("link", name="Sign out")).to_be_visible()


def look(page):
    """Say what is wrong with a page, in the light, in the dark and on a phone."""
    problems = structure.check_landmarks(page, structure.LANDMARKS)
    for check in (
        structure.check_document,
        structure.check_fields,
        structure.check_headings,
        structure.check_links,
        structure.check_pictures,
    ):
        problems += check(page)
    size = page.viewport_size
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        problems += check_axe(page)
    page.set_viewport_size(NARROW["viewport"])
    problems += check_axe(page)
    page.set_viewport_size(size)
    return [f"{page.url}: {problem}" for problem in problems]


def test_code_of_an_app_opens_the_door(officer):
    give_password(officer, "app")
    expect_heading(officer, "Enter your authentication code")
    officer.goto(SECOND_STEP)
    assert "/account/login/" in officer.url
    give_password(officer, "app")
    give_code(officer, "000000")
    assert officer.title().startswith("Error: ")
    expect(officer.get_by_role("alert")).to_be_visible()
    give_code(officer, get_app_code())
    expect_signed_in(officer)


def test_recovery_code_opens_the_door_once(officer):
    code = get_recovery_codes()[0]
    give_password(officer, "codes")
    give_code(officer, code)
    expect_signed_in(officer)
    officer.context.clear_cookies()
    give_password(officer, "codes")
    give_code(officer, code)
    assert officer.title().startswith("Error: ")


def add_key(page, name, is_passkey):
    give_password(page, name)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Passkey name").fill("Work laptop")
    page.get_by_label("Sign in without a password").set_checked(is_passkey)
    press(page, "Add")
    page.goto(SECOND_STEP)
    page.get_by_role("link", name="Change or remove passkeys").click()
    expect(page.get_by_role("main")).to_contain_text("Work laptop")


def test_pages_of_keys_break_no_rule(officer):
    plug_in_key(officer)
    add_key(officer, "key", is_passkey=False)
    assert not look(officer)
    officer.goto(f"{SECOND_STEP}webauthn/add/")
    assert not look(officer)


def test_passkey_opens_the_door_with_and_without_a_password(browser, site):
    path = which("chromium") or which("google-chrome")
    if not path:
        pytest.skip("the shell without windows knows no passkeys")
    whole = browser.browser_type.launch(executable_path=path, args=OPTIONS)
    page = whole.new_page(base_url=site.address.replace("127.0.0.1", "localhost"))
    try:
        plug_in_key(page)
        add_key(page, "passkey", is_passkey=True)
        page.context.clear_cookies()
        page.goto(LOGIN)
        press(page, "Sign in with a passkey")
        expect_signed_in(page)
        page.context.clear_cookies()
        give_password(page, "passkey")
        expect_heading(page, "Enter your authentication code")
        press(page, "Use a passkey or security key instead")
        expect_signed_in(page)
    finally:
        whole.close()


def test_admin_leads_to_an_app_that_is_set_up_by_its_picture(officer):
    give_password(officer, "new", "/account/login/?next=/admin/")
    expect_heading(officer, "Two-factor authentication")
    notice = officer.get_by_text("Set up two-factor authentication before you")
    expect(notice).to_be_visible()
    assert not look(officer)
    officer.get_by_role("link", name="Set up an app").click()
    expect_heading(officer, "Set up an authenticator app")
    picture = officer.get_by_role("img", name="QR code with the key below")
    assert picture.evaluate("each => each.complete && each.naturalWidth > 100")
    assert not look(officer)
    officer.get_by_label("Authentication code").fill("000000")
    press(officer, "Set up")
    assert officer.title().startswith("Error: ")
    assert not look(officer)
    secret = officer.locator("main code").inner_text()
    officer.get_by_label("Authentication code").fill(get_app_code(secret))
    press(officer, "Set up")
    officer.goto(f"{SECOND_STEP}recovery-codes/")
    assert officer.locator("main code").count() == 10
    assert not look(officer)


def test_pages_on_the_way_in_break_no_rule(officer):
    problems = []
    for address in (
        LOGIN,
        "/account/password/",
        "/account/password/sent/",
        "/account/password/1/no-such-key/",
        "/account/inactive/",
    ):
        officer.goto(address)
        problems += look(officer)
    officer.goto(LOGIN)
    press(officer, "Sign in")
    problems += look(officer) + structure.check_error_title(officer)
    problems += structure.check_error_fields(officer)
    problems += structure.check_error_summary(officer)
    give_password(officer, "pages")
    problems += look(officer)
    give_code(officer, get_app_code())
    officer.goto(f"{SECOND_STEP}recovery-codes/")
    problems += look(officer)
    officer.get_by_label("Password", exact=True).fill(PASSWORD)
    press(officer, "Confirm")
    for address in (
        "/account/logout/",
        f"{SECOND_STEP}recovery-codes/generate/",
        f"{SECOND_STEP}totp/deactivate/",
    ):
        officer.goto(address)
        problems += look(officer)
    assert not problems, "\n".join(problems)


def test_fields_say_what_browsers_may_fill_in(officer):
    officer.goto(LOGIN)
    name = officer.get_by_label("Username or email address")
    assert name.get_attribute("autocomplete") == "username"
    password = officer.get_by_label("Password", exact=True)
    assert password.get_attribute("autocomplete") == "current-password"
    give_password(officer, "pages")
    code = officer.get_by_label("Authentication code")
    assert code.get_attribute("autocomplete") == "one-time-code"
