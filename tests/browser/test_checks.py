"""Each check fails on a page that is wrong in its way, and passes a good one."""

import pytest

from tests.browser.checks import keyboard, layout, structure
from tests.browser.checks.accessibility import (
    check_axe,
    check_axe_in_forced_colours,
)
from tests.browser.conftest import PHONE

GOOD = """<!doctype html><html lang="en-GB"><head><title>Bins – Council</title><style>
  body { margin: 8px; font: 1rem/1.5 sans-serif; color: black; background: white }
  a, button, input { display: inline-block; min-height: 44px; min-width: 44px }
  :focus-visible { outline: 3px solid blue }
  @media print {
    nav, search, form { display: none }
    main a[href^=http]::after { content: attr(href) }
  }
</style></head><body>
  <a href="#main">Skip to content</a>
  <header><search><form><label for="q">Search</label><input id="q"></form></search>
  <nav aria-label="Main"><a href="/a">Bins</a></nav></header>
  <main id="main" tabindex="-1"><h1>Bins</h1><h2>When</h2>
  <p>We come <a href="https://example.org/">on Fridays</a>.</p>
  <img src="data:," alt="" width="1" height="1"></main>
  <footer><p>Council</p></footer></body></html>"""

ERROR = (
    GOOD.replace("<title>", "<title>Error: ")
    .replace(
        '<input id="q">', '<input id="q" aria-invalid="true" aria-describedby="n">'
    )
    .replace(
        "<h2>When", '<a href="#q">Say what</a><p id="n">Error: Say what</p><h2>When'
    )
)

# A check, what makes the good page bad, and a word of what is then said.
STYLE, MAIN = "</style>", "</main>"
WRONGS = [
    (check_axe, "</h1>", '</h1><p style="color:#bbb">Pale</p>', "color-contrast"),
    (check_axe, "<label", "<b", "label"),
    (check_axe_in_forced_colours, "<label", "<b", "label"),
    (
        check_axe_in_forced_colours,
        "</h1>",
        '</h1><p style="color:#bbb;background:#ccc;forced-color-adjust:none">Pale</p>',
        "faint",
    ),
    (structure.check_headings, "<h1>Bins</h1>", "", "0 headings"),
    (structure.check_headings, "<h2>When", "<h3>When", "jumps"),
    (structure.check_headings, "</h1>", "</h1><h1>Two</h1>", "2 headings"),
    (structure.check_landmarks, "<footer>", "<div>", "no landmark contentinfo"),
    (structure.check_landmarks, ' aria-label="Main"', "", "no name"),
    (
        structure.check_landmarks,
        "</nav>",
        '</nav><nav aria-label="Main"></nav>',
        "Main",
    ),
    (structure.check_links, "on Fridays", "here", "called 'here'"),
    (structure.check_links, MAIN, '<a href="/b">Bins</a></main>', "lead to"),
    (structure.check_pictures, ' width="1"', "", "width"),
    (structure.check_pictures, 'alt=""', "", "alt"),
    (structure.check_document, "en-GB", "en", "British"),
    (structure.check_document, " – Council", "", "only"),
    (structure.check_quiet, "<h1>", '<p role="status">Hello</p><h1>', "status"),
    (structure.check_fields, "<label", "<span", "labels"),
    (
        structure.check_fields,
        '<input id="q"',
        '<input id="q" aria-describedby="x"',
        "by",
    ),
    (layout.check_width, MAIN, '<p style="width:900px">Wide</p></main>', "sideways"),
    (
        layout.check_lost_text,
        MAIN,
        '<p style="height:1em;overflow:hidden">Much<br>too<br>long</p></main>',
        "loses text",
    ),
    (
        layout.check_lost_text,
        MAIN,
        '<p>One and only</p><p style="margin-top:-40px">Two of them</p></main>',
        "lies on",
    ),
    (
        layout.check_text_spacing,
        MAIN,
        '<p style="width:9em;overflow:hidden;white-space:nowrap">Twenty letters x'
        "</p></main>",
        "loses text",
    ),
    (
        layout.check_target_size,
        MAIN,
        "<style>i a{min-width:0;min-height:0;font-size:9px}</style>"
        '<i><a href="/c">c</a><a href="/d">d</a></i></main>',
        "too near",
    ),
    (layout.check_primary_targets, "min-height: 44px", "height: 30px", "high"),
    (layout.check_motion, STYLE, "a { transition: color 1s }</style>", "move"),
    (layout.check_motion, STYLE, "html { scroll-behavior: smooth }</style>", "move"),
    (
        layout.check_motion,
        STYLE,
        "@keyframes k { to { opacity: 0 } } p { animation: k 9s }</style>",
        "runs",
    ),
    (layout.check_paper, "nav, search", "search", "is printed"),
    (layout.check_paper, "color: black", "color: #ddd", "pale"),
    (layout.check_paper, "background: white", "background: #222", "dark background"),
    (layout.check_printed_addresses, "attr(href)", "'!'", "hides its address"),
    (keyboard.check_skip_link, "Skip to", "Go to", "not a skip link"),
    (keyboard.check_skip_link, "#main", "#nowhere", "does not lead"),
]
WALKED = [
    (keyboard.check_tab_order, "<nav", '<b tabindex="0">b</b><nav', ""),
    (keyboard.check_tab_order, 'href="/a"', 'href="/a" tabindex="3"', "instead"),
    (
        keyboard.check_tab_order,
        'href="/a"',
        'href="/a" onkeydown="event.preventDefault()"',
        "keeps the keyboard",
    ),
    (
        keyboard.check_visual_order,
        "body {",
        "body { display: flex; flex-direction: column-reverse;",
        "below",
    ),
    (keyboard.check_focus_shows, "3px solid blue", "0", "same with focus"),
    (keyboard.check_focus_has_outline, "3px solid blue", "0", "no outline"),
    (
        keyboard.check_focus_is_seen,
        MAIN,
        '</main><div style="position:fixed;inset:0;background:red">Over</div>',
        "under",
    ),
    (
        keyboard.check_focus_is_seen,
        'href="/a"',
        'href="/a" style="position:absolute;left:-999px"',
        "off the screen",
    ),
]
ERRORS = [
    (structure.check_error_title, "Error: Bins", "Bins", "title"),
    (structure.check_error_fields, ' aria-invalid="true"', "", "no field"),
    (structure.check_error_fields, "Error: Say", "Say", "by its error"),
    (structure.check_error_summary, 'href="#q"', 'href="#r"', "no link"),
]


def name_of(value):
    return getattr(value, "__name__", "")


def shown(new_page, html, **options):
    page = new_page(**{**PHONE, **options})
    page.route(
        "**/bins/",
        lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"),
    )
    page.goto("/bins/")
    return page


def prepare(page, check):
    """Show a page as its check needs it."""
    if check in {layout.check_paper, layout.check_printed_addresses}:
        page.emulate_media(media="print")
    if check is check_axe_in_forced_colours:
        page.emulate_media(forced_colors="active")
    return page


def test_checks_accept_a_good_page(new_page):
    for check in {check for check, *_ in WRONGS}:
        assert not check(prepare(shown(new_page, GOOD), check)), check
    walked = keyboard.walk(shown(new_page, GOOD))
    for check in {check for check, *_ in WALKED}:
        assert not check(walked), check
    for check in {check for check, *_ in ERRORS}:
        assert not check(shown(new_page, ERROR)), check


@pytest.mark.parametrize(("check", "good", "bad", "said"), WRONGS + ERRORS, ids=name_of)
def test_check_finds_what_is_wrong(check, good, bad, said, new_page):
    html = ERROR if (check, good, bad, said) in ERRORS else GOOD
    assert good in html
    page = prepare(shown(new_page, html.replace(good, bad)), check)
    assert said in " ".join(check(page))


@pytest.mark.parametrize(("check", "good", "bad", "said"), WALKED, ids=name_of)
def test_check_of_the_keyboard_finds_what_is_wrong(check, good, bad, said, new_page):
    assert good in GOOD
    page = shown(new_page, GOOD.replace(good, bad))
    problems = check(keyboard.walk(page))
    assert bool(problems) == bool(said)
    assert said in " ".join(problems)
