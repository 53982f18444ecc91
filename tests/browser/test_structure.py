"""What assistive technology is told of each page."""

import pytest

from tests.browser.checks import structure
from tests.browser.checks.asking import ask
from tests.browser.states import STATES, each_state

CHECKS = (
    structure.check_document,
    structure.check_fields,
    structure.check_headings,
    structure.check_links,
    structure.check_pictures,
)
# Without its database the site has no links to give.
LANDMARKS_WHEN_BROKEN = ("banner", "main")


@each_state
def test_page_is_well_made(state, open_state):
    page = open_state(state)
    landmarks = LANDMARKS_WHEN_BROKEN if state.is_broken else structure.LANDMARKS
    problems = structure.check_landmarks(page, landmarks)
    for check in CHECKS:
        problems += check(page)
    if not state.has_error:
        problems += structure.check_quiet(page)
    assert not problems, "\n".join(problems)
    if not state.is_broken:
        assert_help_is_where_it_always_is(page)


def assert_help_is_where_it_always_is(page):
    """WCAG 3.2.6: how to reach us comes after the content, in one order."""
    help_links = page.get_by_role("contentinfo").locator(
        "a[href^='/cant-find-it/'], a[href^='tel:'], a[href^='mailto:']"
    )
    addresses = [link.get_attribute("href") for link in help_links.all()]
    kinds = [address.split(":")[0].split("?")[0] for address in addresses]
    # The form does not lead to itself, where what was typed would be lost.
    is_form = page.url.split("?")[0].endswith("/cant-find-it/")
    assert kinds == [*([] if is_form else ["/cant-find-it/"]), "tel", "mailto"]


@pytest.mark.parametrize(
    "state",
    [state for state in STATES if state.status == 422],
    ids=lambda state: state.name,
)
def test_error_leads_to_its_field(state, open_state):
    page = open_state(state)
    summary = page.get_by_role("alert")
    assert summary.evaluate("each => each === document.activeElement")
    assert not structure.check_error_title(page)
    assert not structure.check_error_fields(page)
    assert not structure.check_error_summary(page)


def test_error_page_gives_numbers_and_alerts(open_state):
    [state] = [state for state in STATES if state.is_broken]
    page = open_state(state)
    assert page.get_by_role("link", name="01632 960001").is_visible()
    assert page.get_by_text("Flood in Yarm").is_visible()


def test_structure_is_asked_of_real_pages(open_state):
    """Were the questions to find nothing anywhere, no check would fail."""
    page = open_state(STATES[1])
    assert len(ask(page, "headings")) > 5
    assert len(ask(page, "fields")) == 1
    roles = {node["role"] for node in structure.ax_nodes(page)}
    assert {"banner", "main", "contentinfo", "navigation", "link"} <= roles
