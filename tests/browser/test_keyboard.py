"""Every page with the keyboard alone."""

from tests.browser.checks import keyboard
from tests.browser.conftest import PHONE
from tests.browser.states import each_state, each_template


@each_state
def test_keyboard_on_a_desktop(state, open_state):
    walked = keyboard.walk(open_state(state))
    assert len(walked.met) > 1
    problems = keyboard.check_tab_order(walked)
    problems += keyboard.check_focus_shows(walked)
    problems += keyboard.check_focus_is_seen(walked)
    assert not problems, "\n".join(problems)


@each_template
def test_keyboard_on_a_phone(state, open_state):
    walked = keyboard.walk(open_state(state, **PHONE))
    problems = keyboard.check_tab_order(walked)
    problems += keyboard.check_visual_order(walked)
    problems += keyboard.check_focus_is_seen(walked)
    assert not problems, "\n".join(problems)


@each_template
def test_skip_link_leads_past_the_header(state, open_state):
    assert not keyboard.check_skip_link(open_state(state))


@each_template
def test_keyboard_shows_in_forced_colours(state, open_state):
    page = open_state(state, forced_colors="active", color_scheme="dark")
    problems = keyboard.check_focus_has_outline(keyboard.walk(page))
    assert not problems, "\n".join(problems)
