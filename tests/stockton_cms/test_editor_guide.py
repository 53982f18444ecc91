"""The editors' guide: who reads it, how it is shown, and that nothing in it is lost."""

import re
from itertools import pairwise

from bs4 import BeautifulSoup
from django.urls import reverse

from stockton_cms.editor_guide import SOURCE, STATIC, render_guide
from tests.browser.tasks import GUIDE, MAX_BYTES, PICTURES

PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]*)\)")


def test_officer_reads_the_guide_from_the_help_menu(admin_client, db):
    page = BeautifulSoup(admin_client.get(reverse("guide")).content, "html.parser")
    [title] = page.find_all("h1")
    assert title.get_text(strip=True) == "Guide for editors"
    contents = page.find("nav", attrs={"aria-label": "In this guide"})
    for link in contents.find_all("a"):
        [heading] = page.select(f"[id='{link['href'].removeprefix('#')}']")
        assert heading.get_text() == link.get_text()
    levels = [int(each.name[1]) for each in page.select(".guide :is(h2, h3, h4)")]
    assert levels[0] == 2
    assert all(low - high <= 1 for high, low in pairwise(levels))
    assert page.select(".guide table th")
    assert reverse("guide") in admin_client.get("/admin/").content.decode()


def test_guide_is_shown_as_text_with_anchors_and_pictures_that_there_are():
    html = render_guide("# Title\n\n<script>alert(1)</script> <b>x</b>")["html"]
    assert "<script" not in html
    assert "<b>" not in html
    [one, other] = render_guide("# Title\n\n## Pictures\n\n## Pictures")["parts"]
    assert one["anchor"] != other["anchor"]
    source = f"# Title\n\nBefore ![A cup]({STATIC}guide/no-such.webp) after"
    assert "<img" not in render_guide(source)["html"]


def test_each_picture_is_there_named_and_described():
    named = dict(map(reversed, PICTURE.findall(SOURCE.read_text("utf-8"))))
    there = {f"{STATIC}guide/{path.name}": path for path in PICTURES.iterdir()}
    assert set(named) == set(there)
    assert all(len(description) > 20 for description in named.values())
    assert max(path.stat().st_size for path in there.values()) <= MAX_BYTES
    assert "<img" in render_guide(SOURCE.read_text("utf-8"))["html"]


def test_each_task_of_the_guide_is_tried_out():
    steps = (
        SOURCE.read_text("utf-8").partition("## Step by step\n")[2].split("\n## ")[0]
    )
    tests = (GUIDE.parents[1] / "tests" / "browser" / "test_guide.py").read_text()
    for title in re.findall(r"^### (.+)$", steps, re.MULTILINE):
        assert f'task("{title}")' in tests
