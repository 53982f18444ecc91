"""No page breaks a rule of axe, however its reader looks at it."""

import pytest

from tests.browser.checks.accessibility import (
    check_axe,
    check_axe_in_forced_colours,
)
from tests.browser.conftest import DESKTOP, NARROW, ZOOMED, set_text_size
from tests.browser.states import STATES

LIGHT = {"color_scheme": "light", "forced_colors": "none"}
LOOKS = {
    "light": LIGHT,
    "dark": {"color_scheme": "dark"},
    "forced colours": {"color_scheme": "light", "forced_colors": "active"},
    "forced dark colours": {"color_scheme": "dark", "forced_colors": "active"},
}
SIZES = {"320 wide": NARROW, "zoom 400%": ZOOMED}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_axe_finds_nothing(state, open_state):
    # Whatever fades from one look to the next would be judged on its way.
    page = open_state(state, reduced_motion="reduce")
    problems = []

    def look_closer(name):
        check = check_axe_in_forced_colours if "forced" in name else check_axe
        problems.extend(f"{name}: {problem}" for problem in check(page))

    looks = ["dark"] if state.is_large else LOOKS
    for name in looks:
        page.emulate_media(**LOOKS[name])
        look_closer(name)
    page.emulate_media(**LIGHT)
    sizes = ["320 wide"] if state.is_large else SIZES
    for name in sizes:
        page.set_viewport_size(SIZES[name]["viewport"])
        look_closer(name)
    if not state.is_large:
        page.set_viewport_size(DESKTOP["viewport"])
        set_text_size(page, 200)
        look_closer("text 200%")
    assert not problems, "\n".join(problems)
