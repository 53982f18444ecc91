"""Checks of a page with the keyboard alone."""

from dataclasses import dataclass
from itertools import pairwise

from playwright.sync_api import Page

from tests.browser.checks.accessibility import ask

MAX_STOPS = 300


@dataclass(frozen=True)
class Walk:
    """The stops that Tab should make on a page, and those that it made."""

    expected: list[str]
    met: list[dict]
    trapped_at: str = ""


def walk(page: Page) -> Walk:
    """Go through a page with Tab."""
    expected = ask(page, "prepare")
    met = []
    for _ in range(min(len(expected) + 2, MAX_STOPS)):
        page.keyboard.press("Tab")
        stop = ask(page, "stop")
        if stop is None or (len(met) > 1 and stop["index"] == met[0]["index"]):
            break
        if met and stop["index"] == met[-1]["index"]:
            return Walk(expected, met, trapped_at=stop["name"])
        met.append(stop)
    return Walk(expected, met)


def check_tab_order(walked: Walk) -> list[str]:
    """See that Tab goes through all, in the order of the document, and out again."""
    names = [each["name"] for each in walked.met]
    if walked.trapped_at:
        return [f"{walked.trapped_at} keeps the keyboard"]
    if [each["index"] for each in walked.met] != list(range(len(walked.expected))):
        return [f"Tab meets {names} instead of {walked.expected}"]
    return []


def check_visual_order(walked: Walk) -> list[str]:
    """See that in one column Tab goes down the page and never back up."""
    return [
        f"{two['name']} comes after {one['name']}, which stands below it"
        for one, two in pairwise(walked.met)
        if two["bottom"] <= one["top"] - 1
    ]


def check_focus_shows(walked: Walk) -> list[str]:
    """See that whatever has the keyboard looks different (WCAG 2.4.7)."""
    return [
        f"{each['name']} looks the same with focus"
        for each in walked.met
        if not each["hasOutline"] and not each["looksDifferent"]
    ]


def check_focus_has_outline(walked: Walk) -> list[str]:
    """See that focus has an outline, all that forced colours leave of it."""
    return [
        f"{each['name']} has no outline"
        for each in walked.met
        if not each["hasOutline"]
    ]


def check_focus_is_seen(walked: Walk) -> list[str]:
    """See that what has the keyboard is on screen and not covered (WCAG 2.4.11)."""
    return [
        f"{each['name']} is off the screen"
        for each in walked.met
        if not each["isOnScreen"]
    ] + [
        f"{each['name']} is under {each['covering']}"
        for each in walked.met
        if each["isCovered"]
    ]


def check_skip_link(page: Page) -> list[str]:
    """See that the first press of Tab finds a link that leads to the content."""
    ask(page, "fromTheTop")
    page.keyboard.press("Tab")
    if "skip" not in page.evaluate("document.activeElement.textContent").lower():
        return ["the first stop is not a skip link"]
    page.keyboard.press("Enter")
    if not page.evaluate("document.activeElement?.closest('main') !== null"):
        page.keyboard.press("Tab")
        if not page.evaluate("document.activeElement?.closest('main') !== null"):
            return ["the skip link does not lead to the content"]
    return []
