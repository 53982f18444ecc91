"""A browser, and a site that has every state to open in it."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.programs import MISSING, OPTIONS, find_chromium
from tests.browser.sites import serve_office, serve_states

HERE = Path(__file__).parent

PHONE = {"viewport": {"width": 390, "height": 844}}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
ADMIN = {"width": 1200, "height": 800}
NARROW = {"viewport": {"width": 320, "height": 640}}
# What is left of a window of 1280 by 1024 at a zoom of 400%.
ZOOMED = {"viewport": {"width": 320, "height": 256}}

SEND_FORM = """({ action, fields }) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("input"), { name, value }));
  }
  document.body.append(form);
  form.submit();
}"""

HAS_ITS_FOCUS = """() => {
  const wanted = document.querySelector("[autofocus]");
  return !wanted || wanted === document.activeElement;
}"""


def set_text_size(page, percent):
    """Set the size of text, as readers do in their browser."""
    sizes = {"standard": 16 * percent // 100, "fixed": 13 * percent // 100}
    session = page.context.new_cdp_session(page)
    session.send("Page.setFontSizes", {"fontSizes": sizes})


def pytest_addoption(parser):
    """Let `make screenshots` write the pictures of the editors' guide anew."""
    parser.addoption("--guide-pictures", action="store_true")
    # What Wagtail's editor sends; needed after an upgrade of Wagtail.
    parser.addoption("--record-editing", action="store_true")


def pytest_collection_modifyitems(items):
    """Mark all that is in this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(autouse=True)
def _fresh_process_state():
    """Leave this process alone: the site that is tested runs in another one."""


@pytest.fixture(scope="session")
def site():
    """Return the addresses of the site with all states."""
    with serve_states() as served:
        yield served


@pytest.fixture(scope="session")
def browser():
    """Return Chromium, started."""
    path = find_chromium()
    if not path:
        pytest.fail(MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture
def new_context(browser, site):
    """Return a function that makes a visitor: a browser without cookies or cache."""
    contexts = []

    def make(**options):
        context = browser.new_context(
            **{"base_url": site.address, "locale": "en-GB", **DESKTOP, **options}
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def office():
    """Return the example site with its officers."""
    with serve_office() as served:
        yield served


@pytest.fixture
def officer(browser, office):
    """Return a function that opens the admin as the officer of a role."""
    contexts = []

    def sign_in(role, path="/admin/"):
        context = browser.new_context(
            base_url=office.address,
            locale="en-GB",
            viewport=ADMIN,
            reduced_motion="reduce",
        )
        contexts.append(context)
        session = {
            "name": "sessionid",
            "value": office.sessions[role.replace(" ", "-")],
        }
        context.add_cookies([{**session, "url": office.address}])
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto(path)
        return page

    yield sign_in
    for context in contexts:
        context.close()


@pytest.fixture
def new_page(new_context):
    """Return a function that opens an empty page, with options of a context."""

    def make(text_size=100, **options):
        page = new_context(**options).new_page()
        if text_size != 100:
            set_text_size(page, text_size)
        return page

    return make


@pytest.fixture
def open_state(new_page, site):
    """Return a function that opens a state as a new visitor."""

    def open_one(state, **options):
        base = site.broken_address if state.is_broken else site.address
        page = new_page(**options)
        if state.closed_alerts:
            cookie = {
                "name": "closed_alerts",
                "value": state.closed_alerts,
                "url": base,
            }
            page.context.add_cookies([cookie])
        if state.sent:
            start = (
                "data:text/html,<p>Elsewhere" if state.is_foreign else base + state.path
            )
            page.goto(start)
            form = {"action": base + state.path, "fields": state.sent}
            with page.expect_navigation() as navigation:
                page.evaluate(SEND_FORM, form)
            response = navigation.value
        else:
            response = page.goto(base + state.path)
        assert response.status == state.status, json.dumps(response.headers)
        # The browser moves the keyboard there a moment after the page has loaded.
        page.wait_for_function(HAS_ITS_FOCUS)
        return page

    return open_one
