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
    .replace('id="q">', 'id="q" aria-invalid="true" aria-describedby="n">')
    .replace("<h2>", '<a href="#q">Say what</a><p id="n">Error: Say what</p><h2>')
)
END, STYLE = "</main>", "</style>"
FAINT = '<p style="color:#bbb;background:#ccc;forced-color-adjust:none">Pale</p>'
LOST = '<p style="height:1em;overflow:hidden">Much<br>too<br>long</p>'
OVER = '<p>One and only</p><p style="margin-top:-40px">Two of them</p>'
TIGHT = '<p style="width:9em;overflow:hidden;white-space:nowrap">Twenty letters x</p>'
SMALL = """<style>i a{min-width:0;min-height:0;font-size:9px}</style>
  <i><a href="/c">c</a><a href="/d">d</a></i>"""
MOVING = "@keyframes k { to { opacity: 0 } } p { animation: k 9s }"
COVER = '<div style="position:fixed;inset:0;background:red">Over</div>'
AWAY = 'href="/a" style="position:absolute;left:-999px"'
TRAP = 'href="/a" onkeydown="event.preventDefault()"'
REVERSED = "body { display: flex; flex-direction: column-reverse;"

# By check: what makes the good page bad, and a word of what is then said.
WRONGS = {
    check_axe: [
        ("</h1>", '</h1><p style="color:#bbb">Pale</p>', "color-contrast"),
        ("<label", "<b", "label"),
    ],
    check_axe_in_forced_colours: [
        ("<label", "<b", "label"),
        ("</h1>", f"</h1>{FAINT}", "faint"),
    ],
    structure.check_headings: [
        ("<h1>Bins</h1>", "", "0 headings"),
        ("<h2>When", "<h3>When", "jumps"),
        ("</h1>", "</h1><h1>Two</h1>", "2 headings"),
    ],
    structure.check_landmarks: [
        ("<footer>", "<div>", "no landmark contentinfo"),
        (' aria-label="Main"', "", "no name"),
        ("</nav>", '</nav><nav aria-label="Main"></nav>', "Main"),
    ],
    structure.check_links: [
        ("on Fridays", "here", "called 'here'"),
        (END, f'<a href="/b">Bins</a>{END}', "lead to"),
    ],
    structure.check_pictures: [(' width="1"', "", "width"), ('alt=""', "", "alt")],
    structure.check_document: [("en-GB", "en", "British"), (" – Council", "", "only")],
    structure.check_quiet: [("<h1>", '<p role="status">Hello</p><h1>', "status")],
    structure.check_fields: [
        ("<label", "<span", "labels"),
        ('<input id="q"', '<input id="q" aria-describedby="x"', "by"),
    ],
    layout.check_width: [(END, f'<p style="width:900px">Wide</p>{END}', "sideways")],
    layout.check_lost_text: [
        (END, f"{LOST}{END}", "loses text"),
        (END, f"{OVER}{END}", "lies on"),
    ],
    layout.check_text_spacing: [(END, f"{TIGHT}{END}", "loses text")],
    layout.check_target_size: [(END, f"{SMALL}{END}", "too near")],
    layout.check_primary_targets: [("min-height: 44px", "height: 30px", "high")],
    layout.check_motion: [
        (STYLE, f"a {{ transition: color 1s }}{STYLE}", "move"),
        (STYLE, f"html {{ scroll-behavior: smooth }}{STYLE}", "move"),
        (STYLE, f"{MOVING}{STYLE}", "runs"),
    ],
    layout.check_paper: [
        ("nav, search", "search", "is printed"),
        ("color: black", "color: #ddd", "pale"),
        ("background: white", "background: #222", "dark background"),
    ],
    layout.check_printed_addresses: [("attr(href)", "'!'", "hides its address")],
    keyboard.check_skip_link: [
        ("Skip to", "Go to", "not a skip link"),
        ("#main", "#nowhere", "does not lead"),
    ],
}
WALKED = {
    keyboard.check_tab_order: [
        ("<nav", '<b tabindex="0">b</b><nav', ""),
        ('href="/a"', 'href="/a" tabindex="3"', "instead"),
        ('href="/a"', TRAP, "keeps the keyboard"),
    ],
    keyboard.check_visual_order: [("body {", REVERSED, "below")],
    keyboard.check_focus_shows: [("3px solid blue", "0", "same with focus")],
    keyboard.check_focus_has_outline: [("3px solid blue", "0", "no outline")],
    keyboard.check_focus_is_seen: [
        (END, f"{END}{COVER}", "under"),
        ('href="/a"', AWAY, "off the screen"),
    ],
}
ERRORS = {
    structure.check_error_title: [("Error: Bins", "Bins", "title")],
    structure.check_error_fields: [
        (' aria-invalid="true"', "", "no field"),
        ("Error: Say", "Say", "by its error"),
    ],
    structure.check_error_summary: [('href="#q"', 'href="#r"', "no link")],
}


@pytest.fixture
def problems_of(new_page):
    """Return a function that shows HTML as a check needs it, and asks the check."""

    def ask(check, html):
        page = new_page(**PHONE)
        page.route(
            "**/bins/",
            lambda route: route.fulfill(
                body=html, content_type="text/html; charset=utf-8"
            ),
        )
        page.goto("/bins/")
        if check in {layout.check_paper, layout.check_printed_addresses}:
            page.emulate_media(media="print")
        if check is check_axe_in_forced_colours:
            page.emulate_media(forced_colors="active")
        return check(keyboard.walk(page) if check in WALKED else page)

    return ask


CHECKS = [*WRONGS, *WALKED, *ERRORS]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check_accepts_a_good_page_and_finds_what_is_wrong(check, problems_of):
    good_page = ERROR if check in ERRORS else GOOD
    assert not problems_of(check, good_page)
    for good, bad, said in (WRONGS | WALKED | ERRORS)[check]:
        assert good in good_page
        problems = problems_of(check, good_page.replace(good, bad))
        assert bool(problems) == bool(said)
        assert said in " ".join(problems)
