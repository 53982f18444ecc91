"""Every command of the runbook is one that a test has run."""

import re
from pathlib import Path

import pytest

from tests.faults.processes import ROOT

PAGES = sorted((ROOT / "docs" / "runbook").glob("*.md"))
RUN = re.compile(r"run_command\(\s*(?:\"([^\"]+)\"|'([^']+)')")
MAX_LINES = 40


def commands_in(text: str) -> list[str]:
    """Return the commands of a page, one a line in its `sh` blocks."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.M | re.S)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def commands_run(folder: Path) -> set[str]:
    """Return the commands that tests run by `run_command`."""
    sources = [path.read_text() for path in folder.rglob("test_*.py")]
    found = [match for source in sources for match in RUN.findall(source)]
    return {double or single for double, single in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_is_short_and_its_commands_were_run(page):
    text = page.read_text()
    assert len(text.splitlines()) <= MAX_LINES or page.stem == "README"
    assert set(commands_in(text)) <= commands_run(ROOT / "tests")


def test_a_command_that_no_test_runs_would_be_noticed():
    page = "1. Text\n\n   ```sh\n   rm -rf /\n   ```\n"
    assert commands_in(page) == ["rm -rf /"]
    assert not set(commands_in(page)) & commands_run(ROOT / "tests")


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "runbook" / "README.md").read_text()
    pages = {page.name for page in PAGES} - {"README.md"}
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", index)) >= pages
