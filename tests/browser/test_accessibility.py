"""No page breaks a rule of axe, however its reader looks at it."""

import pytest

from tests.browser.checks.accessibility import (
    check_axe,
    check_axe_in_forced_colours,
)
from tests.browser.conftest import DESKTOP, NARROW, ZOOMED, set_text_size
from tests.browser.states import each_state, each_template

LIGHT = {"color_scheme": "light", "forced_colors": "none"}
LOOKS = {
    "light": LIGHT,
    "dark": {"color_scheme": "dark"},
    "forced colours": {"color_scheme": "light", "forced_colors": "active"},
    "forced dark colours": {"color_scheme": "dark", "forced_colors": "active"},
}
SIZES = {"320 wide": NARROW, "zoom 400%": ZOOMED}


MOST_TELLING = ("dark", "320 wide")


def problems_of(page, names):
    """Return what axe finds in each look, size or size of text."""
    problems = []
    for name in names:
        page.emulate_media(**LOOKS.get(name, LIGHT))
        page.set_viewport_size(SIZES.get(name, DESKTOP)["viewport"])
        if name == "text 200%":
            set_text_size(page, 200)
        check = check_axe_in_forced_colours if "forced" in name else check_axe
        problems += [f"{name}: {problem}" for problem in check(page)]
    return "\n".join(problems)


@each_state
def test_axe_finds_nothing(state, open_state):
    # Whatever fades from one look to the next would be judged on its way.
    page = open_state(state, reduced_motion="reduce")
    problems = problems_of(page, MOST_TELLING)
    assert not problems, problems


@each_template
def test_axe_finds_nothing_in_other_modes(state, open_state):
    if state.is_large:
        pytest.skip("takes minutes, and is made of what the others have")
    page = open_state(state, reduced_motion="reduce")
    others = [name for name in (*LOOKS, *SIZES) if name not in MOST_TELLING]
    problems = problems_of(page, [*others, "text 200%"])
    assert not problems, problems
