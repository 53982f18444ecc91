"""Writes a picture of every state to var/screenshots: `make screenshots`."""

from pathlib import Path

import pytest

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.states import STATES

FOLDER = Path(__file__).resolve().parents[2] / "var" / "screenshots"
SCREENS = {"phone": PHONE, "desktop": DESKTOP}
# What is left of a page of two hundred rows is the same.
MAX_HEIGHT = 6_000

pytestmark = pytest.mark.screenshots


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_screenshot(state, scheme, screen, open_state):
    page = open_state(state, color_scheme=scheme, **SCREENS[screen])
    size = page.evaluate("({ width: innerWidth, height: document.body.scrollHeight })")
    page.set_viewport_size({**size, "height": min(size["height"], MAX_HEIGHT)})
    path = FOLDER / f"{state.name.replace(' ', '-')}-{screen}-{scheme}.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 1_000
