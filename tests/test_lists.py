"""Lists in different places that must agree: a new block or severity is in each."""

import re

from django.utils.text import slugify

from community.models.alerts import Severity
from home.blocks import BodyBlock
from search.indexing.receivers import extract_text
from tests.browser.states import SEVERITIES
from tests.factories import PartnershipPageFactory
from tests.test_project import ROOT

BLOCKS = BodyBlock().child_blocks
STYLES = (ROOT / "stockton_cms/static/css/site.css").read_text()
GUIDE = (ROOT / "docs/editors.md").read_text()
# Files are searched by what is in them; images by their pages.
WITHOUT_TEXT = {"image", "documents"}


def words_in(value):
    """Return the longest text that a block's preview shows to readers."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return max((words_in(part) for part in value), key=len, default="")
    text = re.sub(r"<[^>]+>|https?:\S+", "\n", str(value or ""))
    return max(text.splitlines(), key=len, default="").strip()


def test_each_severity_has_its_style_is_in_the_guide_and_looked_at_in_a_browser():
    assert {slugify(each.label) for each in Severity} == set(SEVERITIES)
    for severity in Severity:
        # The lowest is what an alert looks like if nothing else is said.
        selector = f'.alert[data-severity="{slugify(severity.label)}"]'
        assert (selector in STYLES) != (severity == min(Severity))
        assert f"\n| {severity.label} | " in GUIDE


def test_each_block_is_in_the_guide_and_its_words_are_found(section):
    page = PartnershipPageFactory(parent=section)
    for name, block in BLOCKS.items():
        assert f"\n| {block.label} | " in GUIDE
        if name in WITHOUT_TEXT:
            continue
        preview = block.get_prep_value(block.get_preview_value())
        words = words_in(preview)
        assert len(words) > 5
        page.body = BodyBlock().to_python([{"type": name, "value": preview}])
        assert words in " ".join(extract_text(page)["body"].split())
