"""A colleague who is invited gets in, with an app or a passkey, on each database."""

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

from tests.browser.chromium import OPTIONS
from tests.browser.conftest import ADMIN
from tests.browser.office import Office
from tests.browser.officers import (
    CODES,
    PASSWORD,
    SECRET,
    get_app_code,
    get_recovery_codes,
)
from tests.browser.site import serve
from tests.browser.test_sign_in import (
    SECOND_STEP,
    expect_heading,
    give_code,
    plug_in_key,
    press,
)
from tests.run import postgresql
from tests.servers import free_port, manage, site_environment

DATABASE = "first_sign_in"
ADMINISTRATOR = f"""
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth import get_user_model
user = get_user_model().objects.create_superuser("boss", "boss@x.org", {PASSWORD!r})
TOTP.activate(user, {SECRET!r})
Authenticator.objects.create(user=user, type="recovery_codes", data={CODES!r})
"""
LINK = re.compile(r"http://localhost:\d+/account/password/\S+")
CHOSEN = "four brown hens in Yarm"


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
def site(request, static, tmp_path_factory):
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
def new_page(new_context):
    """Return a function that opens a browser of somebody else."""
    return lambda: new_context(viewport=ADMIN, reduced_motion="reduce").new_page()


@pytest.fixture(scope="module")
def administrators_codes(site):
    """Return the recovery codes: the app's would work once in 30 seconds only."""
    return iter(get_recovery_codes())


@pytest.fixture
def invite(new_page, site, administrators_codes):
    """Return a function that invites a colleague as the administrator does."""
    page = new_page()

    def send(name):
        sign_in(page, "boss", PASSWORD)
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
        return find_link(site, name)

    return send


def find_link(site, name):
    """Return the link in the mail to somebody."""
    for mail in Path(site.environment["DATA_DIR"], "mail").iterdir():
        text = mail.read_text()
        if f"To: {name}@example.org" in text:
            return LINK.search(text).group()
    raise AssertionError(f"No mail to {name}")


def ask_for_another_password(page, name):
    """Do what any stranger can."""
    page.goto("/account/login/")
    page.get_by_role("link", name="Forgotten your password?").click()
    page.get_by_label("Email address").fill(f"{name}@example.org")
    press(page, "Send the email")
    expect_heading(page, "Check your email")


def choose_password(page, link):
    page.goto(link)
    page.get_by_label("New password", exact=True).fill(CHOSEN)
    page.get_by_label("New password again").fill(CHOSEN)
    press(page, "Save and continue to sign in")
    expect_heading(page, "Sign in")
    notice = page.get_by_text("Your password has been set. Sign in to continue.")
    expect(notice).to_be_visible()


def fill_in(page, name, password):
    page.get_by_label("Username or email address").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    press(page, "Sign in")


def sign_in(page, name, password=CHOSEN):
    page.goto("/admin/")
    fill_in(page, name, password)


def begin(page, link, name):
    """Go from the link to the page that asks for two-factor authentication."""
    choose_password(page, link)
    fill_in(page, name, CHOSEN)
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


def expect_admin(page):
    expect(page.get_by_role("link", name="Dashboard")).to_be_visible()


def sign_out(page):
    page.goto("/account/logout/")
    press(page, "Sign out")
    expect_heading(page, "Sign in")


def wait_for_another_code(secret, used):
    while (code := get_app_code(secret)) == used:
        time.sleep(1)
    return code


def test_colleague_gets_in_with_an_app(invite, new_page):
    link, page, stranger = invite("eve"), new_page(), new_page()
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
    sign_in(page, "eve")
    give_code(page, recovery_code)
    expect_admin(page)
    sign_out(page)
    sign_in(page, "eve")
    give_code(page, wait_for_another_code(secret, first))
    expect_admin(page)


def test_colleague_gets_in_with_a_passkey(invite, new_page, browser, site):
    path = which("chromium") or which("google-chrome")
    if not path:
        pytest.skip("the shell without windows knows no passkeys")
    link, stranger = invite("bea"), new_page()
    whole = browser.browser_type.launch(executable_path=path, args=OPTIONS)
    try:
        page = whole.new_page(base_url=site.address, viewport=ADMIN)
        plug_in_key(page)
        begin(page, link, "bea")
        ask_for_another_password(stranger, "bea")
        page.get_by_role("link", name="Add a passkey").click()
        page.get_by_label("Sign in without a password").check()
        press(page, "Add")
        recovery_code = go_to_admin(page)
        sign_out(page)
        page.goto(f"/account/login/?next={SECOND_STEP}")
        press(page, "Sign in with a passkey")
        page.get_by_role("link", name="Go to the admin").click()
        expect_admin(page)
        sign_out(page)
        sign_in(page, "bea")
        give_code(page, recovery_code)
        expect_admin(page)
    finally:
        whole.close()
