"""Officers get in with an app or a passkey, by pages as good as residents' (O5)."""

import os
import re
import time
from contextlib import ExitStack
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.checks import structure
from tests.browser.checks.accessibility import check_axe
from tests.browser.conftest import ADMIN, NARROW
from tests.browser.officers import PASSWORD, get_app_code, get_recovery_codes
from tests.browser.programs import OPTIONS
from tests.browser.sites import Office, serve
from tests.run import postgresql
from tests.servers import free_port, manage, site_environment

DATABASE = "first_sign_in"
ADMINISTRATOR = """
from tests.browser.officers import build_officers
build_officers(with_app=["boss"], without=[])
"""
LINK = re.compile(r"http://localhost:\d+/account/password/\S+")
CHOSEN = "four brown hens in Yarm"
TWO_FACTOR = "/account/two-factor/"
LOGIN = f"/account/login/?next={TWO_FACTOR}"
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def press(page, name):
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def expect_heading(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def give_password(page, name, password, address="/admin/"):
    if address:
        page.goto(address)
    page.get_by_label("Username or email address").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    press(page, "Sign in")


def give_code(page, code):
    page.get_by_label("Authentication code").fill(code)
    press(page, "Sign in")


def expect_admin(page):
    expect(page.get_by_role("link", name="Dashboard")).to_be_visible()


def plug_in_key(page):
    """Give the officer's computer a key, or a fingerprint reader."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})


# A colleague who is invited, on each database


def make_database(kind, folder, stack):
    """Return the address of an empty database."""
    if kind == "SQLite":
        return f"sqlite:///{folder}/db.sqlite3"
    server = os.environ.get("TEST_DATABASE_URL", "")
    if not server.startswith("postgres"):
        server = stack.enter_context(postgresql())
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        connection.execute(f"CREATE DATABASE {DATABASE}")
    return urlsplit(server)._replace(path=f"/{DATABASE}").geturl()


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    """Return the static files of the site and of the admin."""
    folder = tmp_path_factory.mktemp("static")
    manage(site_environment(folder), "collectstatic", "--no-input", "-v0")
    return folder / "static"


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def production(request, static, tmp_path_factory):
    """Return a site as in production with one administrator; it writes its mail."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "static").symlink_to(static)
    port = free_port()
    with ExitStack() as stack:
        environment = {
            **site_environment(folder),
            # Passkeys belong to names, not to numbers.
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "SITE_URL": f"http://localhost:{port}",
            "DATABASE_URL": make_database(request.param, folder, stack),
            "EMAIL_URL": f"filemail:///{folder}/mail",
            "SECOND_STEP_REQUIRED": "true",
        }
        manage(environment, "migrate", "-v0")
        manage(environment, "shell", "-v0", script=ADMINISTRATOR)
        stack.enter_context(serve(environment, "/-/live", port))
        yield Office(environment["SITE_URL"], environment, {})


@pytest.fixture
def open_browser(new_page, production):
    """Return a function that opens a browser of someone else."""
    return lambda: new_page(
        base_url=production.address, viewport=ADMIN, reduced_motion="reduce"
    )


@pytest.fixture(scope="module")
def administrators_codes(production):
    """Return the recovery codes: the app's would work once in 30 seconds only."""
    return iter(get_recovery_codes())


@pytest.fixture
def invite(open_browser, production, administrators_codes):
    """Return a function that invites a colleague, and gives the link of the email."""

    def send(name):
        page = open_browser()
        give_password(page, "boss", PASSWORD)
        give_code(page, next(administrators_codes))
        page.goto("/admin/users/new/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Email").fill(f"{name}@example.org")
        page.get_by_label("First name").fill(name)
        page.get_by_label("Last name").fill("Other")
        page.get_by_role("tab", name="Roles").first.click()
        page.get_by_label("Section editors").check()
        page.get_by_role("button", name="Create", exact=True).click()
        expect(page.get_by_text(f"{name}@example.org was sent")).to_be_visible()
        mails = Path(production.environment["DATA_DIR"], "mail").iterdir()
        texts = [mail.read_text() for mail in mails]
        [text] = [text for text in texts if f"To: {name}@example.org" in text]
        return LINK.search(text).group()

    return send


def ask_for_another_password(page, name):
    """Do what any stranger can."""
    page.goto("/account/login/")
    page.get_by_role("link", name="Forgotten your password?").click()
    page.get_by_label("Email address").fill(f"{name}@example.org")
    press(page, "Send the email")
    expect_heading(page, "Check your email")


def begin(page, link, name):
    """Go from the link to the page that asks for two-factor authentication."""
    page.goto(link)
    page.get_by_label("New password", exact=True).fill(CHOSEN)
    page.get_by_label("New password again").fill(CHOSEN)
    press(page, "Save and continue to sign in")
    expect_heading(page, "Sign in")
    notice = page.get_by_text("Your password has been set. Sign in to continue.")
    expect(notice).to_be_visible()
    give_password(page, name, CHOSEN, address="")
    expect_heading(page, "Two-factor authentication")
    notice = page.get_by_text("Set up two-factor authentication before you continue.")
    expect(notice).to_be_visible()


def go_to_admin(page):
    """Take the recovery codes, and the way on; return one of the codes."""
    expect_heading(page, "Recovery codes")
    codes = page.locator("main code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="Go to the admin").click()
    expect_admin(page)
    return codes[0]


def sign_out(page):
    page.goto("/account/logout/")
    press(page, "Sign out")
    expect_heading(page, "Sign in")


def test_colleague_gets_in_with_an_app(invite, open_browser):
    link, page, stranger = invite("eve"), open_browser(), open_browser()
    ask_for_another_password(stranger, "eve")
    begin(page, link, "eve")
    ask_for_another_password(stranger, "eve")
    page.get_by_role("link", name="Set up an app").click()
    secret = page.locator("main code").inner_text()
    first = get_app_code(secret)
    page.get_by_label("Authentication code").fill(first)
    press(page, "Set up")
    recovery_code = go_to_admin(page)
    ask_for_another_password(stranger, "eve")
    sign_out(page)
    give_password(page, "eve", CHOSEN)
    give_code(page, recovery_code)
    expect_admin(page)
    sign_out(page)
    give_password(page, "eve", CHOSEN)
    give_code(page, recovery_code)
    assert page.title().startswith("Error: ")
    expect(page.get_by_role("alert")).to_be_visible()
    while (code := get_app_code(secret)) == first:
        time.sleep(1)
    give_code(page, code)
    expect_admin(page)


def test_colleague_gets_in_with_a_passkey(invite, open_browser, browser, production):
    path = which("chromium") or which("google-chrome")
    if not path:
        pytest.skip("the shell without windows knows no passkeys")
    link, stranger = invite("bea"), open_browser()
    whole = browser.browser_type.launch(executable_path=path, args=OPTIONS)
    try:
        page = whole.new_page(base_url=production.address, viewport=ADMIN)
        plug_in_key(page)
        begin(page, link, "bea")
        ask_for_another_password(stranger, "bea")
        page.get_by_role("link", name="Add a passkey").click()
        page.get_by_label("Sign in without a password").check()
        press(page, "Add")
        recovery_code = go_to_admin(page)
        sign_out(page)
        page.goto(LOGIN)
        press(page, "Sign in with a passkey")
        page.get_by_role("link", name="Go to the admin").click()
        expect_admin(page)
        sign_out(page)
        give_password(page, "bea", CHOSEN)
        press(page, "Use a passkey or security key")
        expect_admin(page)
        sign_out(page)
        give_password(page, "bea", CHOSEN)
        give_code(page, recovery_code)
        expect_admin(page)
    finally:
        whole.close()


# The pages on the way


@pytest.fixture
def officer(new_page, site):
    """Return the page of an officer; what the browser refuses fails the test."""
    localhost = site.address.replace("127.0.0.1", "localhost")
    page, said = new_page(base_url=localhost, reduced_motion="reduce"), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    assert not [text for text in said if "Failed to load resource" not in text]


def look(page, *addresses):
    """Say what is wrong with pages, in the light, in the dark and on a phone."""
    problems = []
    for address in addresses or [page.url]:
        if addresses:
            page.goto(address)
        problems += structure.check_landmarks(page, structure.LANDMARKS)
        for check in structure.OF_EVERY_PAGE:
            problems += check(page)
        size = page.viewport_size
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            problems += check_axe(page)
        page.set_viewport_size(NARROW["viewport"])
        problems += check_axe(page)
        page.set_viewport_size(size)
    return [f"{page.url}: {problem}" for problem in problems]


def test_pages_of_keys_break_no_rule(officer):
    plug_in_key(officer)
    give_password(officer, "key", PASSWORD, LOGIN)
    officer.get_by_role("link", name="Add a passkey").click()
    officer.get_by_label("Passkey name").fill("Work laptop")
    press(officer, "Add")
    officer.goto(TWO_FACTOR)
    officer.get_by_role("link", name="Change or remove passkeys").click()
    expect(officer.get_by_role("main")).to_contain_text("Work laptop")
    assert not look(officer)
    assert not look(officer, f"{TWO_FACTOR}webauthn/add/")
    # It needs a password first, as none was said to do without.
    sign_out(officer)
    officer.goto(LOGIN)
    officer.get_by_role("button", name="Sign in with a passkey").click()
    expect(officer.get_by_role("alert")).to_contain_text("Enter your password instead")
    assert not look(officer)


def test_admin_leads_to_an_app_that_is_set_up_by_its_picture(officer):
    give_password(officer, "new", PASSWORD, "/account/login/?next=/admin/")
    expect_heading(officer, "Two-factor authentication")
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


def test_pages_on_the_way_in_break_no_rule(officer):
    problems = look(
        officer,
        "/account/password/",
        "/account/password/sent/",
        "/account/password/1/no-such-key/",
        "/account/inactive/",
        LOGIN,
    )
    press(officer, "Sign in")
    problems += look(officer) + structure.check_error_title(officer)
    problems += structure.check_error_fields(officer)
    problems += structure.check_error_summary(officer)
    name = officer.get_by_label("Username or email address")
    assert name.get_attribute("autocomplete") == "username"
    password = officer.get_by_label("Password", exact=True)
    assert password.get_attribute("autocomplete") == "current-password"
    give_password(officer, "pages", PASSWORD, LOGIN)
    problems += look(officer)
    code = officer.get_by_label("Authentication code")
    assert code.get_attribute("autocomplete") == "one-time-code"
    give_code(officer, get_app_code())
    problems += look(officer, f"{TWO_FACTOR}recovery-codes/")
    officer.get_by_label("Password", exact=True).fill(PASSWORD)
    press(officer, "Confirm")
    problems += look(
        officer,
        f"{TWO_FACTOR}recovery-codes/",
        f"{TWO_FACTOR}recovery-codes/generate/",
        f"{TWO_FACTOR}totp/deactivate/",
        "/account/logout/",
    )
    assert not problems, "\n".join(problems)
