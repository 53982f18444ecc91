"""Suggestions while someone types a search, on a site whose answers are set here."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.checks import layout
from tests.browser.checks.accessibility import check_axe, check_axe_in_forced_colours
from tests.browser.conftest import DESKTOP, NARROW, PHONE, ZOOMED
from tests.browser.test_pages import LOOKS

FOOD = ["Food banks", "Food hygiene ratings", "Free school food", "Seafood stalls"]
LONG = "Food, " + "ab" * 100
ANSWERS = {
    "fo": ["Forms", *FOOD],
    "food": FOOD,
    "food b": ["Food banks"],
    "long": ["Long " + text for text in [LONG, *FOOD, "one", "two", "three"]],
    "<b>": ["<b> or <img src=x onerror=alert(1)>"],
}
ADDRESS = re.compile(r"/search/suggestions/\?")
PAUSE = 150


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
    said = []

    def open_one(address="/", **options):
        page = new_page(**options)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text))
        endpoint = Endpoint(page)
        page.goto(address)
        return page, page.get_by_role("combobox", name="Search this site"), endpoint

    yield open_one
    # What the content security policy stops would be said there.
    assert not [text for text in said if "Failed to load resource" not in text]


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
    page.get_by_role("combobox", name="Search this site").fill("")
    page.keyboard.type(text)
    expect(options_of(page)).to_have_count(len(ANSWERS[text]))


def expect_closed(page):
    expect(page.locator(".suggestions")).to_be_hidden()
    box = page.get_by_label("Search this site")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert box.get_attribute("aria-activedescendant") is None


def expect_search(page, words):
    page.wait_for_url(f"**/search/?query={words.replace(' ', '+')}")


@pytest.mark.parametrize("address", ["/", "/search/?query=recycling"])
def test_box_is_a_combobox_that_says_how_many_there_are(address, open_box):
    page, box, _ = open_box(address)
    expect_closed(page)
    assert box.get_attribute("aria-autocomplete") == "list"
    listbox = page.locator(f"[id='{box.get_attribute('aria-controls')}']")
    assert listbox.get_attribute("role") == "listbox"
    status = page.get_by_role("status")
    expect(status).to_have_count(0)
    type_and_wait(page)
    expect(box).to_have_attribute("aria-expanded", "true")
    assert options_of(page).all_text_contents() == FOOD
    # Marked is what was typed, where a word starts with it.
    marked = options_of(page).locator("b").all_text_contents()
    assert marked == ["Food", "Food", "food", ""]
    expect(status).to_have_text("4 suggestions, use up and down")
    page.keyboard.press("ArrowDown")
    expect(status).to_have_text("4 suggestions, use up and down")
    # Typing on leaves the active option.
    page.keyboard.type(" b")
    assert active_option(page) is None
    expect(options_of(page)).to_have_count(1)
    expect(status).to_have_text("1 suggestion, use up and down")
    page.keyboard.type("x")
    expect(status).to_have_text("No suggestions")
    page.keyboard.press("Tab")
    expect(status).to_have_text("")
    expect(status).to_have_count(1)
    type_and_wait(page, "<b>")
    expect(options_of(page)).to_have_text(ANSWERS["<b>"])
    expect(options_of(page).locator("img")).to_have_count(0)


def test_site_is_asked_from_the_second_letter_on_once_typing_pauses(open_box):
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


def test_answer_is_remembered_and_a_late_one_never_shows(open_box):
    page, box, endpoint = open_box()
    endpoint.held_back = {"fo"}
    with page.expect_request(ADDRESS):
        box.type("fo")
    with page.expect_event("requestfailed") as failed:
        page.keyboard.type("od")
    assert failed.value.url.endswith("query=fo")
    expect(options_of(page)).to_have_count(len(FOOD))
    endpoint.waiting.pop().fulfill(json={"suggestions": ANSWERS["fo"]})
    page.wait_for_timeout(2 * PAUSE)
    assert options_of(page).all_text_contents() == FOOD

    endpoint.held_back = {"food b"}
    with page.expect_request(ADDRESS):
        page.keyboard.type(" b")
    # Nor does it move the option that someone has gone to.
    with page.expect_event("requestfailed"):
        page.keyboard.press("ArrowDown")
    assert active_option(page) == FOOD[0]
    for _ in " b":
        page.keyboard.press("Backspace")
    expect(options_of(page)).to_have_count(len(FOOD))
    assert endpoint.asked == ["fo", "food", "food b"]
    with page.expect_request(ADDRESS):
        page.keyboard.type(" b")
    with page.expect_event("requestfailed"):
        page.keyboard.press("Tab")
    expect_closed(page)


def test_keyboard_goes_round_the_list_and_stays_in_the_box(open_box):
    page, box, endpoint = open_box()
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
    for key, caret in {"Home": 0, "End": 4, "ArrowLeft": 3, "ArrowRight": 4}.items():
        page.keyboard.press("ArrowDown")
        page.keyboard.press(key)
        assert active_option(page) is None
        expect(options_of(page).first).to_be_visible()
        assert box.evaluate("each => each.selectionStart") == caret
    page.keyboard.press("Shift+ArrowUp")
    assert active_option(page) is None
    assert box.evaluate("each => each.selectionEnd - each.selectionStart") == 4
    page.keyboard.press("End")
    page.keyboard.press("Escape")
    expect_closed(page)
    # An arrow key opens it again; Escape closes it, and then clears the box.
    page.keyboard.press("ArrowUp")
    assert active_option(page) == FOOD[-1]
    assert endpoint.asked == ["food"]
    page.keyboard.press("Escape")
    expect(box).to_have_value("food")
    page.keyboard.press("Escape")
    expect(box).to_have_value("")


def test_list_closes_for_anyone_who_goes_on(open_box):
    page, _, _ = open_box()
    type_and_wait(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect_closed(page)
    expect(page.get_by_role("button", name="Search")).to_be_focused()
    type_and_wait(page)
    page.mouse.click(5, 500)
    expect_closed(page)
    type_and_wait(page, "fo")
    page.keyboard.press("Backspace")
    expect_closed(page)
    type_and_wait(page)
    # An answer without content: the browser stays where it is.
    page.route("**/search/?query=food", lambda route: route.fulfill(status=204))
    page.keyboard.press("Enter")
    expect_closed(page)


@pytest.mark.parametrize("way", ["nothing", "Enter", "mouse", "finger"])
def test_option_is_searched_for_when_it_is_chosen(way, open_box):
    finger = {**PHONE, "has_touch": True, "is_mobile": True}
    page, _, _ = open_box(**(finger if way == "finger" else DESKTOP))
    type_and_wait(page)
    option = options_of(page).nth(1)
    if way == "finger":
        heights = [each.bounding_box()["height"] for each in options_of(page).all()]
        assert min(heights) >= layout.COMFORTABLE
        option.tap()
    elif way == "mouse":
        option.click()
    else:
        for _ in range(2 if way == "Enter" else 0):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    expect_search(page, "food" if way == "nothing" else FOOD[1])


FAILURES = {
    "error": lambda route: route.fulfill(status=500, body="No"),
    "not found": lambda route: route.fulfill(status=404, json={"detail": "No"}),
    "not JSON": lambda route: route.fulfill(body="<!doctype html>"),
    "no connection": lambda route: route.abort(),
}


def test_plain_box_is_left_when_the_answer_fails(open_box):
    page, box, _ = open_box()
    for fail in FAILURES.values():
        page.goto("/")
        type_and_wait(page, "fo")
        page.route(ADDRESS, fail)
        with page.expect_request(ADDRESS):
            page.keyboard.type("od")
        expect_closed(page)
        box.press("Enter")
        expect_search(page, "food")
        page.unroute(ADDRESS, fail)


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


def compose(page, text):
    """Type with an input method that has not decided yet."""
    session = page.context.new_cdp_session(page)
    caret = {"selectionStart": len(text), "selectionEnd": len(text)}
    session.send("Input.imeSetComposition", {"text": text, **caret})
    return session


def test_input_method_asks_when_it_has_done_and_a_phones_at_once(open_box):
    page, box, endpoint = open_box()
    box.focus()
    session = compose(page, "food")
    expect(box).to_have_value("food")
    page.wait_for_timeout(2 * PAUSE)
    assert not endpoint.asked
    session.send("Input.insertText", {"text": "food"})
    expect(options_of(page)).to_have_count(len(FOOD))
    page, box, _ = open_box(**PHONE, has_touch=True, is_mobile=True)
    box.tap()
    compose(page, "food")
    expect(options_of(page)).to_have_count(len(FOOD))


SCREENS = {"desktop": DESKTOP, "phone": PHONE, "320": NARROW, "400%": ZOOMED}


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS)
def test_list_lies_over_the_page_and_leaves_the_box(screen, open_box):
    page, box, _ = open_box("/search/?query=recycling", **screen)
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
    type_and_wait(page, "food")
    for text in FOOD:
        page.keyboard.press("ArrowDown")
        expect(options_of(page).filter(has_text=text)).to_be_in_viewport(ratio=0.9)
        expect(box).to_be_in_viewport(ratio=0.9)


STYLE = """each => {
  const style = getComputedStyle(each);
  return [style.outlineStyle, style.outlineColor, style.backgroundColor];
}"""


@pytest.mark.parametrize("look", LOOKS)
def test_open_list_breaks_no_rule_and_its_active_option_stands_out(look, open_box):
    page, _, _ = open_box(reduced_motion="reduce", **LOOKS[look])
    check = check_axe_in_forced_colours if "forced" in look else check_axe
    type_and_wait(page, "long")
    page.keyboard.press("ArrowDown")
    problems = check(page)
    page.set_viewport_size(ZOOMED["viewport"])
    problems += check(page)
    assert not problems, "\n".join(problems)
    active, other = (options_of(page).nth(each).evaluate(STYLE) for each in (0, 1))
    assert (active[0], other[0]) == ("solid", "none")
    assert active[1] != active[2]
