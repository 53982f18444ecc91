"""Every page and state that a resident can meet, in every way of looking at it."""

import re
from pathlib import Path

import pytest

from tests.browser.checks import keyboard, layout, structure
from tests.browser.checks.accessibility import (
    ask,
    check_axe,
    check_axe_in_forced_colours,
)
from tests.browser.conftest import DESKTOP, NARROW, PHONE, ZOOMED
from tests.browser.states import BY_NAME, SECTION, STATES, TEMPLATES

LIGHT = {"color_scheme": "light", "forced_colors": "none"}
LOOKS = {
    "light": LIGHT,
    "dark": {"color_scheme": "dark"},
    "forced colours": {"color_scheme": "light", "forced_colors": "active"},
    "forced dark colours": {"color_scheme": "dark", "forced_colors": "active"},
}
SIZES = {"320 wide": NARROW, "zoom 400%": ZOOMED}
MOST_SIGNIFICANT = ("dark", "320 wide")
OTHERS = [name for name in (*LOOKS, *SIZES) if name not in MOST_SIGNIFICANT]
FOLDER = Path(__file__).resolve().parents[2] / "var" / "screenshots"
# What is left of a page of two hundred rows is the same.
MAX_HEIGHT = 6_000
MAX_BYTES, MAX_SCRIPT_BYTES, MAX_BLOCKING = 40_000, 6_000, 4


def by_axe(page, names):
    problems = []
    for name in names:
        page.emulate_media(**LOOKS.get(name, LIGHT))
        page.set_viewport_size(SIZES.get(name, DESKTOP)["viewport"])
        check = check_axe_in_forced_colours if "forced" in name else check_axe
        problems += [f"{name}: {problem}" for problem in check(page)]
    return problems


def on_a_desktop(page, state):
    problems = []
    if state.status == 422:
        summary = page.get_by_role("alert")
        assert summary.evaluate("each => each === document.activeElement")
        problems += structure.check_error_title(page)
        problems += structure.check_error_fields(page)
    # Without its database the site has no links to give.
    landmarks = ("banner", "main") if state.is_broken else structure.LANDMARKS
    problems += structure.check_landmarks(page, landmarks)
    for check in structure.OF_EVERY_PAGE:
        problems += check(page)
    if not state.has_error:
        problems += structure.check_quiet(page)
    if state.is_broken:
        assert page.get_by_role("link", name="01632 960001").is_visible()
        assert page.get_by_text("Flood in Yarm").is_visible()
    else:
        assert_help_is_where_it_always_is(page)
    walked = keyboard.walk(page)
    assert len(walked.met) > 1
    problems += keyboard.check_tab_order(walked)
    problems += keyboard.check_focus_shows(walked)
    problems += keyboard.check_focus_is_seen(walked)
    if state.status == 422:
        problems += structure.check_error_summary(page)
    return problems


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


def on_a_narrow_screen(page, state):
    problems = layout.check_width(page) + layout.check_lost_text(page)
    problems += layout.check_target_size(page) + layout.check_primary_targets(page)
    return problems + layout.check_text_spacing(page)


def on_a_phone(page, state):
    problems = layout.check_target_size(page) + layout.check_primary_targets(page)
    walked = keyboard.walk(page)
    problems += keyboard.check_tab_order(walked)
    problems += keyboard.check_visual_order(walked)
    problems += keyboard.check_focus_is_seen(walked)
    return problems + keyboard.check_skip_link(page)


def in_forced_colours(page, state):
    return keyboard.check_focus_has_outline(keyboard.walk(page))


def with_large_text(page, state):
    assert ask(page, "fontSize") >= 32
    problems = layout.check_width(page) + layout.check_lost_text(page)
    page.set_viewport_size(PHONE["viewport"])
    problems += layout.check_width(page) + layout.check_lost_text(page)
    return problems if state.is_large else problems + by_axe(page, ["text 200%"])


def in_other_looks(page, state):
    # Axe takes minutes for a large page, which is made of what the others have.
    return layout.check_motion(page) + ([] if state.is_large else by_axe(page, OTHERS))


def on_paper(page, state):
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()
    return layout.check_paper(page) + layout.check_printed_addresses(page)


# What fades from one look to the next would be judged on its way.
STILL = {"reduced_motion": "reduce"}
MODES = {
    "desktop": ({}, on_a_desktop),
    "narrow": ({**NARROW, "has_touch": True}, on_a_narrow_screen),
    "axe": (STILL, lambda page, state: by_axe(page, MOST_SIGNIFICANT)),
    "phone": ({**PHONE, "has_touch": True}, on_a_phone),
    "forced colours": (LOOKS["forced dark colours"], in_forced_colours),
    "large text": ({"text_size": 200, **STILL}, with_large_text),
    "other looks": (STILL, in_other_looks),
    "paper": ({"color_scheme": "dark"}, on_paper),
}
# `make browser-test` looks only at one page of each template in the other modes.
FOR_EVERY_STATE = ("desktop", "narrow", "axe")


@pytest.mark.parametrize(
    ("mode", "state"),
    [
        pytest.param(
            mode,
            state,
            id=f"{mode}-{state.name}",
            marks=()
            if mode in FOR_EVERY_STATE or state.name in TEMPLATES
            else pytest.mark.exhaustive,
        )
        for mode in MODES
        for state in STATES
    ],
)
def test_page_is_for_everyone(mode, state, open_state):
    options, check = MODES[mode]
    problems = check(open_state(state, **options), state)
    assert not problems, "\n".join(problems)


def test_wide_table_scrolls_in_a_region_of_its_own(open_state):
    page = open_state(BY_NAME["wide table"], **NARROW)
    region = page.get_by_role("region", name="What each band pays in each parish")
    assert region.evaluate("each => each.scrollWidth > each.clientWidth")
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("each => each.scrollLeft > 0", arg=region.element_handle())


def test_structure_is_asked_of_real_pages(open_state):
    """Were the questions to find nothing anywhere, no check would fail."""
    page = open_state(BY_NAME["section"])
    assert len(ask(page, "headings")) > 5
    assert len(ask(page, "fields")) == 1
    roles = {node["role"] for node in structure.ax_nodes(page)}
    assert {"banner", "main", "contentinfo", "navigation", "link"} <= roles


def test_reading_leaves_no_trace_and_runs_nothing_of_others(new_page, site):
    """What the content security policy stops would be said in the console."""
    page, origins, said, scripts = new_page(), set(), [], {}
    page.on("request", lambda asked: origins.add("/".join(asked.url.split("/")[:3])))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for state in STATES:
        if state.sent or state.name == "private page":
            continue
        page.goto((site.broken_address if state.is_broken else "") + state.path)
        assert not page.context.cookies(), state.name
        assert not page.evaluate("localStorage.length + sessionStorage.length")
        # What search engines read about a page is data, and not run.
        for script in page.locator("script:not([type='application/ld+json'])").all():
            source, kind = script.get_attribute("src"), script.get_attribute("type")
            assert source, f"inline on {state.name}"
            assert kind == "module", f"no module on {state.name}: {source}"
            scripts[source] = len(page.request.get(source).body())
        html = page.content()
        assert not re.search(r"<[^>]+\s(on\w+|style)=", html), state.name
    assert sum(scripts.values()) < MAX_SCRIPT_BYTES, scripts
    assert origins == {site.address, site.broken_address}
    assert not [text for text in said if "Failed to load resource" not in text]


def test_first_visit_is_light(new_page):
    """As `make run` serves it to a phone, in bytes on the wire."""
    page, kinds, sizes = new_page(**PHONE), {}, {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on(
        "Network.responseReceived",
        lambda event: kinds.update({event["requestId"]: event["type"]}),
    )
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    with page.expect_response(re.compile(r"\.css$")) as styles:
        page.goto(SECTION, wait_until="networkidle")
    loaded = [(kinds[each], size) for each, size in sizes.items() if each in kinds]
    assert {"Document", "Stylesheet", "Image"} <= {kind for kind, _ in loaded}
    total = sum(size for kind, size in loaded if kind != "Image")
    assert 1_000 < total <= MAX_BYTES, loaded
    assert styles.value.headers["content-encoding"] in {"br", "gzip"}
    assert "immutable" in styles.value.headers["cache-control"]
    blocking = page.evaluate(
        """performance.getEntriesByType("resource")
        .filter((each) => each.renderBlockingStatus === "blocking")
        .map((each) => each.name)"""
    )
    assert 1 <= len(blocking) <= MAX_BLOCKING, blocking


@pytest.mark.screenshots
@pytest.mark.parametrize("screen", ["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_screenshot(state, scheme, screen, open_state):
    """Write a picture to var/screenshots, for `make screenshots`."""
    size = PHONE if screen == "phone" else DESKTOP
    page = open_state(state, color_scheme=scheme, **size)
    size = page.evaluate("({ width: innerWidth, height: document.body.scrollHeight })")
    page.set_viewport_size({**size, "height": min(size["height"], MAX_HEIGHT)})
    path = FOLDER / f"{state.name.replace(' ', '-')}-{screen}-{scheme}.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 1_000
