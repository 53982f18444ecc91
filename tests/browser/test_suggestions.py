"""Suggestions while somebody types a search, on a site whose answers are set here."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.checks import layout
from tests.browser.checks.accessibility import (
    check_axe,
    check_axe_in_forced_colours,
)
from tests.browser.conftest import DESKTOP, NARROW, PHONE, ZOOMED
from tests.browser.test_accessibility import LOOKS

FOOD = ["Food banks", "Food hygiene ratings", "Free school food", "Seafood stalls"]
LONG = "Food, " + "ab" * 100
ANSWERS = {
    "fo": ["Forms", *FOOD],
    "food": FOOD,
    "foo": FOOD,
    "food b": ["Food banks"],
    "long": ["Long " + text for text in [LONG, *FOOD, "one", "two", "three"]],
    "<b>": ["<b> or <img src=x onerror=alert(1)>"],
}
ADDRESS = re.compile(r"/search/suggestions/\?")
PAUSE = 150
MOST_TELLING = ("dark", "forced colours")

each_place = pytest.mark.parametrize(
    "address",
    [
        "/",
        pytest.param("/search/?query=recycling", marks=pytest.mark.exhaustive),
    ],
    ids=["header", "results page"],
)
each_look = pytest.mark.parametrize(
    "look",
    [
        pytest.param(name, marks=() if name in MOST_TELLING else pytest.mark.exhaustive)
        for name in LOOKS
    ],
)


class Endpoint:
    """Answers instead of the site; holds back the answers to some texts."""

    def __init__(self, page):
        self.asked, self.held_back, self.waiting = [], set(), []
        page.route(ADDRESS, self.answer)

    def answer(self, route):
        [query] = parse_qs(urlsplit(route.request.url).query)["query"]
        self.asked.append(query)
        if query in self.held_back:
            self.waiting.append(route)
        else:
            route.fulfill(json={"suggestions": ANSWERS.get(query, [])})


@pytest.fixture
def open_box(new_page):
    """Return a function that opens a page; the box is ready, and the site answers."""

    def open_one(address="/", **options):
        page = new_page(**options)
        endpoint = Endpoint(page)
        page.goto(address)
        return page, box_of(page), endpoint

    return open_one


def box_of(page):
    return page.get_by_role("combobox", name="Search this site")


def options_of(page):
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def active_option(page):
    """Return the text of the option that a screen reader is sent to."""
    return page.evaluate(
        """() => {
          const id = document.activeElement.getAttribute("aria-activedescendant");
          const option = id && document.getElementById(id);
          const selected = [...document.querySelectorAll("[aria-selected=true]")];
          if (selected.length !== (option ? 1 : 0)) return "two truths";
          return option && selected[0] === option ? option.textContent : null;
        }"""
    )


def type_and_wait(page, text="food"):
    box_of(page).fill("")
    page.keyboard.type(text)
    expect(options_of(page)).to_have_count(len(ANSWERS[text]))


def expect_closed(page):
    expect(page.locator(".suggestions")).to_be_hidden()
    box = page.get_by_label("Search this site")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert box.get_attribute("aria-activedescendant") is None


def expect_search(page, words):
    page.wait_for_url(f"**/search/?query={words.replace(' ', '+')}")


@each_place
def test_box_is_a_combobox_that_keeps_its_label(address, open_box):
    page, box, _ = open_box(address)
    expect_closed(page)
    assert box.get_attribute("aria-autocomplete") == "list"
    listbox = page.locator(f"[id='{box.get_attribute('aria-controls')}']")
    expect(listbox).to_have_count(1)
    assert listbox.get_attribute("role") == "listbox"
    type_and_wait(page)
    expect(box).to_have_attribute("aria-expanded", "true")
    assert options_of(page).all_text_contents() == FOOD


def test_suggestions_are_asked_from_the_second_letter_on_once_typing_pauses(open_box):
    page, box, endpoint = open_box()
    page.clock.install()
    page.clock.pause_at("2030-01-01")
    box.press("f")
    page.clock.run_for(10 * PAUSE)
    for letter in "ood":
        page.keyboard.press(letter)
        page.clock.run_for(PAUSE - 1)
    assert not endpoint.asked
    with page.expect_response(ADDRESS):
        page.clock.run_for(1)
    expect(options_of(page)).to_have_count(len(FOOD))
    assert endpoint.asked == ["food"]


def test_answer_is_remembered(open_box):
    page, _, endpoint = open_box()
    type_and_wait(page, "food")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    expect(options_of(page)).to_have_count(len(ANSWERS["fo"]))
    page.keyboard.type("od")
    expect(options_of(page)).to_have_count(len(FOOD))
    assert endpoint.asked == ["food", "fo"]


def test_stale_request_is_cancelled_and_its_answer_never_shows(open_box):
    page, box, endpoint = open_box()
    endpoint.held_back = {"fo"}
    with page.expect_request(ADDRESS):
        box.type("fo")
    with page.expect_event("requestfailed") as failed:
        page.keyboard.type("od")
    assert failed.value.url.endswith("query=fo")
    expect(options_of(page)).to_have_count(len(FOOD))
    [late] = endpoint.waiting
    late.fulfill(json={"suggestions": ANSWERS["fo"]})
    page.wait_for_timeout(2 * PAUSE)
    assert options_of(page).all_text_contents() == FOOD


def test_late_answer_opens_nothing_once_the_box_is_left(open_box):
    page, box, endpoint = open_box()
    endpoint.held_back = {"food"}
    with page.expect_request(ADDRESS):
        box.type("food")
    with page.expect_event("requestfailed"):
        page.keyboard.press("Tab")
    expect_closed(page)


def test_arrow_keys_go_round_the_list_and_the_box_keeps_the_keyboard(open_box):
    page, box, _ = open_box()
    type_and_wait(page)
    assert active_option(page) is None
    for text in [*FOOD, FOOD[0]]:
        page.keyboard.press("ArrowDown")
        assert active_option(page) == text
    for text in [FOOD[-1], FOOD[-2]]:
        page.keyboard.press("ArrowUp")
        assert active_option(page) == text
    expect(box).to_be_focused()
    expect(box).to_have_value("food")


def test_arrow_up_starts_from_the_end(open_box):
    page, _, _ = open_box()
    type_and_wait(page)
    page.keyboard.press("ArrowUp")
    assert active_option(page) == FOOD[-1]


@pytest.mark.parametrize("key", ["Home", "End", "ArrowLeft", "ArrowRight"])
def test_keys_of_the_text_lead_back_to_it(key, open_box):
    page, box, _ = open_box()
    type_and_wait(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press(key)
    assert active_option(page) is None
    expect(options_of(page).first).to_be_visible()
    caret = box.evaluate("each => each.selectionStart")
    assert caret == {"Home": 0, "ArrowLeft": 3}.get(key, 4)
    page.keyboard.press("Enter")
    expect_search(page, "food")


def test_shift_and_an_arrow_key_still_select_text(open_box):
    page, box, _ = open_box()
    type_and_wait(page)
    page.keyboard.press("Shift+ArrowUp")
    assert active_option(page) is None
    assert box.evaluate("each => each.selectionEnd - each.selectionStart") == 4


@each_place
def test_enter_searches_for_the_active_option(address, open_box):
    page, _, _ = open_box(address)
    type_and_wait(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect_search(page, FOOD[1])


@each_place
def test_enter_without_an_option_searches_for_what_is_typed(address, open_box):
    page, _, _ = open_box(address)
    type_and_wait(page)
    page.keyboard.press("Enter")
    expect_search(page, "food")


def test_typing_on_leaves_the_active_option(open_box):
    page, _, _ = open_box()
    type_and_wait(page, "food")
    page.keyboard.press("ArrowDown")
    page.keyboard.type(" b")
    assert active_option(page) is None
    expect(options_of(page)).to_have_count(1)


def test_answer_on_its_way_does_not_move_the_option_somebody_has_gone_to(open_box):
    page, _, endpoint = open_box()
    type_and_wait(page, "fo")
    endpoint.held_back = {"food"}
    with page.expect_request(ADDRESS):
        page.keyboard.type("od")
    with page.expect_event("requestfailed"):
        page.keyboard.press("ArrowDown")
    assert active_option(page) == "Forms"


def test_escape_closes_the_list_and_then_clears_the_box(open_box):
    page, box, _ = open_box()
    type_and_wait(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect_closed(page)
    expect(box).to_have_value("food")
    page.keyboard.press("Escape")
    expect(box).to_have_value("")


def test_arrow_key_opens_the_list_that_escape_has_closed(open_box):
    page, _, endpoint = open_box()
    type_and_wait(page)
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    assert active_option(page) == FOOD[0]
    assert endpoint.asked == ["food"]


def test_tab_closes_the_list_and_moves_on(open_box):
    page, _, _ = open_box()
    type_and_wait(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect_closed(page)
    expect(page.get_by_role("button", name="Search")).to_be_focused()


@each_place
@pytest.mark.parametrize("is_touch", [False, True], ids=["mouse", "finger"])
def test_option_is_searched_for_when_it_is_pressed(is_touch, address, open_box):
    screen = {**PHONE, "has_touch": True, "is_mobile": True} if is_touch else DESKTOP
    page, _, _ = open_box(address, **screen)
    type_and_wait(page)
    option = options_of(page).nth(2)
    option.tap() if is_touch else option.click()
    expect_search(page, FOOD[2])


def test_list_closes_when_somebody_presses_elsewhere(open_box):
    page, _, _ = open_box()
    type_and_wait(page)
    page.mouse.click(5, 500)
    expect_closed(page)


def test_list_is_closed_for_whoever_comes_back_from_the_results(open_box):
    page, _, _ = open_box()
    type_and_wait(page)
    # An answer without content: the browser stays where it is.
    page.route("**/search/?query=food", lambda route: route.fulfill(status=204))
    page.keyboard.press("Enter")
    expect_closed(page)


def test_list_closes_when_the_text_gets_too_short(open_box):
    page, _, _ = open_box()
    type_and_wait(page, "fo")
    page.keyboard.press("Backspace")
    expect_closed(page)


FAILURES = {
    "error": {"status": 500, "body": "No"},
    "not found": {"status": 404, "json": {"detail": "No such page"}},
    "not JSON": {"body": "<!doctype html>"},
    "no connection": None,
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_plain_box_is_left_when_the_answer_fails(failure, open_box):
    page, box, _ = open_box()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    type_and_wait(page, "fo")
    page.unroute(ADDRESS)
    page.route(
        ADDRESS,
        lambda route: route.fulfill(**failure) if failure else route.abort(),
    )
    with page.expect_request(ADDRESS):
        page.keyboard.type("od")
    expect_closed(page)
    assert not errors
    box.press("Enter")
    expect_search(page, "food")


def test_plain_box_is_all_there_is_without_script(new_page):
    page = new_page(java_script_enabled=False)
    endpoint = Endpoint(page)
    page.goto("/")
    box = page.get_by_role("searchbox", name="Search this site")
    box.type("food")
    page.wait_for_timeout(2 * PAUSE)
    expect(page.locator(".suggestions")).to_be_hidden()
    assert not endpoint.asked
    box.press("Enter")
    expect_search(page, "food")


def test_number_of_suggestions_is_announced_and_no_more(open_box):
    page, _, _ = open_box()
    status = page.get_by_role("status")
    expect(status).to_have_count(0)
    type_and_wait(page, "food")
    expect(status).to_have_text("4 suggestions, use up and down")
    page.keyboard.press("ArrowDown")
    expect(status).to_have_text("4 suggestions, use up and down")
    page.keyboard.type(" b")
    expect(status).to_have_text("1 suggestion, use up and down")
    page.keyboard.type("x")
    expect(status).to_have_text("No suggestions")
    page.keyboard.press("Tab")
    expect(status).to_have_text("")
    expect(status).to_have_count(1)


def test_what_was_typed_is_marked_where_a_word_starts_with_it(open_box):
    page, _, _ = open_box()
    type_and_wait(page)
    marked = options_of(page).locator("b").all_text_contents()
    assert marked == ["Food", "Food", "food", ""]


def test_markup_in_a_suggestion_is_only_text(open_box):
    page, _, _ = open_box()
    type_and_wait(page, "<b>")
    expect(options_of(page)).to_have_text(ANSWERS["<b>"])
    expect(options_of(page).locator("img")).to_have_count(0)


def compose(page, text):
    """Type with an input method that has not decided yet."""
    session = page.context.new_cdp_session(page)
    caret = {"selectionStart": len(text), "selectionEnd": len(text)}
    session.send("Input.imeSetComposition", {"text": text, **caret})
    return session


def test_input_method_that_composes_asks_only_when_it_has_done(open_box):
    page, box, endpoint = open_box()
    box.focus()
    session = compose(page, "food")
    expect(box).to_have_value("food")
    page.wait_for_timeout(2 * PAUSE)
    assert not endpoint.asked
    session.send("Input.insertText", {"text": "food"})
    expect(options_of(page)).to_have_count(len(FOOD))


def test_phone_whose_keyboard_composes_each_word_gets_suggestions(open_box):
    page, box, _ = open_box(**PHONE, has_touch=True, is_mobile=True)
    box.tap()
    compose(page, "food")
    expect(options_of(page)).to_have_count(len(FOOD))


@pytest.mark.parametrize(
    "screen",
    [
        pytest.param(DESKTOP, marks=pytest.mark.exhaustive),
        pytest.param(PHONE, marks=pytest.mark.exhaustive),
        NARROW,
        ZOOMED,
    ],
    ids=["desktop", "phone", "320", "400%"],
)
@each_place
def test_list_lies_over_the_page_and_leaves_the_box(address, screen, open_box):
    page, box, _ = open_box(address, **screen)
    box.fill("")
    box.focus()
    before = page.locator("main h1").bounding_box()
    type_and_wait(page, "long")
    assert page.locator("main h1").bounding_box() == before
    listbox = page.get_by_role("listbox").bounding_box()
    text = box.bounding_box()
    assert listbox["y"] >= text["y"] + text["height"]
    assert listbox["x"] >= 0
    assert listbox["x"] + listbox["width"] <= screen["viewport"]["width"]
    assert not layout.check_width(page)
    assert not page.get_by_role("listbox").evaluate(
        "each => each.scrollWidth > each.clientWidth"
    )


def test_active_option_is_on_screen_with_the_box_at_a_zoom_of_400_percent(open_box):
    page, box, _ = open_box(**ZOOMED)
    type_and_wait(page, "food")
    for text in FOOD:
        page.keyboard.press("ArrowDown")
        expect(options_of(page).filter(has_text=text)).to_be_in_viewport(ratio=0.9)
        expect(box).to_be_in_viewport(ratio=0.9)


def test_options_suit_a_thumb(open_box):
    page, _, _ = open_box(**PHONE, has_touch=True)
    type_and_wait(page)
    heights = [each.bounding_box()["height"] for each in options_of(page).all()]
    assert min(heights) >= layout.COMFORTABLE


@each_look
def test_axe_finds_nothing_in_an_open_list(look, open_box):
    page, _, _ = open_box(reduced_motion="reduce", **LOOKS[look])
    check = check_axe_in_forced_colours if "forced" in look else check_axe
    type_and_wait(page, "long")
    page.keyboard.press("ArrowDown")
    problems = check(page)
    page.set_viewport_size(ZOOMED["viewport"])
    problems += check(page)
    assert not problems, "\n".join(problems)


@each_look
def test_active_option_has_an_outline_that_stands_out(look, open_box):
    page, _, _ = open_box(**LOOKS[look])
    type_and_wait(page)
    page.keyboard.press("ArrowDown")
    active, other = (
        options_of(page)
        .nth(index)
        .evaluate(
            """each => {
              const style = getComputedStyle(each);
              return [style.outlineStyle, style.outlineColor, style.backgroundColor];
            }"""
        )
        for index in (0, 1)
    )
    assert active[0] == "solid"
    assert other[0] == "none"
    assert active[1] != active[2]


def test_content_security_policy_stops_nothing(open_box):
    page, _, _ = open_box()
    said = []
    page.on("console", lambda message: said.append(message.text))
    type_and_wait(page)
    page.keyboard.press("ArrowDown")
    assert not said, json.dumps(said)
