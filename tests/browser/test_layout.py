"""Every page on small screens, with large text, with less motion and on paper."""

from tests.browser.checks import layout
from tests.browser.checks.asking import ask
from tests.browser.conftest import NARROW, PHONE
from tests.browser.states import BY_NAME, each_state, each_template


@each_state
def test_narrow_screen_holds_the_page(state, open_state):
    page = open_state(state, **NARROW, has_touch=True)
    problems = layout.check_width(page) + layout.check_lost_text(page)
    problems += layout.check_target_size(page) + layout.check_primary_targets(page)
    problems += layout.check_text_spacing(page)
    assert not problems, "\n".join(problems)


@each_template
def test_text_twice_as_large_is_all_there(state, open_state):
    page = open_state(state, text_size=200)
    assert ask(page, "fontSize") >= 32
    problems = layout.check_width(page) + layout.check_lost_text(page)
    page.set_viewport_size(PHONE["viewport"])
    problems += layout.check_width(page) + layout.check_lost_text(page)
    assert not problems, "\n".join(problems)


@each_template
def test_targets_can_be_hit(state, open_state):
    page = open_state(state, **PHONE, has_touch=True)
    problems = layout.check_target_size(page) + layout.check_primary_targets(page)
    assert not problems, "\n".join(problems)


@each_template
def test_nothing_moves_for_those_who_asked(state, open_state):
    problems = layout.check_motion(open_state(state, reduced_motion="reduce"))
    assert not problems, "\n".join(problems)


@each_template
def test_paper_gets_the_text(state, open_state):
    page = open_state(state, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()
    problems = layout.check_paper(page) + layout.check_printed_addresses(page)
    assert not problems, "\n".join(problems)


def test_wide_table_scrolls_in_a_region_of_its_own(open_state):
    page = open_state(BY_NAME["wide table"], **NARROW)
    region = page.get_by_role("region", name="What each band pays in each parish")
    assert region.evaluate("each => each.scrollWidth > each.clientWidth")
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("each => each.scrollLeft > 0", arg=region.element_handle())
