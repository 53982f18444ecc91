"""Runs the fault tests on both databases: `python -m tests.faults.run [of pytest]`.

Prints one table of what was measured in the end. Where `TEST_DATABASE_URL` names a
server, that one is used and only that one.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.faults.table import Row, print_table, rows_of
from tests.run import postgresql, run_pytest

NO_TESTS_COLLECTED = 5


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
