"""Checks of what a page is made of: headings, landmarks, links, pictures, forms."""

import re
from collections import defaultdict
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.checks.accessibility import ask

CLICK_MARK = re.compile(r"found=[-\w]{12}\.\d+")
# Names that say nothing to somebody who hears a list of links.
EMPTY_NAMES = {
    *("click here", "here", "more", "read more", "find out more", "learn more"),
    *("link", "this", "this page", "continue", "details", "more details", ""),
}
LANDMARKS = ("banner", "main", "contentinfo", "navigation", "search")


def check_headings(page: Page) -> list[str]:
    """See that there is one h1, and no level left out on the way down."""
    headings = ask(page, "headings")
    problems = [
        f"heading without text at level {level}" for level, text in headings if not text
    ]
    first = [text for level, text in headings if level == 1]
    if len(first) != 1:
        problems.append(f"{len(first)} headings of the first level: {first}")
    before = 1
    for level, text in headings:
        if level > before + 1:
            problems.append(f"'{text}' jumps from level {before} to {level}")
        before = level
    return problems


def ax_nodes(page: Page) -> list[dict]:
    """Return what a screen reader is told: role, name and address of each node."""
    session = page.context.new_cdp_session(page)
    tree = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    nodes = []
    for node in tree:
        if node.get("ignored"):
            continue
        properties = {
            each["name"]: each["value"].get("value")
            for each in node.get("properties", [])
        }
        nodes.append(
            {
                "role": node.get("role", {}).get("value", ""),
                "name": " ".join(node.get("name", {}).get("value", "").split()),
                "url": properties.get("url", ""),
            }
        )
    return nodes


def check_landmarks(page: Page, wanted: tuple[str, ...] = LANDMARKS) -> list[str]:
    """See that each landmark is there; those that repeat have names of their own."""
    found = defaultdict(list)
    for node in ax_nodes(page):
        found[node["role"]].append(node["name"])
    problems = [f"no landmark {role}" for role in wanted if not found[role]]
    for role in ("banner", "main", "contentinfo"):
        if len(found[role]) > 1:
            problems.append(f"{len(found[role])} landmarks {role}")
    for role in ("navigation", "region", "search", "form", "complementary"):
        # A form or a region without a name is no landmark.
        names = [name for name in found[role] if name or role not in {"form", "region"}]
        if len(names) > 1 and ("" in names or len(set(names)) < len(names)):
            problems.append(f"landmarks {role} have the names {names}")
        if role == "navigation" and "" in names:
            problems.append("a navigation has no name")
    return problems


def check_links(page: Page) -> list[str]:
    """See that links say where they lead, and two of one name lead to one place."""
    places = defaultdict(set)
    problems = []
    for node in ax_nodes(page):
        if node["role"] != "link":
            continue
        if node["name"].lower().strip(" .…>›") in EMPTY_NAMES:
            problems.append(f"a link is called '{node['name']}'")
        url = urlsplit(node["url"] or "")._replace(fragment="")
        if CLICK_MARK.fullmatch(url.query):
            # Leads to the same page: the site takes the mark off on arrival.
            url = url._replace(query="")
        places[node["name"]].add(url.geturl())
    problems += [
        f"links called '{name}' lead to {sorted(urls)}"
        for name, urls in places.items()
        if len(urls) > 1
    ]
    return problems


def check_pictures(page: Page) -> list[str]:
    """See that every picture has an alternative text, be it empty, and its size."""
    return [
        f"picture without alt, width or height: {each}"
        for each in ask(page, "pictures")
    ]


def check_document(page: Page) -> list[str]:
    """See that the page says its language and has the council in its title."""
    problems = []
    if page.evaluate("document.documentElement.lang") != "en-GB":
        problems.append("the page does not say that it is in British English")
    if len(page.title().split(" – ")) < 2:
        problems.append(f"the title is only '{page.title()}'")
    return problems


def check_quiet(page: Page) -> list[str]:
    """See that no part interrupts a screen reader while the page loads."""
    return [f"a live region: {each}" for each in ask(page, "liveRegions")]


def check_fields(page: Page) -> list[str]:
    """See that every field has a label of its own, and notes that exist."""
    problems = []
    for each in ask(page, "fields"):
        if len(each["labels"]) != 1 or not each["labels"][0]:
            problems.append(f"field {each['name']} has the labels {each['labels']}")
        if None in each["notes"] or "" in each["notes"]:
            problems.append(f"field {each['name']} is described by nothing")
    return problems


def check_error_title(page: Page) -> list[str]:
    """See that the title says first that there is an error."""
    return [] if page.title().startswith("Error: ") else [f"title '{page.title()}'"]


def check_error_fields(page: Page) -> list[str]:
    """See that a wrong field says so, and that its description holds the error."""
    wrong = [each for each in ask(page, "fields") if each["isInvalid"]]
    problems = [] if wrong else ["no field is marked as wrong"]
    for each in wrong:
        if not any(note and "Error:" in note for note in each["notes"]):
            problems.append(f"field {each['name']} is not described by its error")
    return problems


def check_error_summary(page: Page) -> list[str]:
    """See that the summary leads to each wrong field, for the keyboard too."""
    wrong = [each for each in ask(page, "fields") if each["isInvalid"]]
    problems = []
    for each in wrong:
        link = page.locator(f"main a[href='#{each['id']}']").first
        if not link.count():
            problems.append(f"no link leads to field {each['name']}")
            continue
        link.focus()
        page.keyboard.press("Enter")
        try:
            expect(page.locator(f"[id='{each['id']}']")).to_be_focused(timeout=1000)
        except AssertionError:
            problems.append(f"the link does not lead to field {each['name']}")
    return problems


OF_EVERY_PAGE = (
    check_document,
    check_fields,
    check_headings,
    check_links,
    check_pictures,
)
