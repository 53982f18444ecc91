"""Nothing that somebody types runs in a real browser, whatever field they type it into.

A site of its own, whose every text is full of payloads (`tests/security`).
"""

import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.browser.sites import build_states, serve
from tests.browser.states import STATES
from tests.security.payloads import MARK, PAYLOADS
from tests.servers import manage

pytestmark = pytest.mark.security
FILL = """
from tests.security.filling import fill
from tests.security.payloads import PAYLOADS
fill(" ".join(PAYLOADS[{start}:] + PAYLOADS[:{start}]))
"""
ROUNDS = range(0, len(PAYLOADS), 22)
# What would tell of a script that runs: a payload calls this.
NOTES_CALLS = f"window.{MARK} = () => {{ window.hasRun = true; alert('{MARK}'); }}"
VIOLATION = "Content Security Policy"


@pytest.fixture(scope="module")
def filled():
    """Yield a function that fills the site from one payload on; and its address."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment = build_states(Path(folder))
        with serve(environment, "/") as address:
            yield (
                address,
                lambda start: manage(
                    environment, "shell", "-v0", script=FILL.format(start=start)
                ),
            )


@pytest.fixture
def watched(browser):
    """Return a page, and the list of what it did that no text may do."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(20_000)
    page, seen = context.new_page(), []
    page.add_init_script(NOTES_CALLS)

    def note_dialog(dialog):
        seen.append(f"dialog {dialog.message} on {page.url}")
        dialog.dismiss()

    def note_line(line):
        if VIOLATION in line.text:
            seen.append(f"{line.text[:200]} on {page.url}")

    page.on("dialog", note_dialog)
    page.on("console", note_line)
    yield page, seen
    context.close()


def addresses():
    """Return the pages that residents read, and searches for each payload."""
    plain = {state.path for state in STATES if not (state.sent or state.is_broken)}
    searches = [f"/search/?query={quote(payload)}" for payload in PAYLOADS[::4]]
    return [*sorted(plain), f"/search/?query={MARK}", *searches]


def test_no_text_runs_in_a_browser(filled, watched, record_property):
    address, fill = filled
    page, seen = watched
    shown = set()
    for start in ROUNDS:
        fill(start)
        for path in addresses():
            page.goto(address + path)
            if MARK in page.content():
                shown.add(path)
            assert not page.evaluate("window.hasRun")
    said = f"{len(shown)} pages x {len(ROUNDS)} rounds: {len(seen)} dialogs, violations"
    record_property("measured", said)
    assert seen == []
    assert len(shown) > 20


def without_escaping(left_out):
    """Return what answers with a page full of payloads, but for these headers."""

    def answer(route):
        response = route.fetch()
        # What is sent is no longer compressed.
        dropped = {"content-encoding", "content-length", *left_out}
        headers = {
            name: text for name, text in response.headers.items() if name not in dropped
        }
        html = response.text().replace("</main>", "".join(PAYLOADS) + "</main>")
        route.fulfill(status=200, headers=headers, body=html)

    return answer


@pytest.mark.parametrize(
    ("left_out", "sign"),
    [((), VIOLATION), (("content-security-policy",), "dialog")],
)
def test_a_script_and_a_violation_would_be_seen(filled, watched, left_out, sign):
    """Prove that the test above would notice what runs, and what the policy stops."""
    address, _ = filled
    page, seen = watched
    page.route("**/privacy/", without_escaping(left_out))
    page.goto(f"{address}/privacy/")
    # They are told of a moment later.
    page.wait_for_timeout(500)
    assert any(sign in each for each in seen)
