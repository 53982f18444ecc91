"""Runs the fault tests on both databases: `python -m tests.faults.run [of pytest]`.

Prints one table of what was measured in the end. Where `TEST_DATABASE_URL` names a
server, that one is used and only that one.
"""

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.run import postgresql, run_pytest

NO_TESTS_COLLECTED = 5
# By which the fixture `measured` reports, and the JUnit file of pytest carries it here.
PROPERTY = "measured"
# Every fault that the site must stand; the table says of which no test reports.
FAULTS = (
    "worker killed",
    "database restarted or away",
    "database hung",
    "tree changed by many at once",
    "two people edit one page",
    "save killed half-way",
    "shared cache away",
    "mail away",
    "media away",
    "disk full",
    "scheduler not running",
    "clock changes",
    "restart from backup",
    "deploy under load",
    "slow clients",
    "long run",
)


@dataclass
class Row:
    fault: str
    bar: str
    measured: str
    result: str


def rows_of(report: Path, database: str) -> list[Row]:
    """Read the rows that the tests of one run have reported, and those that could not.

    A test that failed or was left out before it reported has a row of its own.
    """
    rows = []
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - our own file
        reported = [
            json.loads(each.get("value"))
            for each in case.iter("property")
            if each.get("name") == PROPERTY
        ]
        result = f"{result_of(case)} ({database})"
        for fault, bar, figure in reported:
            rows.append(Row(fault, bar, figure, result))
        if not reported and not result.startswith("passed"):
            name = case.get("name").removeprefix("test_").replace("_", " ")
            rows.append(Row(fault_of(case), name, "-", result))
    return rows


def fault_of(case: ElementTree.Element) -> str:
    """Return the fault that a test without a report is about, by its module's name."""
    module = case.get("classname").rpartition("test_")[2].replace("_", " ")
    return next((fault for fault in FAULTS if module in fault), module)


def result_of(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "FAILED"
    skipped = case.find("skipped")
    return "passed" if skipped is None else f"left out: {skipped.get('message')}"


def print_table(rows: list[Row]) -> None:
    """Print the rows in the order of the faults, and the faults without any."""
    known = {row.fault for row in rows}
    rows = rows + [Row(name, "", "", "no test") for name in FAULTS if name not in known]
    order = {name: number for number, name in enumerate(FAULTS)}
    rows.sort(key=lambda row: order.get(row.fault, len(order)))
    print("\n| fault | bar | measured | result |\n| --- | --- | --- | --- |")
    for row in rows:
        cells = (row.fault, row.bar, row.measured, row.result)
        print("|", " | ".join(cells), "|")


def main(arguments: list[str]) -> int:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        kind = "PostgreSQL" if given.startswith("postgres") else "SQLite"
        failed, rows = run_on(kind, arguments, {})
    else:
        failed, rows = run_on("SQLite", arguments, {})
        with postgresql() as address:
            environment = {"TEST_DATABASE_URL": address, "ONLY_WITH_DATABASE": "1"}
            failed_too, more = run_on("PostgreSQL", arguments, environment)
        failed, rows = failed or failed_too, rows + more
    print_table(rows)
    return int(failed)


def run_on(database: str, arguments: list[str], environment: dict):
    """Run the tests on one database; return whether some failed, and their rows."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        options = ["-m", "faults", "-p", "no:cacheprovider", f"--junitxml={report}"]
        # The other family has no place for what tests report.
        options += ["-o", "junit_family=xunit1"]
        code = run_pytest(database, [*options, *arguments], environment)
        rows: list[Row] = rows_of(report, database) if report.exists() else []
    return code not in {0, NO_TESTS_COLLECTED}, rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
