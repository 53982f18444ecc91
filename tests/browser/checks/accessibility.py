"""Asks a page: by the `.js` files beside this one, and by the rules of axe.

Those are WCAG 2.0 to 2.2 at A and AA, and axe's best practices.
"""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

SCRIPTS = ",".join(
    f"...({path.read_text()})" for path in sorted(Path(__file__).parent.glob("*.js"))
)
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RUN = """([context, rules]) =>
  axe.run(context, { resultTypes: ['violations'], rules })"""
WHOLE_PAGE = {"include": [["html"]]}


def ask(page: Page, question: str):
    """Return a page's answer, without leaving anything behind in it."""
    return page.evaluate(f"() => ({{{SCRIPTS}}}).{question}()")


def check_axe(page: Page, context: dict = WHOLE_PAGE) -> list[str]:
    """See that no rule of axe is violated; `context` says to axe in which parts."""
    return _run_axe(page, {}, context)


def check_axe_in_forced_colours(page: Page) -> list[str]:
    """See the same in forced colours, in which axe judges colours that are not shown.

    It reads `-webkit-text-fill-color`, which Chromium gives as the author had it.
    """
    problems = [f"{each} is faint" for each in ask(page, "faint")]
    return problems + _run_axe(page, {"color-contrast": {"enabled": False}})


def _run_axe(page: Page, rules: dict, context: dict = WHOLE_PAGE) -> list[str]:
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    return [
        f"{violation['id']}: {node['html'][:120]} ({node['failureSummary'][:200]})"
        for violation in page.evaluate(RUN, [context, rules])["violations"]
        for node in violation["nodes"][:3]
    ]
