"""Runs every test of the threat model and prints what was measured.

`python -m tests.security.run`: on SQLite and on PostgreSQL, in a browser, and by MDN's
Observatory. Exits with 0 when all have passed. It is also the plugin of pytest that
notes what each test has said with `record_property("measured", "…")`.
"""

import json
import os
import re
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.browser.programs import MISSING, get_chromium
from tests.run import postgresql, run_pytest
from tests.security import observatory
from tests.servers import BASE_DIR

PLUGIN = ("-p", "tests.security.run")
VARIABLE = "SECURITY_FIGURES"
THREAT = re.compile(r"^### (?P<name>.+)$", re.M)
LINE = re.compile(r"^- \*\*(?P<what>\w+)\*\*: (?P<text>.+(?:\n  .+)*)", re.M)
TESTS = ("Tests", "Control")
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@dataclass(frozen=True)
class Threat:
    """One threat of docs/threat-model.md, and its tests as (file, name).

    An empty name means all of a file.
    """

    name: str
    bar: str
    defence_tests: tuple[tuple[str, str], ...]
    controls: tuple[tuple[str, str], ...]

    @property
    def tests(self) -> tuple[tuple[str, str], ...]:
        return self.defence_tests + self.controls


def read_threats() -> list[Threat]:
    """Return all threats of the document, in its order."""
    pieces = THREAT.split((BASE_DIR / "docs/threat-model.md").read_text())[1:]
    threats = []
    for name, body in zip(pieces[::2], pieces[1::2], strict=True):
        said = {found["what"]: found["text"] for found in LINE.finditer(body)}
        bar = " ".join(said.get("Bar", "").split())
        tests = [tuple(TEST.findall(said.get(each, ""))) for each in TESTS]
        threats.append(Threat(name, bar, *tests))
    return threats


def pytest_configure(config):
    """Note results in the process that collects them from all workers."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Notes())


class Notes:
    """Writes a line of JSON for each test."""

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.passed:
            return
        file, _, test = report.nodeid.partition("::")
        line = {
            "file": file,
            "test": test.partition("[")[0],
            "outcome": report.outcome,
            "measured": dict(report.user_properties).get("measured", ""),
        }
        with open(os.environ[VARIABLE], "a") as notes:
            notes.write(json.dumps(line) + "\n")


def main() -> int:
    """Run everything; return 0 where all has passed."""
    threats = read_threats()
    named = {
        f"{file}::{name}" if name else file
        for threat in threats
        for file, name in threat.tests
    }
    in_browser = sorted(each for each in named if each.startswith("tests/browser/"))
    others = sorted(named - set(in_browser))
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes.jsonl"
        notes.touch()
        noted = {VARIABLE: str(notes)}
        # All of the named, the slow ones too.
        arguments = [*PLUGIN, "-n", "2", "-m", "not browser", *others]
        failed = run_pytest("SQLite", arguments, noted)
        with postgresql() as address:
            there = {"TEST_DATABASE_URL": address, "ONLY_WITH_DATABASE": "1"}
            failed |= run_pytest("PostgreSQL", arguments, noted | there)
        if get_chromium():
            arguments = [*PLUGIN, "-m", "browser", *in_browser]
            failed |= run_pytest("Chromium", arguments, noted)
        else:
            print(MISSING, file=sys.stderr)
            failed = 1
        print("\nGrades of MDN's HTTP Observatory", flush=True)
        failed |= observatory.main()
        results = [json.loads(line) for line in notes.read_text().splitlines()]
    for threat in threats:
        print(f"\n{threat.name}\n  to be: {threat.bar}\n  {measured(threat, results)}")
    return int(bool(failed))


def measured(threat: Threat, results: list[dict]) -> str:
    """Return what the tests of a threat have noted, and how many have passed."""
    mine = [
        each
        for each in results
        if {(each["file"], ""), (each["file"], each["test"])} & {*threat.tests}
    ]
    counts = Counter(each["outcome"] for each in mine)
    said = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    # The same on both databases is said once.
    notes = dict.fromkeys(each["measured"] for each in mine if each["measured"])
    return "; ".join([*notes, said or "not run"])


if __name__ == "__main__":
    os.environ.pop("TEST_DATABASE_URL", None)
    sys.exit(main())
