"""The style sheets: contrast that axe does not judge, and the rules of the house."""

import re
from itertools import product

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR / "stockton_cms"
SHEETS = {path.name: path.read_text() for path in sorted(ROOT.glob("static/css/*.css"))}
MAX_LINES = 400
# WCAG 2.2, 1.4.11: lines around fields and buttons, and markers that tell something by
# themselves. The browser tests look at text.
MIN_CONTRAST = 3
PAIRS = [
    *product(("line", "action", "error"), ("paper", "sand", "card")),
    ("on-river", "river"),
    ("amber", "river"),
    ("amber", "river-light"),
    ("focus", "on-focus"),
]


def declarations(css):
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", css))


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


def test_controls_stand_out_in_both_themes():
    light, dark = map(
        declarations,
        SHEETS["tokens.css"].split("@media screen and (prefers-color-scheme: dark)"),
    )
    assert set(dark) == set(light) - {"focus", "on-focus", "logo-ground"}
    for colours in (light, light | dark):
        for one, other in PAIRS:
            assert contrast(colours[one], colours[other]) >= MIN_CONTRAST, (one, other)
    # The control: it is computed right, and a pair that is too faint would be found.
    assert contrast("#000000", "#fff") == pytest.approx(21)
    assert contrast("#a0a0a0", light["paper"]) < MIN_CONTRAST


@pytest.mark.parametrize("name", SHEETS)
def test_sheet_names_no_colour_uses_logical_properties_and_is_short(name):
    css = SHEETS[name]
    if name != "tokens.css":
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
OF_WAGTAIL = {"modeladmin", "full-width", "field-progress", "messages"}
OF_WAGTAIL |= {"bulk-action-checkbox-cell"}


def test_every_class_that_is_styled_is_used_by_a_template():
    def found(files, pattern):
        text = "\n".join(path.read_text() for path in ROOT.rglob(files))
        return set(" ".join(re.findall(pattern, text)).split())

    used = set(re.findall(r"[\w-]+", " ".join(found("*.html", r'class="([^"]*)"'))))
    # Handed to the picture's component by name, or given by a script.
    used |= found("*.html", r'css_class="([\w-]+)"')
    used |= found("static/js/*.js", r'\.className = "([\w-]+)"')
    css = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", "".join(SHEETS.values()), flags=re.S)
    assert set(re.findall(r"\.([a-z][\w-]*)", css)) - used == OF_WAGTAIL
