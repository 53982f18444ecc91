"""Ties what a test does in the admin to what docs/editors.md tells officers to do."""

import re
from functools import reduce
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "editors.md"
PICTURES = ROOT / "stockton_cms" / "static" / "guide"
STEPS = "## Step by step\n"
MAX_BYTES = 60_000
CHOSEN = ("button", "link", "menuitem", "tab", "option", "radio", "checkbox")


def named(label: str) -> re.Pattern:
    """Return what finds the accessible name of what is called so."""
    # Playwright reads it as JavaScript's, in which a slash would end it.
    words = re.escape(label).replace("/", r"\/")
    return re.compile(rf"^\s*{words}\s*(\*|\..*)?\s*$")


class Task:
    """One task of the guide, done as its section says.

    What an officer chooses or fills in is bold there, and worded as on the screen. The
    test may use nothing else, and must have used all of it when the task is done.
    """

    def __init__(self, title: str, guide: str = "", takes_pictures: bool = False):
        steps = (
            (guide or GUIDE.read_text("utf-8")).partition(STEPS)[2].split("\n## ")[0]
        )
        sections = dict(
            part.partition("\n")[::2] for part in f"\n{steps}".split("\n### ")[1:]
        )
        assert title in sections, f"The guide has no task '{title}'"
        self.title = title
        self.takes_pictures = takes_pictures
        self.used: set[str] = set()
        section = " ".join(sections[title].split())
        self.labels = set(re.findall(r"\*\*(.+?)\*\*", section))
        self.pictures = set(re.findall(r"static/guide/([\w.-]+)\)", section))

    def use(self, label: str) -> re.Pattern:
        """Note that a label is used; return what finds it on the screen.

        A field that must be filled in has a star behind it, a link may say more.
        """
        assert label in self.labels, f"'{self.title}' has no **{label}**"
        self.used.add(label)
        return named(label)

    def choose(self, where: Page | Locator, label: str, name: str = "") -> None:
        """Click what is called so; `name` is what screen readers are told instead."""
        pattern = self.use(label)
        if name:
            assert name.startswith(label)
            pattern = named(name)
        found = [where.get_by_role(role, name=pattern) for role in CHOSEN]
        target = reduce(lambda one, other: one.or_(other), found)
        target.filter(visible=True).first.click()

    def choose_block(self, page: Page, label: str) -> None:
        """Choose from the list of blocks; a click is lost while it still moves."""
        blocks = page.locator(".w-combobox").filter(visible=True)
        blocks.wait_for()
        for _ in range(5):
            self.choose(blocks, label)
            page.wait_for_timeout(500)
            if not blocks.count():
                return
        raise AssertionError(f"The list of blocks stays open after '{label}'")

    def fill(self, where: Page | Locator, label: str, text: str) -> None:
        """Type into a field, or choose from its list what is called `text`."""
        name = self.use(label)
        field = where.get_by_role("textbox", name=name)
        lists = where.get_by_role("combobox", name=name)
        target = field.or_(lists).first
        if target.evaluate("field => field.localName") == "select":
            target.select_option(label=text)
        else:
            target.fill(text)
            # The calendar of a date goes away, and a page's address follows its title.
            target.press("Tab")

    def write(self, where: Page | Locator, label: str, text: str) -> None:
        """Write into a field with formatted text, in the part that is called so."""
        part = where.get_by_role("region", name=self.use(label)).last
        part.get_by_role("textbox").click()
        part.page.keyboard.type(text)

    def open_more(self, page: Page, label: str) -> None:
        """Click the arrow beside a button: its own name is for screen readers only."""
        button = page.get_by_role("button", name=self.use(label))
        bar = page.get_by_role("navigation").filter(has=button).last
        bar.get_by_role("button", name="More actions").click()

    def take_picture(self, page: Page, name: str) -> None:
        """Keep what the screen shows as one of the task's pictures."""
        assert name in self.pictures, f"'{self.title}' does not show {name}"
        self.pictures.remove(name)
        page.wait_for_load_state("networkidle")
        if self.takes_pictures:
            PICTURES.mkdir(exist_ok=True)
            image = Image.open(BytesIO(page.screenshot(animations="disabled")))
            image.convert("RGB").save(PICTURES / name, quality=60, method=6)
            assert (PICTURES / name).stat().st_size <= MAX_BYTES

    def done(self) -> None:
        """See that nothing of the section is left."""
        unused = sorted(self.labels - self.used)
        assert not unused, f"Nobody needs {unused} for '{self.title}'"
        assert not self.pictures, f"No picture was taken for {sorted(self.pictures)}"
