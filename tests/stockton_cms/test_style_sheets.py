"""The style sheets: contrast of every pair of tokens, and the rules of the house."""

import re
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "stockton_cms"
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
TOKENS = (ROOT / "static" / "css" / "tokens.css").read_text()
MAX_LINES = 400

# WCAG 2.2: 1.4.3 for text, 1.4.11 for what shows where a control is.
TEXT, CONTROL = 4.5, 3.0
GROUNDS = ("paper", "sand", "card")
TEXT_COLOURS = ("ink", "ink-soft", "link", "visited", "error")
# Lines around fields and buttons, and markers that tell something by themselves.
CONTROL_PAIRS = [
    *product(("line", "action", "error"), GROUNDS),
    ("on-river", "river"),
    ("amber", "river"),
    ("amber", "river-light"),
    ("focus", "on-focus"),
]


def declarations(css):
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", css))


def themes():
    light, dark = TOKENS.split("@media screen and (prefers-color-scheme: dark)")
    return {"light": declarations(light), "dark": declarations(light + dark)}


def luminance(colour):
    """Return the relative luminance of `#rgb` or `#rrggbb` (WCAG 2.2)."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    channels = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def pairs():
    names = themes()["light"]
    own = [(name, name.removeprefix("on-"), TEXT) for name in names if "on-" in name]
    on_grounds = [(*pair, TEXT) for pair in product(TEXT_COLOURS, GROUNDS)]
    return own + on_grounds + [(*pair, CONTROL) for pair in CONTROL_PAIRS]


def test_dark_theme_sets_the_colours_that_the_light_one_has():
    dark_only = declarations(TOKENS.split("prefers-color-scheme: dark")[1])
    same_in_both = {"focus", "on-focus", "logo-ground"}
    assert set(dark_only) == set(themes()["light"]) - same_in_both


def test_pairs_of_tokens_have_the_contrast_they_need():
    for colours in themes().values():
        for text, ground, least in pairs():
            assert contrast(colours[text], colours[ground]) >= least, (text, ground)
    # The control: a pair that is too faint would be found, as it is computed right.
    assert contrast("#000000", "#fff") == pytest.approx(21)
    assert contrast("#8a8a8a", themes()["light"]["paper"]) < TEXT


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_sheet_names_no_colour_uses_logical_properties_and_is_short(sheet):
    css = sheet.read_text()
    if sheet.name != "tokens.css":
        rules = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
        assert not re.search(r"#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\(", rules)
    assert len(css.splitlines()) <= MAX_LINES
    # A browser from before layers is from before logical properties too.
    css = css.split("@layer base {")[-1]
    sides = "(top|right|bottom|left)"
    physical = rf"(margin|padding|border|inset)-{sides}|[; ](left|right):"
    assert not re.search(physical, css)
    assert "!important" not in css


# Classes of the admin's lists and messages, which Wagtail writes and we only fix.
OF_WAGTAIL = {
    "modeladmin",
    "full-width",
    "field-progress",
    "bulk-action-checkbox-cell",
    "messages",
}


def test_every_class_that_is_styled_is_used_by_a_template():
    templates = "\n".join(path.read_text() for path in ROOT.rglob("*.html"))
    used = set(
        re.findall(r"[\w-]+", " ".join(re.findall(r'class="([^"]*)"', templates)))
    )
    # Handed to the picture's component by name.
    used |= set(re.findall(r'css_class="([\w-]+)"', templates))
    # Given by a script to what it adds to a page.
    scripts = "\n".join(path.read_text() for path in ROOT.rglob("static/js/*.js"))
    used |= set(re.findall(r'\.className = "([\w-]+)"', scripts))
    styled = set()
    for sheet in SHEETS:
        css = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", sheet.read_text(), flags=re.DOTALL)
        styled |= set(re.findall(r"\.([a-z][\w-]*)", css))
    assert styled - used == OF_WAGTAIL
