"""Runs every proof of the threat model and prints what was measured.

`python -m tests.security.run`: on SQLite and on PostgreSQL, in a browser, and by MDN's
Observatory. Exits with 0 when all have passed.
"""

import json
import os
import sys
import tempfile
import textwrap
from collections import defaultdict
from pathlib import Path

from tests.browser.chromium import MISSING, get_chromium
from tests.run import postgresql, run_pytest
from tests.security import observatory
from tests.security.threat_model import Threat, read_threats

PLUGIN = ("-p", "tests.security.figures")
BROWSER = "tests/browser/"
WIDTHS = (34, 40, 46)


def main() -> int:
    """Run everything; return 0 where all has passed."""
    threats = read_threats()
    named = {
        f"{file}::{name}" if name else file
        for threat in threats
        for file, name in threat.tests
    }
    in_browser = sorted(each for each in named if each.startswith(BROWSER))
    others = sorted(named - set(in_browser))
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.jsonl"
        figures.touch()
        noted = {"SECURITY_FIGURES": str(figures)}
        # All of the named, the slow ones too.
        arguments = [*PLUGIN, "-n", "2", "-m", "not browser", *others]
        failed = run_pytest("SQLite", arguments, noted)
        with postgresql() as address:
            there = {"TEST_DATABASE_URL": address, "ONLY_WITH_DATABASE": "1"}
            failed |= run_pytest("PostgreSQL", arguments, noted | there)
        failed |= run_in_browser(in_browser, noted)
        print("\nGrades of MDN's HTTP Observatory", flush=True)
        failed |= observatory.main()
        results = [json.loads(line) for line in figures.read_text().splitlines()]
    print_table(threats, results)
    return int(bool(failed))


def run_in_browser(tests: list[str], noted: dict) -> int:
    """Run the tests in a browser; a machine without one fails."""
    if not get_chromium():
        print(MISSING, file=sys.stderr)
        return 1
    return run_pytest("Chromium", [*PLUGIN, "-m", "browser", *tests], noted)


def print_table(threats: list[Threat], results: list[dict]) -> None:
    """Print each threat, its bar, what was measured, and where."""
    print()
    print_row("THREAT", "BAR", "MEASURED", "WHERE")
    for threat in threats:
        where = sorted({file for file, _ in threat.defence_tests})
        print_row(threat.name, threat.bar, measured(threat, results), where[0])
        for more in where[1:]:
            print_row("", "", "", more)


def measured(threat: Threat, results: list[dict]) -> str:
    """Return what the tests of a threat have noted, and how many have passed."""
    mine = [
        each
        for each in results
        if any(
            each["file"] == file and name in {"", each["test"]}
            for file, name in threat.tests
        )
    ]
    counts = defaultdict(int)
    for each in mine:
        counts[each["outcome"]] += 1
    said = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    # The same on both databases is said once.
    notes = dict.fromkeys(each["measured"] for each in mine if each["measured"])
    return "; ".join([*notes, said or "not run"])


def print_row(*cells: str) -> None:
    """Print a row of the table, its cells broken into lines."""
    *columns, where = cells
    lines = [
        textwrap.wrap(cell, width) for cell, width in zip(columns, WIDTHS, strict=True)
    ]
    lines.append([where])
    for number in range(max(map(len, lines))):
        parts = [each[number] if number < len(each) else "" for each in lines]
        row = "  ".join(
            part.ljust(width) for part, width in zip(parts, (*WIDTHS, 0), strict=True)
        )
        print(row.rstrip())


if __name__ == "__main__":
    os.environ.pop("TEST_DATABASE_URL", None)
    sys.exit(main())
