"""Checks of how a page is laid out: width, lost text, the size of targets, paper."""

from math import hypot

from playwright.sync_api import Page

from tests.browser.checks.accessibility import ask

LEAST = 24
COMFORTABLE = 44


def check_width(page: Page) -> list[str]:
    """See that the page does not scroll sideways (WCAG 1.4.10)."""
    return ask(page, "tooWide")


def check_lost_text(page: Page) -> list[str]:
    """See that no text is cut off or lies on other text (WCAG 1.4.4, 1.4.12)."""
    return ask(page, "cutOff") + ask(page, "overlapping")


def check_text_spacing(page: Page) -> list[str]:
    """See that nothing is lost with the spacing of WCAG 1.4.12."""
    ask(page, "spaceText")
    return check_lost_text(page) + check_width(page)


def check_target_size(page: Page) -> list[str]:
    """See that targets are 24 by 24, or alone, or in a sentence (WCAG 2.5.8)."""
    targets = ask(page, "targets")
    problems = []
    for one in targets:
        if min(one["width"], one["height"]) >= LEAST or one["isInText"]:
            continue
        crowd = [
            two["name"] for two in targets if two is not one and _is_near(one, two)
        ]
        if crowd:
            size = f"{one['width']:.0f} x {one['height']:.0f}"
            problems.append(f"{one['name']} is {size} and too near to {crowd[0]}")
    return problems


def _is_near(one: dict, two: dict) -> bool:
    """Say whether a circle of 24 around a small target touches another target."""
    x, y = one["left"] + one["width"] / 2, one["top"] + one["height"] / 2
    if min(two["width"], two["height"]) < LEAST and not two["isInText"]:
        other_x = two["left"] + two["width"] / 2
        other_y = two["top"] + two["height"] / 2
        if hypot(x - other_x, y - other_y) < LEAST:
            return True
    across = max(two["left"] - x, 0, x - two["left"] - two["width"])
    down = max(two["top"] - y, 0, y - two["top"] - two["height"])
    return hypot(across, down) < LEAST / 2


def check_primary_targets(page: Page) -> list[str]:
    """See that buttons, fields and the header's links suit a thumb."""
    return [
        f"{each['name']} is only {each['height']:.0f} high"
        for each in ask(page, "targets")
        if each["isPrimary"]
        and not each["isInText"]
        and round(each["height"]) < COMFORTABLE
    ]


def check_motion(page: Page) -> list[str]:
    """See that nothing moves for somebody who asked for less motion."""
    return ask(page, "motions")


def check_paper(page: Page) -> list[str]:
    """See that paper gets text, dark on white, and nothing to press."""
    return ask(page, "printed")


def check_printed_addresses(page: Page) -> list[str]:
    """See that on paper a link to another website shows its address."""
    return [f"{each} hides its address" for each in ask(page, "unlikeTheAddress")]
